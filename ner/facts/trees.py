"""Boosted regression trees (Friedman 2001) over numbers, trained by scikit-learn, run without."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from .linear import logistic

__all__ = ["Trees", "train_trees"]

# Leaves hold what they add; splits hold feature, threshold, and where to go on: left if not above.
Node: TypeAlias = "float | tuple[int, float, Node, Node]"
_DIGITS = 4


class Trees:
    """Says how likely something is that is described by a row of numbers."""

    def __init__(self, bias: float, trees: Sequence[Node]) -> None:
        self._bias = bias
        self._trees = [*trees]
        # All trees of one depth, so that going down needs no look at what a node is.
        self._depth = max(map(_depth, trees), default=0)
        self._deep: list[Any] = [_deepened(tree, self._depth) for tree in trees]

    def probability(self, row: Sequence[float]) -> float:
        """Return the probability, 0 to 1."""
        total = self._bias
        steps = range(self._depth)
        for node in self._deep:
            for _ in steps:
                feature, threshold, left, right = node
                node = left if row[feature] <= threshold else right
            total += node
        return logistic(total)

    def to_json(self) -> dict[str, Any]:
        """Return what `from_json` makes the trees from."""
        return {"bias": self._bias, "trees": self._trees}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Trees":
        """Make trees from their JSON."""
        return cls(float(data["bias"]), [_node(tree) for tree in data["trees"]])


def _depth(node: Node) -> int:
    return 1 + max(_depth(node[2]), _depth(node[3])) if isinstance(node, tuple) else 0


def _deepened(node: Node, depth: int) -> Node:
    """Return a node with all its leaves this deep."""
    if depth == 0:
        return node
    if not isinstance(node, tuple):
        below = _deepened(node, depth - 1)
        return 0, 0.0, below, below
    feature, threshold, left, right = node
    return feature, threshold, _deepened(left, depth - 1), _deepened(right, depth - 1)


def _node(data: Any) -> Node:
    if not isinstance(data, list | tuple):
        return float(data)
    feature, threshold, left, right = data
    return int(feature), float(threshold), _node(left), _node(right)


def train_trees(
    rows: Sequence[Sequence[float]], labels: Sequence[bool], *, runs: int = 4, trees: int = 40
) -> Trees:
    """Train trees by scikit-learn; the same rows give the same trees.

    Args:
        rows: the numbers of each thing.
        labels: if it is one; both must occur.
        runs: how often, each with its own draw of rows and numbers; their odds are averaged.
        trees: of each run.

    Raises:
        ImportError: scikit-learn is missing (extra `train`).
    """
    import numpy as np
    from sklearn.ensemble import GradientBoostingClassifier

    numbers, wanted = np.asarray(rows, dtype=float), np.asarray(labels, dtype=int)
    share = float(wanted.mean())
    found: list[Node] = []
    for run in range(runs):
        model = GradientBoostingClassifier(
            n_estimators=trees,
            max_depth=3,
            learning_rate=5 / trees,
            subsample=0.5,
            min_samples_leaf=15,
            max_features=0.4,
            random_state=run,
        )
        model.fit(numbers, wanted)
        rate = model.learning_rate / runs
        found += [_tree(stage[0].tree_, 0, rate) for stage in model.estimators_]
    return Trees(round(float(np.log(share / (1 - share))), _DIGITS), found)


def _tree(tree: Any, node: int, rate: float) -> Node:
    left, right = int(tree.children_left[node]), int(tree.children_right[node])
    if left < 0:
        return round(float(tree.value[node][0][0]) * rate, _DIGITS)
    threshold = round(float(tree.threshold[node]), _DIGITS)
    return int(tree.feature[node]), threshold, _tree(tree, left, rate), _tree(tree, right, rate)
