"""Small linear models over strings as features: of a thing alone, and of rows of tokens.

`LinearModel` is a multinomial logistic regression, `SequenceModel` a linear-chain conditional
random field (Lafferty et al., ICML 2001). Both are trained by libraries (scikit-learn,
CRFsuite) that are not needed to run them: a model is a table of weights, kept as JSON, and
adding up the few that a feature has is faster than any matrix.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import sha256
from math import exp, log
from operator import add, mul
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

from matlore.errors import ArtifactError

from .cards import check_sha256

__all__ = [
    "Feature",
    "LinearModel",
    "SequenceModel",
    "log_odds",
    "logistic",
    "read_model",
    "train_linear",
    "train_sequence",
    "write_model",
]

_DIGITS = 4
_LEAST_WEIGHT = 1e-3
_M = TypeVar("_M")

# Weights of a feature: pairs of the number of a class and what the feature adds to it.
_Weights = dict[str, list[tuple[int, float]]]

Feature = str | tuple[str, ...]
"""A feature, or several that often come together: what they say is added up once."""

# Sums of features that a model remembers; they are forgotten all at once.
_MOST_REMEMBERED = 100_000


def logistic(odds: float) -> float:
    """Return the probability of log-odds."""
    return 1 / (1 + exp(-max(min(odds, 50.0), -50.0)))


def log_odds(probability: float) -> float:
    """Return the log-odds of a probability; of what is sure, those of one in a million."""
    return log(max(probability, 1e-6) / max(1 - probability, 1e-6))


class LinearModel:
    """Tells classes of things that are described by sets of strings."""

    def __init__(self, classes: Sequence[str], bias: Sequence[float], weights: _Weights) -> None:
        self.classes = tuple(classes)
        self._bias = tuple(bias)
        self._weights = weights

    def probabilities(self, features: Iterable[str]) -> dict[str, float]:
        """Return the probability of each class; features that are not known count nothing."""
        totals = _summed(features, self._weights, list(self._bias))
        return dict(zip(self.classes, _softmax(totals), strict=True))

    def to_json(self) -> dict[str, Any]:
        """Return what `from_json` makes the model from."""
        weights = _packed(self._weights)
        return {"classes": list(self.classes), "bias": list(self._bias), "weights": weights}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "LinearModel":
        """Make a model from its JSON."""
        return cls(data["classes"], data["bias"], _unpacked(data["weights"]))

    def save(self, path: Path) -> None:
        """Write the model to a file (see `read_model`)."""
        write_model(self.to_json(), path)

    @classmethod
    def load(cls, path: Path) -> "LinearModel":
        """Read a model.

        Raises:
            ArtifactError: it is missing, damaged, or of another kind.
        """
        return _loaded(cls.from_json, path)


class SequenceModel:
    """Labels the tokens of a row, each described by a set of strings."""

    def __init__(
        self, labels: Sequence[str], transitions: Sequence[Sequence[float]], weights: _Weights
    ) -> None:
        self.labels = tuple(labels)
        self._transitions = [list(row) for row in transitions]
        self._weights = weights
        # By the label they lead to, so that what leads to one is added up in one go.
        self._steps_to = [*zip(*self._transitions, strict=True)]
        self._factors_from = [tuple(exp(score) for score in row) for row in transitions]
        self._factors_to = [*zip(*self._factors_from, strict=True)]
        self._none = (0.0,) * len(self.labels)
        self._known = self._single()

    def tag(self, rows: Sequence[Sequence[Feature]]) -> list[tuple[str, float]]:
        """Return the best row of labels, each with its probability over all rows of labels.

        Args:
            rows: the features of each token; those that are not known count nothing.
        """
        scores = [self._scores(row) for row in rows]
        chosen = self._best(scores)
        likely = self._likely(scores, chosen)
        return [(self.labels[label], p) for label, p in zip(chosen, likely, strict=True)]

    def _scores(self, row: Sequence[Feature]) -> list[float]:
        """Return what the features of a token say for each label."""
        known, total = self._known.get, self._total
        said = [w for p in row if (w := known(p) or (p.__class__ is tuple and total(p)))]
        return [*map(sum, zip(self._none, *said, strict=True))]

    def _total(self, features: Sequence[str]) -> tuple[float, ...]:
        """Return what features that come together say for each label, and remember it."""
        if len(self._known) > _MOST_REMEMBERED + len(self._weights):
            self._known = self._single()
        total = tuple(_summed(features, self._weights, [*self._none]))
        self._known[(*features,)] = total
        return total

    def _single(self) -> dict[Feature, tuple[float, ...]]:
        """Return what each feature by itself says for each label."""
        return {
            name: tuple(_summed((name,), self._weights, [*self._none])) for name in self._weights
        }

    def _best(self, scores: Sequence[Sequence[float]]) -> list[int]:
        """Return the best row of labels by Viterbi's algorithm."""
        if not scores:
            return []
        total = [*scores[0]]
        totals = [total]
        for row in scores[1:]:
            total = [
                s + max(map(add, total, steps))
                for s, steps in zip(row, self._steps_to, strict=True)
            ]
            totals.append(total)
        label = total.index(max(total))
        path = [label]
        for total in reversed(totals[:-1]):
            sums = [*map(add, total, self._steps_to[label])]
            label = sums.index(max(sums))
            path.append(label)
        return path[::-1]

    def _likely(self, scores: Sequence[Sequence[float]], chosen: Sequence[int]) -> list[float]:
        """Return the probability of a label of each token (forward-backward, scaled)."""
        weights = [_weighed(row) for row in scores]
        forward: list[list[float]] = []
        last: list[float] = []
        for row in weights:
            if forward:
                row = [
                    w * sum(map(mul, last, factors))
                    for w, factors in zip(row, self._factors_to, strict=True)
                ]
            last = _to_one(row)
            forward.append(last)
        backward = [1.0] * len(self.labels)
        found: list[float] = []
        for k in range(len(weights) - 1, -1, -1):
            both, label = [*map(mul, forward[k], backward)], chosen[k]
            found.append(both[label] / sum(both))
            after = [*map(mul, weights[k], backward)]
            backward = _to_one([sum(map(mul, row, after)) for row in self._factors_from])
        return found[::-1]

    def to_json(self) -> dict[str, Any]:
        """Return what `from_json` makes the model from."""
        return {
            "labels": list(self.labels),
            "transitions": self._transitions,
            "weights": _packed(self._weights),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "SequenceModel":
        """Make a model from its JSON."""
        return cls(data["labels"], data["transitions"], _unpacked(data["weights"]))

    def save(self, path: Path) -> None:
        """Write the model to a file (see `read_model`)."""
        write_model(self.to_json(), path)

    @classmethod
    def load(cls, path: Path) -> "SequenceModel":
        """Read a model.

        Raises:
            ArtifactError: it is missing, damaged, or of another kind.
        """
        return _loaded(cls.from_json, path)


def train_sequence(
    sentences: Sequence[Sequence[Sequence[Feature]]],
    labels: Sequence[Sequence[str]],
    *,
    c1: float = 0.05,
    c2: float = 0.05,
) -> SequenceModel:
    """Train a conditional random field by CRFsuite (Okazaki 2007), L-BFGS.

    Args:
        sentences: for each sentence the features of each token.
        labels: for each sentence the label of each token.
        c1: weight of the L1 penalty, which drops features.
        c2: weight of the L2 penalty.

    Raises:
        ImportError: python-crfsuite is missing (extra `train`).
    """
    import pycrfsuite

    trainer = pycrfsuite.Trainer(algorithm="lbfgs", verbose=False)
    trainer.set_params({"c1": c1, "c2": c2, "max_iterations": 100})
    for rows, row_labels in zip(sentences, labels, strict=True):
        if rows:
            trainer.append([_flat(row) for row in rows], list(row_labels))
    with TemporaryDirectory() as folder:
        file = str(Path(folder) / "model.crfsuite")
        trainer.train(file)
        tagger = pycrfsuite.Tagger()
        tagger.open(file)
        info = tagger.info()
        tagger.close()
    names = sorted(info.labels)
    steps = [[round(info.transitions.get((a, b), 0.0), _DIGITS) for b in names] for a in names]
    weights: _Weights = {}
    for (feature, label), weight in info.state_features.items():
        if abs(weight) >= _LEAST_WEIGHT:
            weights.setdefault(feature, []).append((names.index(label), round(weight, _DIGITS)))
    return SequenceModel(names, steps, weights)


def train_linear(
    rows: Sequence[Iterable[str]],
    labels: Sequence[str],
    *,
    c: float = 1.0,
) -> LinearModel:
    """Train a logistic regression by scikit-learn.

    Args:
        rows: the features of each thing.
        labels: its class; two classes at least.
        c: inverse of the L2 penalty.

    Raises:
        ImportError: scikit-learn is missing (extra `train`).
    """
    from sklearn.feature_extraction import DictVectorizer
    from sklearn.linear_model import LogisticRegression

    vectorizer = DictVectorizer()
    matrix = vectorizer.fit_transform([dict.fromkeys(row, 1.0) for row in rows])
    model = LogisticRegression(C=c, max_iter=1000)
    model.fit(matrix, list(labels))
    coefficients, bias = model.coef_, model.intercept_
    if len(model.classes_) == 2:  # scikit-learn keeps the second class alone
        coefficients, bias = (
            [-coefficients[0] / 2, coefficients[0] / 2],
            [-bias[0] / 2, bias[0] / 2],
        )
    weights: _Weights = {}
    for name, column in vectorizer.vocabulary_.items():
        found = [(k, round(float(row[column]), _DIGITS)) for k, row in enumerate(coefficients)]
        if kept := [(k, weight) for k, weight in found if abs(weight) >= _LEAST_WEIGHT]:
            weights[name] = kept
    return LinearModel(model.classes_.tolist(), [round(float(b), _DIGITS) for b in bias], weights)


def read_model(path: Path) -> tuple[Any, str]:
    """Return the JSON of a model's file, which may be compressed (`.zst`), and its sha256.

    Raises:
        ArtifactError: it is missing, damaged, or not the one that its folder's card names.
    """
    import zstandard

    try:
        data = path.read_bytes()
        text = zstandard.decompress(data) if path.suffix == ".zst" else data
        model, digest = json.loads(text), sha256(data).hexdigest()
    except (OSError, ValueError, zstandard.ZstdError) as error:
        raise ArtifactError(
            f"{path}: no model can be read from it ({error}); install matlore again, or train it"
            " with `matlore facts train`"
        ) from error
    check_sha256(path, digest)
    return model, digest


def _loaded(make: Callable[[Mapping[str, Any]], _M], path: Path) -> _M:
    data, _ = read_model(path)
    try:
        return make(data)
    except (KeyError, TypeError, ValueError) as error:
        raise ArtifactError(
            f"{path}: a model of another kind ({error!r}); train it with `matlore facts train`"
        ) from error


def write_model(data: Mapping[str, Any], path: Path) -> None:
    """Write JSON, compressed if the name says so; the same model gives the same bytes."""
    import zstandard

    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
    path.write_bytes(zstandard.compress(text, 19) if path.suffix == ".zst" else text)


def _packed(weights: _Weights) -> dict[str, list[float]]:
    """Return weights with each pair laid flat: its class, its weight, the next one."""
    return {name: [part for pair in weights[name] for part in pair] for name in sorted(weights)}


def _unpacked(weights: Mapping[str, Sequence[float]]) -> _Weights:
    return {
        name: [(int(flat[k]), flat[k + 1]) for k in range(0, len(flat), 2)]
        for name, flat in weights.items()
    }


def _summed(features: Iterable[str], weights: _Weights, totals: list[float]) -> list[float]:
    for feature in features:
        for number, weight in weights.get(feature, ()):
            totals[number] += weight
    return totals


def _flat(row: Iterable[Feature]) -> list[str]:
    """Return the features of a token one by one."""
    return [name for part in row for name in ((part,) if isinstance(part, str) else part)]


def _softmax(totals: Sequence[float]) -> list[float]:
    return _to_one(_weighed(totals))


def _weighed(totals: Sequence[float]) -> list[float]:
    """Return exponentials, of which the highest is 1 and none vanishes."""
    highest = max(totals)
    lowest = highest - 60.0
    return [exp((total if total > lowest else lowest) - highest) for total in totals]


def _to_one(values: Sequence[float]) -> list[float]:
    total = sum(values)
    return [value / total for value in values]
