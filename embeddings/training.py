"""Training of word vectors: Word2Vec skip-gram over the staged, phrased corpus.

Settings follow mat2vec (Tshitoyan et al., Nature 571, 95, 2019; Mikolov et al., NIPS 2013).
Phrases are joined once, into a file that gensim's workers read side by side, not again in
every epoch. After every epoch the vectors are kept: a run that is stopped goes on from there.
"""

import json
import platform
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from shutil import rmtree
from typing import Any, Literal

import gensim
import numpy as np
from gensim.models import Word2Vec
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from matlore.errors import InputError
from matlore.progress import Progress, no_progress
from ner.tokens import TOKENS_VERSION

from .phrases import PhraseModel
from .stage import Stage
from .vectors import VectorsCard, WordVectors

__all__ = ["TrainingSettings", "new_model", "train_vectors", "vectors_id"]

Select = Literal["materials", "all"]


@dataclass(frozen=True)
class TrainingSettings:
    """Settings of a training run; the defaults are those published for mat2vec.

    Attributes:
        dimension: components of a vector.
        window: words on each side.
        negative: negative samples.
        sample: threshold of down-sampling of frequent words.
        alpha: learning rate at the start; it falls linearly to `min_alpha`.
        min_count: occurrences below which a word is dropped.
        phrase_min_count: occurrences of a phrase at least.
        phrase_threshold: score of a phrase at least.
        phrase_passes: passes of phrase learning; 0 for no phrases.
        select: `materials` trains on papers that name a compound by its formula, `all`
            on every paper.
        seed: of the initial vectors. Several workers race, so only a run with one worker
            gives the same vectors again to the bit.
    """

    dimension: int = 200
    window: int = 8
    negative: int = 15
    sample: float = 1e-4
    alpha: float = 0.01
    min_alpha: float = 1e-4
    epochs: int = 30
    min_count: int = 5
    phrase_min_count: int = 10
    phrase_threshold: float = 15.0
    phrase_passes: int = 2
    select: Select = "materials"
    seed: int = 1


def vectors_id(stage: Stage, settings: TrainingSettings, until: int | None) -> str:
    """Return the id of the vectors: a function of corpus, settings and cutoff year."""
    parts = json.dumps([stage.fingerprint, TOKENS_VERSION, asdict(settings), until], sort_keys=True)
    return f"w2v-{until or 'all'}-{sha256(parts.encode()).hexdigest()[:10]}"


def train_vectors(
    stage: Stage,
    folder: Path,
    *,
    settings: TrainingSettings = TrainingSettings(),
    until: int | None = None,
    workers: int = 2,
    progress: Progress = no_progress,
    on_epoch: Callable[[int], None] | None = None,
    command: str | None = None,
) -> WordVectors:
    """Train word vectors on a staged corpus and save them in `folder`.

    A run that was stopped goes on after its last finished epoch, if corpus and settings
    are the same. Vectors that are there already, of the same corpus and settings, are
    loaded, not trained again.

    Args:
        stage: the staged corpus.
        folder: where vectors and card go; work in progress is kept in `folder/work`.
        settings: see `TrainingSettings`.
        until: use only papers of this year or earlier (papers without a year are left
            out then): nothing later enters, phrases included; only the spelling under
            which a material is shown is that of the whole corpus.
        workers: threads.
        progress: called after each epoch.
        on_epoch: called with the number of epochs finished, after they are safe on disk.
        command: recorded in the card.

    Raises:
        InputError: the corpus holds no word often enough.
    """
    identity = vectors_id(stage, settings, until)
    if (folder / "card.json").exists() and WordVectors.load_card(folder).id == identity:
        return WordVectors.load(folder)
    work = _Work(folder / "work", identity)
    progress(0, total=settings.epochs, text="joining phrases")
    corpus = work.prepare(stage, settings, until)
    model = new_model(settings, workers)
    model.build_vocab(corpus_file=str(work.tokens))
    if not model.wv.index_to_key:
        raise InputError(
            f"no word occurs {settings.min_count} times or more in {corpus['papers']} papers;"
            " ingest more papers or lower --min-count"
        )
    done = work.restore(model)
    progress(done, text="training")
    for epoch in range(done, settings.epochs):
        _train_epoch(model, work.tokens, settings, epoch)
        work.keep(model, epoch + 1)
        progress(1)
        if on_epoch is not None:
            on_epoch(epoch + 1)
    card = _card(identity, stage, settings, until, corpus, command)
    vectors = _finished(model, card, stage.spellings()).save(folder)
    work.phrases.replace(folder / work.phrases.name)
    rmtree(work.folder)
    return vectors


class _Work:
    """The files of a run in progress."""

    def __init__(self, folder: Path, identity: str) -> None:
        self.folder = folder
        self.identity = identity
        self.tokens = folder / "phrased.txt"
        self.phrases = folder / "phrases.json"
        self._state = folder / "state.json"
        if self._stored().get("id") != identity and folder.exists():
            rmtree(folder)
        folder.mkdir(parents=True, exist_ok=True)

    def prepare(
        self, stage: Stage, settings: TrainingSettings, until: int | None
    ) -> dict[str, Any]:
        """Write the phrased tokens, unless a stopped run left them; return corpus facts."""
        stored = self._stored()
        if "corpus" in stored and self.tokens.exists():
            corpus: dict[str, Any] = stored["corpus"]
            return corpus
        sentences = _Sentences(stage, settings.select, until)
        phrases = PhraseModel.learn(
            sentences,
            passes=settings.phrase_passes,
            min_count=settings.phrase_min_count,
            threshold=settings.phrase_threshold,
        )
        phrases.save(self.phrases)
        n_papers = n_tokens = 0
        years: list[int] = []
        with self.tokens.open("w", encoding="utf-8") as file:
            for paper in sentences.papers():
                tokens = phrases.apply(paper.tokens)
                file.write(" ".join(tokens) + "\n")
                n_papers, n_tokens = n_papers + 1, n_tokens + len(tokens)
                years += [paper.year] if paper.year else []
        corpus = {
            "papers": n_papers,
            "tokens": n_tokens,
            "phrases": len(phrases),
            "years": [min(years), max(years)] if years else None,
            "selected": settings.select,
            "fingerprint": stage.fingerprint,
        }
        self._write({"id": self.identity, "corpus": corpus, "epochs": 0})
        return corpus

    def restore(self, model: Word2Vec) -> int:
        """Load the vectors of the last finished epoch; return how many are finished."""
        done = int(self._stored().get("epochs", 0))
        if done == 0:
            return 0
        try:
            tensors = load_file(self._kept(done))
        except (OSError, SafetensorError):
            return 0
        if tensors["input"].shape != model.wv.vectors.shape:
            return 0
        model.wv.vectors[:] = tensors["input"]
        model.syn1neg[:] = tensors["output"]
        return done

    def keep(self, model: Word2Vec, epochs: int) -> None:
        """Put the vectors after `epochs` epochs on disk, then forget the ones before."""
        tensors = {"input": model.wv.vectors, "output": model.syn1neg}
        save_file(tensors, self._kept(epochs))
        self._write({**self._stored(), "epochs": epochs})
        for old in self.folder.glob("epoch-*.safetensors"):
            if old != self._kept(epochs):
                old.unlink()

    def _kept(self, epochs: int) -> Path:
        return self.folder / f"epoch-{epochs}.safetensors"

    def _stored(self) -> dict[str, Any]:
        try:
            stored: dict[str, Any] = json.loads(self._state.read_text())
        except (OSError, ValueError):
            return {}
        return stored

    def _write(self, state: Mapping[str, Any]) -> None:
        part = self._state.with_suffix(".part")
        part.write_text(json.dumps(state))
        part.replace(self._state)


class _Sentences:
    """The selected papers' tokens, restartable."""

    def __init__(self, stage: Stage, select: Select, until: int | None) -> None:
        self._stage, self._select, self._until = stage, select, until

    def papers(self) -> Iterator[Any]:
        for paper in self._stage:
            late = self._until is not None and (paper.year is None or paper.year > self._until)
            if not late and (self._select == "all" or paper.n_materials):
                yield paper

    def __iter__(self) -> Iterator[list[str]]:
        return (paper.tokens for paper in self.papers())


def new_model(settings: TrainingSettings, workers: int) -> Word2Vec:
    """Return an untrained model with these settings."""
    return Word2Vec(
        vector_size=settings.dimension,
        window=settings.window,
        negative=settings.negative,
        sample=settings.sample,
        alpha=settings.alpha,
        min_alpha=settings.min_alpha,
        min_count=settings.min_count,
        sg=1,
        hs=0,
        seed=settings.seed,
        workers=workers,
    )


def _train_epoch(model: Word2Vec, tokens: Path, settings: TrainingSettings, epoch: int) -> None:
    """Train one epoch with its part of the linear fall of the learning rate."""
    fall = (settings.alpha - settings.min_alpha) / settings.epochs
    model.train(
        corpus_file=str(tokens),
        total_examples=model.corpus_count,
        total_words=model.corpus_total_words,
        epochs=1,
        start_alpha=settings.alpha - fall * epoch,
        end_alpha=settings.alpha - fall * (epoch + 1),
    )


def _finished(model: Word2Vec, card: VectorsCard, spellings: Mapping[str, str]) -> WordVectors:
    words = tuple(model.wv.index_to_key)
    return WordVectors(
        words=words,
        counts=np.array([model.wv.get_vecattr(word, "count") for word in words], dtype=np.int64),
        input=np.asarray(model.wv.vectors, dtype=np.float32),
        output=np.asarray(model.syn1neg, dtype=np.float32),
        output_ids=np.arange(len(words), dtype=np.int64),
        card=card,
        display={word: spellings[word] for word in words if word in spellings},
    )


def _card(
    identity: str,
    stage: Stage,
    settings: TrainingSettings,
    until: int | None,
    corpus: Mapping[str, Any],
    command: str | None,
) -> VectorsCard:
    return VectorsCard(
        id=identity,
        dimension=settings.dimension,
        trained_until=until,
        seed=settings.seed,
        corpus={**corpus, "staged_papers": len(stage)},
        settings=asdict(settings),
        versions={
            "matlore": version("matlore"),
            "tokens": TOKENS_VERSION,
            "gensim": gensim.__version__,
            "numpy": np.__version__,
            "python": platform.python_version(),
        },
        command=command,
        created=datetime.now(UTC).date().isoformat(),
    )
