"""How functions of Neo4j are written for Ladybug, where they give the same there.

Each was tried on both, with nulls, negative numbers and empty lists. Where an argument that
Neo4j takes makes Ladybug fail, that is no wrong answer, and is left so.
"""

from collections.abc import Callable, Mapping

from .functions import LADYBUG
from .types import THINGS
from .writer import differs

__all__ = ["element", "write_call"]

_RENAMED = {
    "log": "ln",
    "rand": "random",
    "char_length": "size",
    "character_length": "size",
    "elementid": "id",
    "relationships": "rels",
    "btrim": "trim",
}
_E = "2.718281828459045"
_MANY = "9223372036854775807"
_HINTS = {
    "split": "splits otherwise: empty pieces are left out; UNWIND a list, or use string_split",
    "keys": "gives all properties of the label, also null ones; name the properties",
    "properties": "gives all properties of the label, also null ones; return the node itself",
    "stdev": "has no standard deviation; return avg(x), avg(x * x) and count(x)",
    "stdevp": "has no standard deviation; return avg(x) and avg(x * x)",
    "timestamp": "means something else by timestamp; pass the time as a parameter",
    "exists": "has no exists() of a property; write `IS NOT NULL`",
    "toboolean": "has no toBoolean; compare with 'true'",
}


def element(list_text: str, index: str) -> str:
    """Write `list[index]` of Neo4j: from 0, from the end if negative, null where there is none."""
    size = f"size({list_text})"
    if index.isdecimal():
        place = f"CASE WHEN {size} > {index} THEN {int(index) + 1} ELSE null END"
    elif index.startswith("-") and index[1:].strip().isdecimal():
        place = f"CASE WHEN {size} >= {index[1:].strip()} THEN {index} ELSE null END"
    else:
        place = (
            f"CASE WHEN ({index}) >= 0 AND ({index}) < {size} THEN ({index}) + 1"
            f" WHEN ({index}) < 0 AND -({index}) <= {size} THEN ({index}) ELSE null END"
        )
    return f"list_extract({list_text}, {place})"


def _to_integer(text: str, type: str | None) -> str:
    if type in ("integer", "text"):
        return f"cast({text} AS INT64)"
    return f"cast(CASE WHEN {text} < 0 THEN ceil({text}) ELSE floor({text}) END AS INT64)"


def _to_string(text: str, type: str | None) -> str:
    if type in ("integer", "text", "date"):
        return f"cast({text} AS STRING)"
    if type == "boolean":
        return f"lower(cast({text} AS STRING))"
    differs(
        f"writes numbers otherwise than Neo4j (1.500000), so toString({text}) may differ",
        "return the value itself",
    )


def _round(text: str, decimals: str) -> str:
    """Write `round(x, decimals)`: Ladybug's has 0.28 for 0.285, since 0.285 is a little less."""
    if not decimals.isdecimal() or int(decimals) > 12:
        differs("rounds otherwise", "write to how many decimals as a number, such as round(x, 2)")
    if int(decimals) == 0:
        return f"floor({text} + 0.5)"
    power = f"{10 ** int(decimals)}.0"
    up = f"floor(abs({text}) * {power} * 1.000000000000001 + 0.5)"
    return f"(sign({text}) * {up} / {power})"


def _reverse(text: str, type: str | None) -> str:
    if type in ("list", THINGS):
        return f"list_reverse({text})"
    if type == "text":
        return f"reverse({text})"
    differs(
        f"reverses texts and lists by different functions, and what {text} is, is not known",
        "use list_reverse for a list, or reverse on a property that is text",
    )


_ONE: Mapping[str, Callable[[str, str | None], str]] = {
    "tointeger": _to_integer,
    "tofloat": lambda text, _: f"cast({text} AS DOUBLE)",
    "tostring": _to_string,
    "reverse": _reverse,
    "head": lambda text, _: element(text, "0"),
    "last": lambda text, _: element(text, "-1"),
    "tail": lambda text, _: f"{text}[2..]",
    "isempty": lambda text, _: f"(size({text}) = 0)",
    "round": lambda text, _: f"floor({text} + 0.5)",
    "exp": lambda text, _: f"pow({_E}, {text})",
    "sum": lambda text, _: f"coalesce(sum({text}), 0)",
}


def write_call(name: str, arguments: list[str], type: str | None, *, distinct: bool) -> str | None:
    """Write a call of a function; None where it stays as it is.

    Args:
        name: in small letters.
        arguments: as they are written for Ladybug.
        type: of the first argument, where known.
        distinct: whether it is of different values only.

    Raises:
        QueryError: Ladybug has no function that gives the same.
    """
    if name == "sum" and distinct and arguments:
        return f"coalesce(sum(DISTINCT {arguments[0]}), 0)"
    if name in _ONE and len(arguments) == 1 and not distinct:
        return _ONE[name](arguments[0], type)
    if name == "round" and len(arguments) == 2:
        return _round(*arguments)
    if name == "substring":
        length = arguments[2] if len(arguments) > 2 else _MANY
        return f"substring({arguments[0]}, ({arguments[1]}) + 1, {length})"
    if not arguments and name in ("e", "date", "randomuuid"):
        return {"e": _E, "date": "current_date()"}.get(name, "cast(gen_random_uuid() AS STRING)")
    if name in _RENAMED and (name != "btrim" or len(arguments) == 1):
        return f"{_RENAMED[name]}({', '.join(arguments)})"
    if name in _HINTS:
        what, instead = _HINTS[name].split("; ")
        differs(what, instead)
    if name not in LADYBUG or (name == "round" and len(arguments) > 2):
        differs(f"has no function {name} like Neo4j's", "or use Neo4j (--store neo4j://…)")
    return None
