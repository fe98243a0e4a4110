"""Parameters of queries as they are typed: `k=v`, and files of them."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from matlore.errors import InputError, UsageError

__all__ = ["read_parameters", "read_text", "typed_value"]


def typed_value(text: str) -> Any:
    """Return what a text says in JSON (`3`, `"3"`, `["a", "b"]`, `null`), else the text."""
    try:
        return json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return text


def read_parameters(given: Iterable[str], file: Path | None) -> dict[str, Any]:
    """Return parameters by name; those that are given one by one beat those of the file.

    Args:
        given: `k=v`, where v is JSON, or else a text.
        file: a JSON object.

    Raises:
        InputError: the file is missing or holds no JSON object.
        UsageError: a parameter is not of the form k=v, or is given twice.
    """
    single: dict[str, Any] = {}
    for item in given:
        name, found, value = item.partition("=")
        name = name.strip().removeprefix("$")
        if not found or not name:
            raise UsageError(f"--param {item!r}: write NAME=VALUE, such as material=PbTe")
        if name in single:
            raise UsageError(f"--param {name} is given twice")
        single[name] = typed_value(value)
    return {**({} if file is None else _from_file(file)), **single}


def read_text(path: Path) -> str:
    """Return a text file in UTF-8.

    Raises:
        InputError: it is missing or is no such text.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read as UTF-8 text: {error}") from error


def _from_file(path: Path) -> dict[str, Any]:
    try:
        values = json.loads(read_text(path))
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: not valid JSON: {error}") from error
    if not isinstance(values, dict):
        raise InputError(f'{path}: must be a JSON object such as {{"material": "PbTe"}}')
    return values


def _refuse(constant: str) -> Any:
    """Let NaN and Infinity be texts: JSON has no such numbers."""
    raise ValueError(constant)
