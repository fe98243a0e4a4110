import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.cypher import quote_name, tokenize
from graph.cypher.tokens import Kind
from matlore.errors import QueryError


def texts(query: str) -> list[str]:
    return [token.text for token in tokenize(query)]


@pytest.mark.parametrize(
    ("query", "tokens"),
    [
        ("[*1..3]", ["[", "*", "1", "..", "3", "]"]),
        ("[*..3]", ["[", "*", "..", "3", "]"]),
        ("1.5e-3 .5 1e3 0xFF 0o17 1_000", ["1.5e-3", ".5", "1e3", "0xFF", "0o17", "1_000"]),
        ("a.b.c", ["a", ".", "b", ".", "c"]),
        ("(a)<-[:X]->(b)", ["(", "a", ")", "<", "-", "[", ":", "X", "]", "-", ">", "(", "b", ")"]),
        ("a<>b<=c>=d=~e||f", ["a", "<>", "b", "<=", "c", ">=", "d", "=~", "e", "||", "f"]),
        ("'it\\'s' \"a\\\"b\"", ["'it\\'s'", '"a\\"b"']),
        ("`a``b` $p $`x y` $1", ["`a``b`", "$p", "$`x y`", "$1"]),
        ("a // b\nc /* d\n e */ f", ["a", "c", "f"]),
        ("'// no comment' \"/* none */\" `//`", ["'// no comment'", '"/* none */"', "`//`"]),
        ("Größe", ["Größe"]),
    ],
)
def test_tokens(query: str, tokens: list[str]) -> None:
    assert texts(query) == tokens


def test_names_and_parameters_have_their_values() -> None:
    quoted, parameter = tokenize("`a``b` $`x y`")
    assert (quoted.kind, quoted.value) == (Kind.QUOTED, "a`b")
    assert (parameter.kind, parameter.value) == (Kind.PARAMETER, "x y")


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("RETURN 'a", "string that begins at line 1, column 8 does not end"),
        ("RETURN `a", "name that begins at line 1, column 8 does not end"),
        ("RETURN 1\n/* a", "comment that begins at line 2, column 1 does not end"),
        ("RETURN #", "line 1, column 8: '#'"),
        ("MATCH\u200b (n)", "zero width space"),
        ("RETURN 1x", "'1x'"),
        (r"RETURN 'a\u0027'", "\\u0027 at line 1, column 10"),
        ("RETURN 1 // \\u000a", "\\u000a"),
        ("x" * 120_001, "120001 characters"),
    ],
)
def test_what_is_no_cypher_says_where(query: str, said: str) -> None:
    with pytest.raises(QueryError) as caught:
        tokenize(query)
    assert said in str(caught.value)


@given(st.text(st.characters(codec="utf-8") | st.sampled_from("'\"`/*$.\\ \n19xN"), max_size=60))
def test_tokens_and_what_is_between_make_the_text(query: str) -> None:
    with contextlib.suppress(QueryError):
        end = 0
        for token in tokenize(query):
            assert query[token.start : token.end] == token.text
            between = query[end : token.start].replace("\u00a0", " ").strip()
            assert not between or between.startswith(("//", "/*"))
            end = token.end


@given(st.text(min_size=1, max_size=20))
def test_a_quoted_name_is_one_token(name: str) -> None:
    with contextlib.suppress(QueryError):
        (token,) = tokenize(quote_name(name))
        assert token.value == name


@pytest.mark.parametrize("name", ["", "a\\u0060", "a\nb", "a\u200bb"])
def test_names_that_a_server_may_read_otherwise_are_refused(name: str) -> None:
    with pytest.raises(QueryError):
        quote_name(name)
