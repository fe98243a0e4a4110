"""LightGBM's text format, cut to what predictions and SHAP values need.

A model of LightGBM says of every node what it gained, weighed and would have predicted, and gives
all numbers with 17 digits. `compact_trees` drops what is only told and rounds the rest: the text
takes less than half of the room after packing, and predicts the same to about four digits.
"""

from collections.abc import Iterator
from typing import Final

from matlore.errors import ArtifactError

__all__ = ["averages", "compact_trees", "objective"]

_END: Final = "end of trees"
_KEPT: Final = frozenset(
    "num_leaves num_cat split_feature threshold decision_type left_child right_child leaf_value"
    " leaf_count internal_count cat_boundaries cat_threshold is_linear shrinkage".split()
)
_THRESHOLD_DIGITS: Final = 7
"""Thresholds lie between two values of the training data, which differ by more than this."""
_LEAF_DIGITS: Final = 4
_TINY: Final = 1e-30
"""LightGBM's own bounds of zero (1e-35) are kept as they are."""


def compact_trees(text: str) -> str:
    """Return a LightGBM model without what neither `predict` nor `pred_contrib` reads.

    Args:
        text: as `Booster.model_to_string` gives it.

    Raises:
        ArtifactError: the text is no model of LightGBM, or has linear trees, whose leaves are
            more than numbers.
    """
    head, *trees = text.partition(_END)[0].split("\nTree=")
    if not head.startswith("tree\n") or _END not in text:
        raise ArtifactError("this is no text of a LightGBM model: train the predictor again")
    blocks = [f"Tree={_tree(tree)}" for tree in trees]
    return "\n\n".join(["\n".join(_head(head)), *blocks, _END]) + "\n"


def averages(text: str) -> bool:
    """Tell whether a model is the mean of its trees (a forest), not their sum."""
    return "\naverage_output\n" in text[: text.find("\nTree=")]


def objective(text: str) -> str:
    """Return the first word of what a model was trained for: `regression`, `binary`."""
    for line in text[: text.find("\nTree=")].splitlines():
        if line.startswith("objective="):
            return line.partition("=")[2].split(" ")[0]
    return ""


def _head(head: str) -> Iterator[str]:
    """Yield the head, without the ranges of features and the sizes of trees."""
    for line in head.splitlines():
        name, equals, value = line.partition("=")
        if name == "feature_infos":
            yield f"{name}={' '.join(['none'] * len(value.split(' ')))}"
        elif name != "tree_sizes" and (name or equals):
            yield line


def _tree(tree: str) -> str:
    """Return a tree, from its number on, with what is needed."""
    number, *lines = tree.splitlines()
    kept = [number]
    for line in lines:
        name, _, value = line.partition("=")
        if name == "is_linear" and value.strip() == "1":
            raise ArtifactError(
                "trees with linear leaves cannot be stored: train without the setting linear_tree"
            )
        if name in _KEPT:
            kept.append(f"{name}={_rounded(name, value)}")
    return "\n".join(kept)


def _rounded(name: str, value: str) -> str:
    if name == "threshold":
        return " ".join(_short(number, _THRESHOLD_DIGITS) for number in value.split())
    if name == "leaf_value":
        return " ".join(_short(number, _LEAF_DIGITS) for number in value.split())
    return value


def _short(number: str, digits: int) -> str:
    """Return a number with so many significant digits, in the fewest characters."""
    if abs(float(number)) < _TINY:
        return number
    return f"{float(number):.{digits}g}".replace("e-0", "e-").replace("e+0", "e+")
