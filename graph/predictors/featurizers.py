"""All featurizers by name, and their columns side by side."""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import NDArray

from .base import Featurizer, Sample
from .composition_features import COMPOSITION_FEATURIZERS, pooled_featurizer
from .symmetry_features import symmetry_featurizer

if TYPE_CHECKING:
    from .feature_cache import FeatureCache

__all__ = ["column_names", "column_units", "describe", "featurizer_names", "get_featurizer"]

_OWN: Mapping[str, Callable[[], object]] = {
    **COMPOSITION_FEATURIZERS,
    "symmetry": symmetry_featurizer,
}


def featurizer_names() -> tuple[str, ...]:
    """Return the names of the featurizers, those of compositions first."""
    return (*_OWN, *_structural())


@lru_cache(maxsize=64)
def get_featurizer(name: str) -> Featurizer:
    """Return a featurizer.

    Args:
        name: one of `featurizer_names`, or a table of ElementEmbeddings where that is installed.

    Raises:
        UsageError: there is none of this name, or its package is not installed.
    """
    make = _OWN.get(name) or _structural().get(name)
    found: object = make() if make else pooled_featurizer(name)
    return cast(Featurizer, found)  # they are frozen, which the protocol does not ask for


def describe(
    samples: Sequence[Sample], names: Sequence[str], *, cache: "FeatureCache | None" = None
) -> NDArray[np.float64]:
    """Return the columns of some featurizers side by side, float64 of shape (n, d).

    Args:
        samples: an object that occurs many times is described once.
        names: of the featurizers.
        cache: where descriptors of structures are kept; those of compositions are made anew,
            which is faster than reading them.

    Raises:
        UsageError: there is no featurizer of a name.
        InputError: a sample lacks what one needs, or has an element without data.
    """
    distinct: dict[int, int] = {}
    rows = [distinct.setdefault(id(sample), len(distinct)) for sample in samples]
    first = dict(zip(rows, samples, strict=True))
    unique = [first[row] for row in range(len(distinct))]
    blocks = [_block(unique, get_featurizer(name), cache) for name in names]
    if not blocks:
        return np.empty((len(samples), 0))
    return np.hstack(blocks)[rows]


def _block(
    samples: Sequence[Sample], featurizer: Featurizer, cache: "FeatureCache | None"
) -> NDArray[np.float64]:
    if cache is None or featurizer.needs != "structure":
        found = featurizer.featurize(samples)
    else:
        found = cache.featurize(featurizer, samples)
    return np.asarray(found, dtype=np.float64).reshape(len(samples), len(featurizer.names))


def column_names(names: Sequence[str]) -> tuple[str, ...]:
    """Return the names of the columns that `describe` returns."""
    return tuple(column for name in names for column in get_featurizer(name).names)


def column_units(names: Sequence[str]) -> tuple[str, ...]:
    """Return the units of the columns that `describe` returns."""
    return tuple(unit for name in names for unit in get_featurizer(name).units)


def _structural() -> Mapping[str, Callable[[], object]]:
    from .structure_features import structure_featurizers

    return structure_featurizers()
