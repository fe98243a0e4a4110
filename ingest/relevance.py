"""How likely a paper is about inorganic materials: a linear model of its words.

Tshitoyan et al. (Nature 571, 95, 2019) kept abstracts that such a classifier took for
inorganic materials science. Ours is a logistic regression over the words that a text
holds, each counted once; every formula is the one word `<formula>` beside its elements, so
that compounds nobody has named yet count as well. A text's score is the logistic function
of `bias + sum(weights) / sqrt(n)`, n its known words. Pairs of neighbouring words were
tried and gained nothing.

A model is a folder with `model.safetensors`, which holds vocabulary and weights, and
`card.json`, which says what it was trained on and holds the sha256 that is checked on load.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from hashlib import sha256
from importlib.resources import files
from math import exp, fsum, sqrt
from pathlib import Path
from struct import error as StructError
from struct import iter_unpack, unpack
from typing import Any

from matlore.errors import ArtifactError
from ner.formulas import ELEMENTS, is_formula_word

__all__ = [
    "FORMULA",
    "RELEVANCE_FOLDER",
    "RelevanceCard",
    "RelevanceModel",
    "features",
    "load_card",
    "save_model",
    "shipped_model",
]

FORMULA = "<formula>"
"""The feature of every formula of two or more elements."""

RELEVANCE_FOLDER = Path(str(files("matlore"))) / "starter" / "relevance"

_NUMBER = "<number>"
_MODEL, _CARD = "model.safetensors", "card.json"
_BIAS = "bias"
_CACHE_LIMIT = 300_000
_LONGEST_CHUNK = 100
_SYMBOL = "|".join(sorted(ELEMENTS, key=lambda symbol: (-len(symbol), symbol)))
_ELEMENT = re.compile(_SYMBOL)
_AMOUNT = r"(?:[()\[\]]|\d+(?:\.\d+)?|[xyzδ](?![a-z])|[-−+±](?=[xyzδ\d]))*"
_PIECE = re.compile(
    rf"(?P<formula>(?<![^\W_])[(\[]*(?:(?:{_SYMBOL}){_AMOUNT}){{2,}}(?![^\W_]))"
    r"|(?P<number>\d[\d.,]*(?![^\W_]))|(?P<word>[^\W_]+)"
)
_AMBIGUOUS = frozenset("In As No At He Be Am".split())
_cache: dict[str, tuple[str, ...]] = {}


@dataclass(frozen=True)
class RelevanceCard:
    """What a model was trained on and how.

    Attributes:
        id: `rel-` and the beginning of the file's sha256.
        sha256: of `model.safetensors`.
        size: number of features.
        trained: date of training, ISO 8601.
        data: papers, their sources and licences, and how they were labelled.
        settings: what the training was told.
        versions: of the libraries that made it.
        metrics: what was measured, with the test set.
        command: the command that made it.
    """

    id: str
    sha256: str
    size: int
    trained: str
    data: dict[str, Any] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    metrics: dict[str, Any] = field(default_factory=dict)
    command: str | None = None


class RelevanceModel:
    """Scores texts; the same text always gets the same score."""

    def __init__(self, weights: Mapping[str, float], bias: float, card: RelevanceCard) -> None:
        self._weights = dict(weights)
        self._bias = bias
        self.card = card

    def __len__(self) -> int:
        return len(self._weights)

    @property
    def version(self) -> str:
        """The model's id, which changes when its weights do."""
        return self.card.id

    def score(self, text: str) -> float:
        """Return how likely a paper is about inorganic materials.

        Args:
            text: cleaned title, a newline and the cleaned abstract; either may be missing.

        Returns:
            A probability, 0 to 1, rounded to four digits.
        """
        weights = self._weights
        found = [weights[word] for word in features(text) if word in weights]
        total = self._bias + fsum(found) / sqrt(len(found) or 1)  # fsum: in any order the same
        return round(1 / (1 + exp(-max(-40.0, min(40.0, total)))), 4)

    @classmethod
    def load(cls, path: Path | None = None) -> "RelevanceModel":
        """Read a model.

        Args:
            path: its folder; None for the model that ships with matlore.

        Raises:
            ArtifactError: it is missing, damaged, or no model of relevance.
        """
        folder = path or RELEVANCE_FOLDER
        card = load_card(folder)
        data = _read(folder / _MODEL)
        if sha256(data).hexdigest() != card.sha256:
            raise ArtifactError(
                f"{folder / _MODEL}: sha256 differs from its card, the file is damaged; train"
                " again with `matlore starter relevance` or install matlore again"
            )
        return cls(*_unpack(data, folder / _MODEL), card)


def load_card(folder: Path) -> RelevanceCard:
    """Read the card of a model.

    Raises:
        ArtifactError: there is none, or it cannot be read.
    """
    try:
        return RelevanceCard(**json.loads(_read(folder / _CARD)))
    except (ValueError, TypeError) as error:
        raise ArtifactError(
            f"{folder / _CARD}: not the card of a model of relevance ({error});"
            " train one with `matlore starter relevance`"
        ) from error


@lru_cache(maxsize=1)
def shipped_model() -> RelevanceModel:
    """Return the model that ships with matlore, read once a process."""
    return RelevanceModel.load()


def features(text: str) -> set[str]:
    """Return the words of a text, in lower case, with the elements of its formulas."""
    found: set[str] = set()
    for chunk in set(text.split()):
        found.update(_cache.get(chunk) or _remember(chunk))
    return found


def _remember(chunk: str) -> tuple[str, ...]:
    """Cut a chunk into words; chunks follow Zipf's law, so that a cache does most work."""
    words = tuple(_cut(chunk[:_LONGEST_CHUNK]))
    if len(_cache) >= _CACHE_LIMIT:
        _cache.clear()
    if len(chunk) < _LONGEST_CHUNK:
        _cache[chunk] = words
    return words


def _cut(chunk: str) -> Iterator[str]:
    """Yield the words of a chunk without blanks, and the elements that it names."""
    for match in _PIECE.finditer(chunk):
        piece = match.group()
        symbols = set(_ELEMENT.findall(piece)) if match.lastgroup == "formula" else set()
        if len(symbols) > 1 and is_formula_word(piece):
            yield FORMULA
            yield from sorted(symbols)
        elif match.lastgroup == "number":
            yield _NUMBER
        elif len(piece) == 2 and piece in ELEMENTS and piece not in _AMBIGUOUS:
            yield piece
        else:
            yield piece.lower()


def save_model(
    folder: Path, weights: Mapping[str, float], bias: float, card: Mapping[str, Any]
) -> RelevanceModel:
    """Write a model with its card, and return it.

    Args:
        folder: where; made where it does not exist.
        weights: feature to weight.
        bias: the model's bias.
        card: fields of `RelevanceCard` besides id, sha256 and size.
    """
    data = _pack(weights, bias)
    digest = sha256(data).hexdigest()
    made = RelevanceCard(id=f"rel-{digest[:10]}", sha256=digest, size=len(weights), **card)
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(asdict(made), indent=2, ensure_ascii=False) + "\n"
    _write(folder / _MODEL, data)
    _write(folder / _CARD, text.encode())
    return RelevanceModel(*_unpack(data, folder / _MODEL), made)


def _pack(weights: Mapping[str, float], bias: float) -> bytes:
    """Return the bytes of a model file: sorted vocabulary, float32 weights, bias."""
    import numpy as np
    from safetensors.numpy import save

    words = sorted(weights)
    tensors: dict[str, np.ndarray[Any, Any]] = {
        "vocabulary": np.frombuffer(json.dumps(words, ensure_ascii=False).encode(), np.uint8),
        "weights": np.array([weights[word] for word in words], dtype=np.float32),
        _BIAS: np.array([bias], dtype=np.float32),
    }
    return bytes(save(tensors))


def _unpack(data: bytes, path: Path) -> tuple[dict[str, float], float]:
    """Return weights and bias from the bytes of a model file."""
    from safetensors import SafetensorError, deserialize  # without NumPy: loads in a moment

    read: Callable[[bytes], list[tuple[str, dict[str, Any]]]] = deserialize  # has no types

    try:
        tensors = {name: bytes(tensor["data"]) for name, tensor in read(data)}
        words: Iterable[str] = json.loads(tensors["vocabulary"])
        weights = (weight for (weight,) in iter_unpack("<f", tensors["weights"]))
        return dict(zip(words, weights, strict=True)), float(*unpack("<f", tensors[_BIAS]))
    except (SafetensorError, KeyError, ValueError, StructError) as error:
        raise ArtifactError(
            f"{path}: not a model of relevance ({error}); train one with"
            " `matlore starter relevance`"
        ) from error


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ArtifactError(
            f"{path}: cannot be read ({error}); train a model with `matlore starter relevance`"
            " or install matlore again"
        ) from error


def _write(path: Path, data: bytes) -> None:
    """Write a file under another name, then rename it: never half a file under its name."""
    temporary = path.with_name(path.name + ".part")
    temporary.write_bytes(data)
    temporary.replace(path)
