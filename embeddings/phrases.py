"""Phrases: words that belong together, joined by `_` before training.

Learned by gensim's `Phrases` (Mikolov et al., NIPS 2013), in passes, so that phrases of
phrases come out. Formulas, elements, numbers and punctuation are never inside one: texts
are cut there first, which also keeps phrases from crossing a sentence's end.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from gensim.models.phrases import ENGLISH_CONNECTOR_WORDS, FrozenPhrases
from gensim.models.phrases import Phrases as _GensimPhrases

from matlore.errors import ArtifactError
from ner.formulas import ELEMENTS, FAMILY, is_formula_key

__all__ = ["PhraseModel"]

CONNECTORS: frozenset[str] = ENGLISH_CONNECTOR_WORDS


class PhraseModel:
    """Joins the words of phrases; one gensim model a pass."""

    def __init__(self, passes: Sequence[FrozenPhrases]) -> None:
        """Wrap trained passes, first pass first."""
        self._passes = list(passes)
        self._plain: dict[str, bool] = {}

    @classmethod
    def learn(
        cls,
        sentences: Iterable[Sequence[str]],
        *,
        passes: int = 2,
        min_count: int = 10,
        threshold: float = 15.0,
    ) -> "PhraseModel":
        """Learn phrases from sentences of training tokens.

        Args:
            sentences: read once a pass, so it must be restartable (not a generator).
            passes: 2 finds phrases of up to four words.
            min_count: occurrences of a phrase at least.
            threshold: score at least, `Phrases`' original scoring.
        """
        if isinstance(sentences, Iterator):
            raise TypeError("phrases are learned in several passes: give a list, not a generator")
        model = cls([])
        for _ in range(passes):
            learned = _GensimPhrases(
                (run for sentence in sentences for run in model._runs(sentence)),
                min_count=min_count,
                threshold=threshold,
                connector_words=CONNECTORS,
            )
            model._passes.append(learned.freeze())
        return model

    def __len__(self) -> int:
        return sum(len(frozen.phrasegrams) for frozen in self._passes)

    def apply(self, sentence: Sequence[str]) -> list[str]:
        """Return the sentence with the words of each phrase joined by `_`."""
        joined: list[str] = []
        for is_plain, run in self._cut(sentence):
            joined.extend(self._joined(run) if is_plain else run)
        return joined

    def save(self, path: Path) -> None:
        """Write the phrases as JSON."""
        passes = [
            {
                "min_count": p.min_count,
                "threshold": p.threshold,
                "phrases": {key: float(score) for key, score in p.phrasegrams.items()},
            }
            for p in self._passes
        ]
        path.write_text(json.dumps(passes, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> "PhraseModel":
        """Read phrases written by `save`."""
        try:
            stored = json.loads(path.read_text(encoding="utf-8"))
            return cls([_frozen(**fields) for fields in stored])
        except (OSError, ValueError, TypeError) as error:
            raise ArtifactError(f"{path}: no readable phrases ({error})") from error

    def _runs(self, sentence: Sequence[str]) -> Iterator[list[str]]:
        """Yield the stretches of plain words, after the passes learned so far."""
        for is_plain, run in self._cut(sentence):
            if is_plain:
                yield self._joined(run)

    def _joined(self, run: list[str]) -> list[str]:
        """Join the phrases of a stretch of plain words, pass by pass."""
        for frozen in self._passes:
            run = [word for word, _ in frozen.analyze_sentence(run)]
        return run

    def _cut(self, sentence: Sequence[str]) -> Iterator[tuple[bool, list[str]]]:
        """Cut a sentence into stretches of plain words and of other tokens."""
        run: list[str] = []
        kind = True
        for token in sentence:
            plain = self._plain.get(token)
            if plain is None:
                plain = self._plain[token] = _is_plain(token)
            if plain is not kind:
                if run:
                    yield kind, run
                run, kind = [], plain
            run.append(token)
        if run:
            yield kind, run


def _is_plain(token: str) -> bool:
    """Tell whether a token may be part of a phrase."""
    return (
        token[0].isalpha()
        and token not in ELEMENTS
        and not token.startswith(FAMILY)
        and not is_formula_key(token)
    )


def _frozen(*, min_count: int, threshold: float, phrases: dict[str, float]) -> FrozenPhrases:
    """Rebuild one pass from its stored phrases."""
    frozen = FrozenPhrases(_GensimPhrases(connector_words=CONNECTORS))
    frozen.min_count, frozen.threshold = min_count, threshold
    frozen.phrasegrams = dict(phrases)
    return frozen
