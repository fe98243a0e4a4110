"""Facts out of text: of the corpus of a home, of files, of what a user types.

`matlore.pipeline.documents` says what the offsets point into.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from matlore.errors import ArtifactError, InputError, NotFoundError
from matlore.home import Home
from matlore.progress import Progress, no_progress
from matlore.records import Mention, Paper

from .documents import PaperQuarantine, ReadPapers, Reject, document, read_documents, read_shard
from .ner_extract import load_extractor

if TYPE_CHECKING:
    from ner.extraction import Failure, Links, Tags
    from ner.facts.extraction import FactFinder
    from ner.facts.parts import PaperFacts

__all__ = [
    "extract_home_facts",
    "extract_text_facts",
    "extract_texts_facts",
    "load_finder",
]

_JOB = "facts"


def load_finder() -> "FactFinder":
    """Return the finder of facts that ships."""
    from ner.facts.extraction import Finder

    return Finder()


def extract_home_facts(
    home_path: Path,
    *,
    limit: int | None = None,
    workers: int = 1,
    progress: Progress = no_progress,
) -> dict[str, Any]:
    """Extract the facts of the papers of a home whose mentions are known.

    Papers that are new, have changed, or whose mentions or facts were made by another version
    are read; a run that is interrupted or killed goes on after its last commit the next time.

    Args:
        home_path: the data home.
        limit: read at most so many papers.
        workers: processes that read.
        progress: told of the papers done.

    Returns:
        The fields of `ner.fact_jobs.FactsReport`, and `quarantine`: the file that holds the
        papers that failed, or None.

    Raises:
        ArtifactError: a model or a shard cannot be read.
        HomeBusyError: another process is writing to the home.
        HomeError: there is no home at `home_path`, or it may not be written to.
        NotFoundError: no paper's mentions are known.
    """
    from ner.fact_jobs import find_facts

    home = Home.open(home_path)
    quarantine = PaperQuarantine(home, _JOB)
    report = find_facts(
        home,
        read_shard,
        load_finder(),
        reject=quarantine.reject,
        workers=workers,
        limit=limit,
        progress=progress,
    )
    if report.waiting and not (report.papers or report.unchanged or report.failed):
        raise NotFoundError(
            f"no paper of {home_path} has mentions, which facts are made of: "
            "`matlore ner extract` first"
        )
    return {**asdict(report), "quarantine": quarantine.file}


def extract_text_facts(
    text: str,
    *,
    model: str | Path | None = None,
    min_score: float = 0.0,
    threads: int | None = None,
) -> dict[str, Any]:
    """Extract the facts of a text, which is cleaned first, as papers are.

    Returns:
        `id` (of the content), `text_sha`, `text` as cleaned, `mentions`, `relations` and
        `quantities`.

    Raises:
        ArtifactError: a model is missing or damaged.
        InputError: the models cannot stand the text.
    """
    tagger, linker = load_extractor(model, threads=threads)
    reader = _Reader(tagger, linker, load_finder(), with_text=True, min_score=min_score)
    (found,) = reader.read([document(text)])
    if isinstance(found, dict):
        return found
    raise InputError(
        f"the text could not be read ({found.reason}): try another model with `--model`"
    )


def extract_texts_facts(
    paths: Sequence[Path],
    *,
    model: str | Path | None = None,
    mapping: Iterable[str] = (),
    input_format: str | None = None,
    with_text: bool = False,
    min_score: float = 0.0,
    threads: int | None = None,
    reject: Reject | None = None,
    progress: Progress = no_progress,
) -> Iterator[dict[str, Any]]:
    """Extract the facts of the papers of files, as they come, in the files' order.

    Rows are read as `matlore ingest file` reads them, and need only `id` and `abstract`.

    Args:
        paths: files, and folders that are searched with all below them; `.txt` files are
            one document each, and known by their path.
        model: of the mentions: a folder or a Hugging Face id; None for the one that ships.
        mapping: `FIELD=COLUMN` pairs, where the names of columns do not tell.
        input_format: of the files; None lets each file's name tell.
        with_text: add the text that offsets point into.
        min_score: leave out facts of a lower score.
        threads: of the tagger; None for all cores.
        reject: told of rows that cannot be read; None raises at the first one.
        progress: told of every row.

    Yields:
        one object a paper: `id` (as its row has it; of the content where it has none),
        `text_sha`, `text` if asked for, `mentions`, and `relations` and `quantities`, whose
        ends are positions in `mentions`.

    Raises:
        ArtifactError: a model is missing or damaged.
        InputError: a path does not exist or is of no known type; or a row is bad and there
            is no `reject`.
        UsageError: a mapping or the format makes no sense.
    """

    def load() -> ReadPapers:
        tagger, linker = load_extractor(model, threads=threads)
        finder = load_finder()
        return _Reader(tagger, linker, finder, with_text=with_text, min_score=min_score).read

    return read_documents(
        paths, load, mapping=mapping, input_format=input_format, reject=reject, progress=progress
    )


class _Reader:
    """Reads papers that are in no home: tags them, then finds facts."""

    def __init__(
        self,
        tagger: "Tags",
        linker: "Links",
        finder: "FactFinder",
        *,
        with_text: bool,
        min_score: float,
    ) -> None:
        self._tagger = tagger
        self._linker = linker
        self._finder = finder
        self._with_text = with_text
        self._min_score = min_score

    def read(self, papers: Sequence[Paper]) -> Iterator["dict[str, Any] | Failure"]:
        """Yield the object of each paper, or why there is none."""
        from ner.extraction import Failure, extract_each
        from ner.facts.records import facts_object

        results = extract_each(papers, self._tagger, self._linker) if papers else []
        for paper, mentions in zip(papers, results, strict=True):
            if isinstance(mentions, Failure):
                yield mentions
                continue
            facts = self._find(paper, mentions)
            yield (
                facts
                if isinstance(facts, Failure)
                else facts_object(
                    paper, facts, with_text=self._with_text, min_score=self._min_score
                )
            )

    def _find(self, paper: Paper, mentions: Sequence[Mention]) -> "PaperFacts | Failure":
        """Return the facts of a paper; whatever a text does to the finder is the text's."""
        from ner.extraction import Failure

        try:
            return self._finder.find(paper, sorted(mentions, key=lambda one: one.start))
        except ArtifactError:
            raise
        except Exception as error:
            return Failure(f"{type(error).__name__}: {error}")
