"""The staged corpus: training tokens of every paper, made once and read many times.

Tokenising is most of the work of a training run that streams its texts, so it is done
once: a line of vocabulary tokens a paper in `tokens.txt`, its id and year on the same
line of `papers.tsv`. Training, counting and backtests read these.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from matlore.errors import ArtifactError
from matlore.progress import Progress, no_progress
from ner.formulas import FAMILY, is_formula_key
from ner.tokens import TOKENS_VERSION, spelled_tokens

__all__ = ["PaperText", "Stage", "StagedPaper", "build_stage"]

STAGE_VERSION = f"1.{TOKENS_VERSION}"
_CHUNK = 2000
PaperText = tuple[str, int | None, str]
"""A paper's id, year and cleaned text."""


@dataclass(frozen=True, slots=True)
class StagedPaper:
    """A paper as its training tokens, in the order of its text.

    `n_materials` counts the tokens that are formulas of compounds or families of them.
    """

    id: str
    year: int | None
    tokens: list[str]
    n_materials: int = 0


class Stage:
    """A staged corpus on disk; iterating it again starts anew."""

    def __init__(self, folder: Path) -> None:
        """Open the staged corpus in `folder`.

        Raises:
            ArtifactError: there is none, or another version of matlore made it.
        """
        self.folder = folder
        try:
            self.card: dict[str, Any] = json.loads((folder / "stage.json").read_text())
        except (OSError, ValueError) as error:
            raise ArtifactError(
                f"no staged corpus at {folder}; run `matlore embeddings train`"
            ) from error
        if self.card.get("version") != STAGE_VERSION:
            raise ArtifactError(
                f"{folder}: staged by another version of matlore;"
                " run `matlore embeddings train` to stage the corpus again"
            )

    def __len__(self) -> int:
        return int(self.card["papers"])

    @property
    def fingerprint(self) -> str:
        """The fingerprint of the corpus that was staged."""
        return str(self.card["fingerprint"])

    def __iter__(self) -> Iterator[StagedPaper]:
        with (
            (self.folder / "tokens.txt").open(encoding="utf-8") as lines,
            (self.folder / "papers.tsv").open(encoding="utf-8") as papers,
        ):
            for line, paper in zip(lines, papers, strict=True):
                paper_id, year, n_materials = paper.rstrip("\n").split("\t")
                yield StagedPaper(
                    paper_id, int(year) if year else None, line.split(), int(n_materials)
                )

    def spellings(self) -> dict[str, str]:
        """Return the commonest spelling of each material whose key is spelled differently."""
        found: dict[str, str] = json.loads((self.folder / "spellings.json").read_text())
        return found


def build_stage(
    papers: Iterable[PaperText],
    folder: Path,
    *,
    fingerprint: str,
    workers: int = 2,
    progress: Progress = no_progress,
) -> Stage:
    """Tokenise `papers` into a staged corpus.

    Args:
        papers: id, year and cleaned text of each paper.
        folder: where the stage is written; an unfinished one is overwritten.
        fingerprint: identifies the corpus, so that a changed one is staged again.
        workers: processes that tokenise.
        progress: called with the number of papers done.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "stage.json").unlink(missing_ok=True)
    spellings: Counter[tuple[str, str]] = Counter()
    n_papers = n_tokens = 0
    with (
        (folder / "tokens.txt").open("w", encoding="utf-8") as tokens_file,
        (folder / "papers.tsv").open("w", encoding="utf-8") as papers_file,
        ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool,
    ):
        for lines, rows, counted, count in _tokenized(pool, papers, workers):
            tokens_file.write(lines)
            papers_file.write(rows)
            spellings.update(counted)
            n_papers += rows.count("\n")
            n_tokens += count
            progress(rows.count("\n"))
    _write_json(folder / "spellings.json", _commonest(spellings))
    card = {"papers": n_papers, "tokens": n_tokens, "fingerprint": fingerprint}
    _write_json(folder / "stage.json", {**card, "version": STAGE_VERSION})
    return Stage(folder)


_Tokenized = tuple[str, str, Counter[tuple[str, str]], int]


def _tokenized(
    pool: ProcessPoolExecutor, papers: Iterable[PaperText], workers: int
) -> Iterator[_Tokenized]:
    """Tokenise in the pool, in order, with a bounded number of chunks under way."""
    stream = iter(papers)
    pending: list[Future[_Tokenized]] = []
    while True:
        while len(pending) < workers + 2 and (chunk := list(islice(stream, _CHUNK))):
            pending.append(pool.submit(_tokenize_chunk, chunk))
        if not pending:
            return
        yield pending.pop(0).result()


def _tokenize_chunk(chunk: list[PaperText]) -> _Tokenized:
    """Return the lines of tokens, the lines of ids and years, spellings, and token count."""
    lines, rows = [], []
    spellings: Counter[tuple[str, str]] = Counter()
    n_tokens = 0
    for paper_id, year, text in chunk:
        words, n_materials = [], 0
        for word, spelling in spelled_tokens(text):
            words.append(word)
            if is_formula_key(word):
                spellings[word, spelling] += 1
                n_materials += 1
            elif word.startswith(FAMILY):
                n_materials += 1
        n_tokens += len(words)
        lines.append(" ".join(words) + "\n")
        rows.append(f"{paper_id}\t{year or ''}\t{n_materials}\n")
    return "".join(lines), "".join(rows), spellings, n_tokens


def _commonest(spellings: Counter[tuple[str, str]]) -> dict[str, str]:
    """Return key -> commonest spelling, where it is not the key itself."""
    best: dict[str, tuple[int, bool, str]] = {}
    for (key, spelling), count in spellings.items():
        best[key] = max(best.get(key, (0, False, "")), (count, spelling == key, spelling))
    return {key: spelling for key, (_, same, spelling) in sorted(best.items()) if not same}


def _write_json(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
