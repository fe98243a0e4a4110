"""Answers of services, and pages of them kept on disk for a day.

Only what is asked for with `cached` is kept, so that a harvest that goes on after its last
commit does not ask, nor pay, for a page again.
"""

import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from typing import TYPE_CHECKING

from matlore.errors import SourceError

if TYPE_CHECKING:
    import httpx2

__all__ = ["AGAIN", "Answer", "PageCache", "cache_key"]

AGAIN = "run it again: it goes on from the last page"
_CACHE_SECONDS = 24 * 3600
_UNKEPT_HEADERS = frozenset(
    ["set-cookie", "content-encoding", "content-length", "transfer-encoding", "connection"]
)


@dataclass(frozen=True)
class Answer:
    """What a service answered.

    Attributes:
        url: the address that answered, without API keys.
        status: the HTTP status.
        headers: by names in any case, where a `Fetcher` made it.
        content: the unpacked body.
    """

    url: str
    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def text(self) -> str:
        """Decode the body as its `Content-Type` says, or as UTF-8."""
        message = Message()
        message["content-type"] = self.headers.get("content-type", "")
        try:
            return self.content.decode(message.get_content_charset("utf-8"), errors="replace")
        except LookupError:
            return self.content.decode(errors="replace")

    def json(self) -> object:
        """Parse the body as JSON.

        Raises:
            SourceError: it is none.
        """
        try:
            return json.loads(self.content)
        except (ValueError, RecursionError) as error:
            place = self.url.partition("?")[0].partition("://")[2].rpartition("@")[2]
            raise SourceError(f"{place}: the answer is no JSON; {AGAIN}") from error


class PageCache:
    """Pages kept in a folder, each a line of JSON and then its content."""

    def __init__(self, folder: Path, now: Callable[[], float]) -> None:
        self._folder = folder
        self._now = now
        self._is_pruned = False

    def load(self, key: str) -> Answer | None:
        """Return the page kept under `key`, None if there is none that can be used."""
        import httpx2

        try:
            head, _, content = (self._folder / f"{key}.page").read_bytes().partition(b"\n")
            facts = json.loads(head)
            if facts["sha256"] != hashlib.sha256(content).hexdigest():
                return None
            if not 0 <= self._now() - facts["stored"] < _CACHE_SECONDS:
                return None
            return Answer(facts["url"], 200, httpx2.Headers(facts["headers"]), content)
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return None

    def save(self, key: str, answer: Answer, secrets: list[str]) -> None:
        """Keep a page, unless a secret stands in it or the folder cannot be written."""
        kept = {k: v for k, v in answer.headers.items() if k.lower() not in _UNKEPT_HEADERS}
        facts = {
            "url": answer.url,
            "stored": self._now(),
            "headers": kept,
            "sha256": hashlib.sha256(answer.content).hexdigest(),
        }
        entry = json.dumps(facts).encode() + b"\n" + answer.content
        if not any(secret.encode() in entry for secret in secrets):
            with suppress(OSError):
                self._prune()
                self._write(self._folder / f"{key}.page", entry)

    def _write(self, path: Path, entry: bytes) -> None:
        with tempfile.NamedTemporaryFile(dir=self._folder, suffix=".page", delete=False) as file:
            try:
                file.write(entry)
                file.close()
                os.replace(file.name, path)
            except OSError:
                os.unlink(file.name)
                raise

    def _prune(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        if self._is_pruned:
            return
        self._is_pruned = True
        for path in self._folder.glob("*.page"):
            with suppress(OSError):
                if path.stat().st_mtime < self._now() - _CACHE_SECONDS:
                    path.unlink()


def cache_key(url: "httpx2.URL", headers: Mapping[str, str]) -> str:
    """Return what a request is kept under: its address and headers, hashed."""
    sent = sorted((name.lower(), value) for name, value in headers.items())
    return hashlib.sha256(json.dumps([str(url), sent]).encode()).hexdigest()
