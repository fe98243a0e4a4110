"""Word vectors of a home: training them, and finding the ones that a command should use."""

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from shutil import copyfile
from typing import TYPE_CHECKING, Any

from matlore.errors import ArtifactError, InputError, NotFoundError
from matlore.home import Home, lock_folder
from matlore.progress import Progress, no_progress

if TYPE_CHECKING:
    from embeddings.counts import StudyCounts
    from embeddings.stage import Stage
    from embeddings.study_papers import StudyPapers
    from embeddings.training import TrainingSettings
    from embeddings.vectors import VectorsCard, WordVectors
    from ingest.corpus import Corpus

__all__ = [
    "COUNTS_FILE",
    "PAPERS_FILE",
    "STARTER_VECTORS",
    "LoadedVectors",
    "corpus_fingerprint",
    "ensure_counts",
    "ensure_stage",
    "new_settings",
    "resolve_vectors",
    "similar_terms",
    "train_home_vectors",
    "trained_until",
]

COUNTS_FILE = "counts.safetensors"
PAPERS_FILE = "papers.json.zst"
_STAGED = ("id", "year", "text", "retracted")
STARTER_VECTORS = Path(__file__).parent.parent / "starter" / "vectors"


@dataclass(frozen=True)
class LoadedVectors:
    """The vectors that a command uses, with what lies beside them.

    Attributes:
        path: their folder or file.
        vectors: the vectors.
        stage: the staged corpus of the home; None where there is none.
    """

    path: Path
    vectors: "WordVectors"
    stage: "Stage | None" = None

    @cached_property
    def counts(self) -> "StudyCounts | None":
        """Papers by material, application and year, or None where none lie beside."""
        from embeddings.counts import StudyCounts

        file = self.path / COUNTS_FILE
        return StudyCounts.load(file) if file.exists() else None

    @cached_property
    def papers(self) -> "StudyPapers | None":
        """Papers that name a material with an application, or None where none lie beside."""
        from embeddings.study_papers import StudyPapers

        file = self.path / PAPERS_FILE
        return StudyPapers.load(file) if file.exists() else None


def resolve_vectors(
    home_path: Path, *, vectors: Path | None = None, before: int | None = None
) -> LoadedVectors:
    """Return the vectors to use: those named, else the newest of the home, else the starter's.

    Args:
        home_path: the data home; it need not exist.
        vectors: a folder of ours or a word2vec file.
        before: take only vectors trained on papers until exactly this year.

    Raises:
        NotFoundError: no vectors were trained until `before`.
        ArtifactError: the vectors cannot be read.
    """
    from embeddings.vectors import WordVectors

    path = vectors or _newest(home_path, before) or _starter(before)
    loaded = WordVectors.load(path)
    if before is not None and loaded.card.trained_until != before:
        raise NotFoundError(
            f"the vectors {loaded.card.id} were not trained until {before}; train some that"
            f" were with `matlore embeddings train --until {before}`"
        )
    return LoadedVectors(path, loaded, _stage(home_path))


def new_settings(**fields: Any) -> "TrainingSettings":
    """Return training settings; see `embeddings.training.TrainingSettings` for the fields."""
    from embeddings.training import TrainingSettings

    return TrainingSettings(**fields)


def train_home_vectors(
    home_path: Path,
    *,
    settings: "TrainingSettings",
    until: int | None = None,
    workers: int = 2,
    progress: Progress = no_progress,
    command: str | None = None,
) -> LoadedVectors:
    """Train vectors on the corpus of a home and put them, with their counts, into it.

    A stopped run goes on where it stopped; vectors of the same corpus, settings and year
    that are there are returned as they are.

    Raises:
        InputError: the corpus is empty.
    """
    from embeddings.training import train_vectors, vectors_id

    home = Home.open(home_path)
    with _one_at_a_time(home):
        stage = ensure_stage(home, workers=workers, progress=progress)
        folder = home.folder("vectors") / vectors_id(stage, settings, until)
        vectors = train_vectors(
            stage,
            folder,
            settings=settings,
            until=until,
            workers=workers,
            progress=progress,
            command=command,
        )
        for file in _counted(stage, progress=progress):
            copyfile(file, folder / file.name.partition(".")[2])
    return LoadedVectors(folder, vectors, stage)


def trained_until(
    home_path: Path,
    year: int,
    *,
    settings: "TrainingSettings",
    workers: int = 2,
    progress: Progress = no_progress,
) -> "WordVectors":
    """Return vectors trained on what was published until `year`, trained if need be."""
    return train_home_vectors(
        home_path, settings=settings, until=year, workers=workers, progress=progress
    ).vectors


def ensure_counts(home_path: Path, *, progress: Progress = no_progress) -> "StudyCounts":
    """Return the counts of the whole corpus of a home, counted if need be."""
    from embeddings.counts import StudyCounts

    home = Home.open(home_path)
    with _one_at_a_time(home):
        counts, _ = _counted(ensure_stage(home, progress=progress), progress=progress)
    return StudyCounts.load(counts)


def ensure_stage(home: Home, *, workers: int = 2, progress: Progress = no_progress) -> "Stage":
    """Return the staged corpus of a home, staged anew if the corpus changed.

    Raises:
        InputError: the corpus is empty.
    """
    from embeddings.stage import Stage, build_stage
    from ingest.corpus import Corpus

    fingerprint = corpus_fingerprint(home)
    folder = home.folder("stage")
    try:
        stage = Stage(folder)
    except ArtifactError:
        stage = None
    if stage is not None and stage.fingerprint == fingerprint:
        return stage
    corpus = Corpus(home)
    if not len(corpus):
        raise InputError(f"{home.path}: no papers; bring some in with `matlore ingest file PATH`")
    progress(0, total=len(corpus), text="staging")
    for name in (COUNTS_FILE, PAPERS_FILE):
        for file in folder.glob(f"*.{name}"):
            file.unlink()
    texts = _texts(corpus)
    return build_stage(texts, folder, fingerprint=fingerprint, workers=workers, progress=progress)


def corpus_fingerprint(home: Home) -> str:
    """Return a hash of the papers of a home: of its shards and of the rows that were dropped."""
    digest = sha256()
    for shard in home.shards("corpus"):
        digest.update(shard.sha256.encode())
    with home.connect() as connection:
        query = "SELECT shard, row FROM tombstones WHERE kind = 'corpus' ORDER BY shard, row"
        for row in connection.execute(query):
            digest.update(repr(row).encode())
    return digest.hexdigest()[:16]


def similar_terms(
    home_path: Path, term: str, *, top: int = 10, vectors: Path | None = None
) -> dict[str, object]:
    """Return the neighbours of a term, as `matlore embeddings similar` prints them."""
    from embeddings.neighbours import nearest

    loaded = resolve_vectors(home_path, vectors=vectors)
    found = nearest(loaded.vectors, term, top=top)
    rows = [{"rank": i, **asdict(neighbour)} for i, neighbour in enumerate(found, start=1)]
    return {"term": term, "vectors": loaded.vectors.card.id, "neighbours": rows}


def _texts(corpus: "Corpus") -> Iterator[tuple[str, int | None, str]]:
    for batch in corpus.batches(columns=_STAGED):
        columns = (batch.column(name).to_pylist() for name in _STAGED)
        for paper_id, year, text, retracted in zip(*columns, strict=True):
            if not retracted:
                yield paper_id, year, text


def _counted(stage: "Stage", *, progress: Progress) -> tuple[Path, Path]:
    """Return the files of counts and papers of a stage, made if need be."""
    from embeddings.counts import StudyCounts
    from embeddings.study_papers import StudyPapers
    from matlore.vocabulary import load_applications

    words = {a.name: a.words for a in load_applications().values()}
    digest = sha256(json.dumps(words, sort_keys=True).encode()).hexdigest()[:8]
    counts, papers = (stage.folder / f"{digest}.{name}" for name in (COUNTS_FILE, PAPERS_FILE))
    if not counts.exists():
        progress(0, total=len(stage), text="counting")
        StudyCounts.count(stage, words, progress=progress).save(counts)
    if not papers.exists():
        StudyPapers.collect(stage, words).save(papers)
    return counts, papers


def _one_at_a_time(home: Home) -> AbstractContextManager[None]:
    """Hold the right to stage and train in a home.

    Raises:
        HomeBusyError: another process has it.
    """
    folder = home.folder("vectors")
    folder.mkdir(exist_ok=True)
    return lock_folder(folder)


def _stage(home_path: Path) -> "Stage | None":
    from embeddings.stage import Stage

    try:
        return Stage(home_path / "stage")
    except ArtifactError:
        return None


def _newest(home_path: Path, before: int | None) -> Path | None:
    """Return the folder of the newest vectors of a home trained until `before`."""
    found = [
        (file.stat().st_mtime, file.parent)
        for file in (home_path / "vectors").glob("*/card.json")
        if (card := _card(file.parent)) is not None and card.trained_until == before
    ]
    return max(found)[1] if found else None


def _starter(before: int | None) -> Path:
    if before is not None:
        raise NotFoundError(
            f"no vectors trained until {before} are at hand; train them with"
            f" `matlore embeddings train --until {before}`"
        )
    return STARTER_VECTORS


def _card(folder: Path) -> "VectorsCard | None":
    """Return the card of a folder of vectors, or None where it cannot be read."""
    from embeddings.vectors import WordVectors

    try:
        return WordVectors.load_card(folder)
    except ArtifactError:
        return None
