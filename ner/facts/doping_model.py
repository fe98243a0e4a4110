"""The model that finds hosts and dopants in a sentence, and pairs them."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from matlore.errors import ArtifactError

from .cards import FACTS_FOLDER
from .doping_features import token_features
from .doping_pairs import DopingSpan, pair_features, pattern_pairs
from .doping_rules import Hint
from .doping_tokens import PARTS, DopingToken, is_doping
from .linear import LinearModel, SequenceModel, read_model, write_model

__all__ = ["DopingModel", "load_doping_model", "spans_of"]

_MODEL = FACTS_FOLDER / "doping.json.zst"
"""The model that ships with matlore."""

_LEAST_LINK = 0.5
_ANION = re.compile(
    r"(?:di|tri|tetra|pent|per|hydr|ox[yi])*(?:ox|sulf|sulph|selen|tellur|fluor|chlor|brom|iod|nitr"
    r"|phosph|carb|hydr|bor|silic|arsen|antimon)ides?|[a-z]{3,}(?:ates?|ites?)|phthalocyanines?"
    r"|stannate|garnets?|nanotubes?|pnictides?|chalcogenides?",
    re.IGNORECASE,
)
_DASHES = ("-", "–")
_MARKS = ("-", "–", "/", ",", "(", ":")
_ENDINGS = ("ide", "ate", "ite", "ene", "ia", "ina", "ica", "ole", "carbon", "net", "silicon")
_TAILS = frozenset(
    "film films nanoparticle nanoparticles nanocrystal nanocrystals crystal crystals layer layers"
    " ceramic ceramics phosphor phosphors powder powders nanopowder nanopowders cluster clusters"
    " nanowire nanowires nanosheets nanorods nanostructure nanostructures system lattice lattices"
    " fiber fibers glass glasses thin single sample samples waveguide waveguides coatings electrode"
    " electrodes planar epitaxial matrix monolayer monolayers host particle particles bulk".split()
)


class DopingModel:
    """Finds hosts and dopants in a sentence and says which belong together."""

    def __init__(self, spans: SequenceModel, pairs: LinearModel) -> None:
        self._spans = spans
        self._pairs = pairs

    def spans(self, tokens: Sequence[DopingToken], hints: Sequence[Hint]) -> list[DopingSpan]:
        """Return the hosts and dopants of a sentence, in order."""
        tagged = self._spans.tag(token_features(tokens, hints))
        spans = spans_of([label for label, _ in tagged], [score for _, score in tagged])
        return [_tidied(tokens, span) for span in spans]

    def links(
        self,
        tokens: Sequence[DopingToken],
        hints: Sequence[Hint],
        spans: Sequence[DopingSpan],
    ) -> list[tuple[DopingSpan, DopingSpan, float]]:
        """Return host, dopant and probability of each pair that is one."""
        found = []
        joined = pattern_pairs(hints, spans)
        placed = {dopant for _, dopant in joined}
        for host in (span for span in spans if span.kind == "H"):
            for dopant in (span for span in spans if span.kind == "D"):
                if dopant in placed and (host, dopant) not in joined:
                    continue
                features = pair_features(tokens, spans, hints, host, dopant)
                likely = self._pairs.probabilities(features)["1"]
                if likely >= _LEAST_LINK:
                    found.append((host, dopant, likely * min(host.score, dopant.score)))
        return found

    def to_json(self) -> dict[str, Any]:
        """Return what `from_json` makes the model from."""
        return {"spans": self._spans.to_json(), "pairs": self._pairs.to_json()}

    def save(self, path: Path) -> None:
        """Write the model to a file (see `ner.facts.linear.read_model`)."""
        path.parent.mkdir(parents=True, exist_ok=True)
        write_model(self.to_json(), path)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "DopingModel":
        """Make a model from its JSON."""
        spans = SequenceModel.from_json(data["spans"])
        return cls(spans, LinearModel.from_json(data["pairs"]))


@lru_cache(maxsize=2)
def load_doping_model(path: Path = _MODEL) -> DopingModel:
    """Read a model, once.

    Raises:
        ArtifactError: it is missing, damaged, or of another kind.
    """
    data, _ = read_model(path)
    try:
        return DopingModel.from_json(data)
    except (KeyError, TypeError, ValueError) as error:
        raise ArtifactError(
            f"{path}: a model of another kind ({error!r}); train it with `matlore facts train`"
        ) from error


def _tidied(tokens: Sequence[DopingToken], span: DopingSpan) -> DopingSpan:
    """Return a span with its whole name: no shape behind a host, no prefix or anion cut off."""
    kind, first, last, score = span
    while last > first and tokens[last].text in _MARKS:
        last -= 1
    while last + 1 < len(tokens) and tokens[last].kind in ("ELN", "W", "Cap"):
        if not _ANION.fullmatch(tokens[last + 1].text):
            break
        last += 1
    if kind == "H":
        while last > first and tokens[last].text.lower() in _TAILS and _named(tokens[first:last]):
            last -= 1
        while first > 1 and _joined(tokens, first):
            first -= 1 if tokens[first].text in _DASHES else 2
    return DopingSpan(kind, first, last, score)


def _named(tokens: Sequence[DopingToken]) -> bool:
    """Say whether tokens name a material, so that they need no word for its shape."""
    return any(token.kind in PARTS for token in tokens) or tokens[-1].text.endswith(_ENDINGS)


def _joined(tokens: Sequence[DopingToken], k: int) -> bool:
    """Say whether a dash joins a token to the word before it, which is no word of doping."""
    dash = k if tokens[k].text in _DASHES else k - 1
    before = tokens[dash - 1] if dash else None
    if before is None or tokens[dash].text not in _DASHES or before.end != tokens[dash].start:
        return False
    if dash < k and tokens[k].start != tokens[dash].end:
        return False
    return not is_doping(before.kind) and before.kind not in ("ION", "EL", "ELN", "SYM", ")")


def spans_of(labels: Sequence[str], scores: Sequence[float]) -> list[DopingSpan]:
    """Return the spans of a row of labels `B-H`, `I-H`, `B-D`, `I-D`, `O`."""
    found: list[DopingSpan] = []
    for k, (label, score) in enumerate(zip(labels, scores, strict=True)):
        if label == "O":
            continue
        kind = label[2:]
        last = found[-1] if found else None
        if label[0] == "I" and last and last.kind == kind and last.last == k - 1:
            found[-1] = DopingSpan(kind, last.first, k, min(last.score, score))
        else:
            found.append(DopingSpan(kind, k, k, score))
    return found
