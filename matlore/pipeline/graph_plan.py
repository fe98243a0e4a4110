"""What `matlore graph derive --from … --to …` does: plans with the library, without any values."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from matlore.errors import UsageError

if TYPE_CHECKING:
    from graph.propnet.library import Library

__all__ = ["OWN_MODELS", "home_library", "plan_derivations"]

OWN_MODELS = "propnet"
"""The folder of a home with the user's own symbols and models."""


def home_library(home_path: Path) -> "Library":
    """Return the symbols and models that ship with matlore, and those of a home if it has any.

    Raises:
        InputError: a file is wrong.
    """
    from graph.propnet.library import load_library

    return load_library(home_path / OWN_MODELS)


def plan_derivations(
    home_path: Path,
    *,
    sources: Sequence[str] = (),
    target: str | None = None,
    depth: int | None = None,
) -> dict[str, Any]:
    """Say what can be derived from some properties, what another needs, or the ways between.

    Args:
        home_path: for the user's own models; it need not exist.
        sources: properties by any of their names; `formula` for models that take one.
        target: a property.
        depth: how many models may follow one another; None for 3 below a target, else any number.

    Returns:
        `from` and `to` as they were given. With sources alone `steps`: properties in reach; with
        both `routes`, each with what is `missing`; with a target alone `need`, a tree, and
        `lines`, the same as text.

    Raises:
        UsageError: a property that is not known, or neither sources nor target.
        InputError: a file of the user's models is wrong.
    """
    from graph.propnet.paths import need_lines, paths, reachable, requirements

    if not sources and target is None:
        raise UsageError("name a property with --from or --to")
    library = home_library(home_path)
    said: dict[str, Any] = {"from": list(sources), "to": target}
    if target is None:
        steps = reachable(library, sources)
        kept = [step.to_dict() for step in steps if depth is None or step.depth <= depth]
        return {**said, "steps": kept}
    if sources:
        found = paths(library, sources, target)
        routes = [one for one in found if depth is None or len(one.steps) <= depth]
        return {**said, "routes": [route.to_dict() for route in routes]}
    need = requirements(library, target) if depth is None else requirements(library, target, depth)
    return {**said, "need": need.to_dict(), "lines": need_lines(need)}
