"""Mentions out of text: of the corpus of a home, of files, of what a user types.

`matlore.pipeline.documents` says what the offsets point into. `text_sha` is the hash of that
text, so that a row of a file and the same paper of the corpus can be told to have the same
offsets.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from matlore.errors import InputError
from matlore.home import Home
from matlore.progress import Progress, no_progress
from matlore.records import Paper

from .documents import PaperQuarantine, ReadPapers, Reject, document, read_documents, read_shard

if TYPE_CHECKING:
    from ner.extraction import Failure, Links, Tags

__all__ = [
    "extract_home",
    "extract_text",
    "extract_texts",
    "load_extractor",
    "mention_counts",
]

_JOB = "ner"


def load_extractor(
    model: str | Path | None = None, *, threads: int | None = None
) -> tuple["Tags", "Links"]:
    """Load the tagger and the linker.

    Args:
        model: a folder or a Hugging Face id; None for the model that ships.
        threads: of the tagger; None for all cores.

    Raises:
        ArtifactError: the model is missing or damaged.
    """
    from ner.linking import Linker
    from ner.tagger import load_tagger

    return load_tagger(model, threads=threads), Linker()


def extract_home(
    home_path: Path,
    *,
    model: str | Path | None = None,
    limit: int | None = None,
    min_relevance: float = 0.0,
    threads: int | None = None,
    progress: Progress = no_progress,
) -> dict[str, Any]:
    """Extract the mentions of the papers of a home that were not read yet.

    Papers that are new, have changed, or were read by another version are read; a run that
    is interrupted or killed goes on after its last commit the next time.

    Args:
        home_path: the data home.
        model: a folder or a Hugging Face id; None for the model that ships.
        limit: read at most so many papers.
        min_relevance: leave out papers with a lower score, 0 to 1.
        threads: of the tagger; None for all cores.
        progress: told of the papers done.

    Returns:
        The fields of `ner.jobs.ExtractionReport`, and `quarantine`: the file that holds
        the papers that failed, or None.

    Raises:
        ArtifactError: the model or a shard cannot be read.
        HomeBusyError: another process is writing to the home.
        HomeError: there is no home at `home_path`, or it may not be written to.
    """
    from ner.jobs import extract_corpus

    home = Home.open(home_path)
    tagger, linker = load_extractor(model, threads=threads)
    quarantine = PaperQuarantine(home, _JOB)
    report = extract_corpus(
        home,
        partial(read_shard, min_relevance=min_relevance),
        tagger,
        linker,
        reject=quarantine.reject,
        limit=limit,
        progress=progress,
    )
    return {**asdict(report), "quarantine": quarantine.file}


def mention_counts(home_path: Path) -> dict[str, Any]:
    """Count the mentions of a home: the result of `ner.mention_store.Mentions.counts`.

    Raises:
        HomeError: there is no home at `home_path`.
    """
    from ner.mention_store import Mentions

    return Mentions(Home.open(home_path)).counts()


def extract_text(
    text: str, *, model: str | Path | None = None, threads: int | None = None
) -> dict[str, Any]:
    """Extract the mentions of a text, which is cleaned first, as papers are.

    Returns:
        `id` (of the content), `text_sha`, `text` as cleaned, and `mentions`.

    Raises:
        ArtifactError: the model is missing or damaged.
        InputError: the model cannot stand the text.
    """
    from ner.extraction import Failure, extract_each, paper_object

    tagger, linker = load_extractor(model, threads=threads)
    paper = document(text)
    (found,) = extract_each([paper], tagger, linker)
    if isinstance(found, Failure):
        raise InputError(
            f"the text could not be read ({found.reason}): try another model with `--model`"
        )
    return paper_object(paper, found, with_text=True)


def extract_texts(
    paths: Sequence[Path],
    *,
    model: str | Path | None = None,
    mapping: Iterable[str] = (),
    input_format: str | None = None,
    with_text: bool = False,
    threads: int | None = None,
    reject: Reject | None = None,
    progress: Progress = no_progress,
) -> Iterator[dict[str, Any]]:
    """Extract the mentions of the papers of files, as they come, in the files' order.

    Rows are read as `matlore ingest file` reads them, and need only `id` and `abstract`.

    Args:
        paths: files, and folders that are searched with all below them; `.txt` files are
            one document each, and known by their path.
        model: a folder or a Hugging Face id; None for the model that ships.
        mapping: `FIELD=COLUMN` pairs, where the names of columns do not tell.
        input_format: of the files; None lets each file's name tell.
        with_text: add the text that offsets point into.
        threads: of the tagger; None for all cores.
        reject: told of rows that cannot be read; None raises at the first one.
        progress: told of every row.

    Yields:
        one object a paper: `id` (as its row has it; of the content where it has none),
        `text_sha`, `text` if asked for, and `mentions`, each with `label`, `start`, `end`,
        `text`, `norm`, `score` and `source`.

    Raises:
        ArtifactError: the model is missing or damaged.
        InputError: a path does not exist or is of no known type; or a row is bad and there
            is no `reject`.
        UsageError: a mapping or the format makes no sense.
    """

    def load() -> ReadPapers:
        tagger, linker = load_extractor(model, threads=threads)
        return partial(_read, tagger=tagger, linker=linker, with_text=with_text)

    return read_documents(
        paths, load, mapping=mapping, input_format=input_format, reject=reject, progress=progress
    )


def _read(
    papers: Sequence[Paper], *, tagger: "Tags", linker: "Links", with_text: bool
) -> Iterator["dict[str, Any] | Failure"]:
    """Yield the object of each paper, or why there is none."""
    from ner.extraction import Failure, extract_each, paper_object

    results = extract_each(papers, tagger, linker) if papers else []
    for paper, result in zip(papers, results, strict=True):
        if isinstance(result, Failure):
            yield result
        else:
            yield paper_object(paper, result, with_text=with_text)
