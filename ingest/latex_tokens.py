"""LaTeX cut into tokens, and a stack of them to take from."""

import re

__all__ = ["Tokens", "split_tokens"]

_TOKEN = re.compile(r"\\[A-Za-z]+\*?|\\.|\$\$?|[{}_^~]|[^\\${}_^~]+|\\", re.DOTALL)


def split_tokens(text: str) -> list[str]:
    """Return macros, special characters and what stands between them, in order."""
    return _TOKEN.findall(text)


class Tokens:
    """Tokens that are still to be read, the next one last."""

    def __init__(self, tokens: list[str]) -> None:
        self.tokens = tokens[::-1]

    def ahead(self) -> str:
        """Return the next character to come."""
        return self.tokens[-1][0] if self.tokens else ""

    def skip_space(self) -> None:
        """Drop blanks before the next token."""
        if self.tokens and self.tokens[-1][0] == " ":
            self.push_back(self.tokens[-1].lstrip(" "))

    def push_back(self, rest: str) -> None:
        """Replace the next token by what is left of it."""
        self.tokens.pop()
        if rest:
            self.tokens.append(rest)

    def group(self) -> list[str]:
        """Take the tokens of a group, without its braces."""
        self.tokens.pop()
        level, taken = 1, []
        while self.tokens:
            token = self.tokens.pop()
            level += (token == "{") - (token == "}")
            if not level:
                break
            taken.append(token)
        return taken

    def optional(self) -> str:
        """Take an optional argument, `[...]`, and return what is in it, as it stands."""
        if not self.tokens or not self.tokens[-1].startswith("["):
            return ""
        content, bracket, rest = self.tokens[-1][1:].partition("]")
        if not bracket:
            return ""
        self.push_back(rest)
        return content
