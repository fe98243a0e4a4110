"""The texts of papers that were annotated by their ids and offsets."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from matlore.errors import NotFoundError
from matlore.home import Home
from matlore.progress import Progress
from matlore.records import Paper

if TYPE_CHECKING:
    from ingest.sources.base import RawRow

__all__ = ["annotated_texts"]


def annotated_texts(
    home_path: Path, paths: Sequence[Path], ids: Iterable[str], progress: Progress
) -> dict[str, str]:
    """Return the texts of those of some papers that are there, as a home holds them.

    Args:
        home_path: whose corpus has them, unless `paths` says where they are.
        paths: files and folders of rows.
        ids: of the papers.
        progress: told of the rows read.

    Raises:
        HomeError: there is no home at `home_path`, and it is needed.
        InputError: a file cannot be read.
    """
    return _texts_of_rows(paths, ids, progress) if paths else _texts_of_home(home_path, ids)


def _texts_of_home(home_path: Path, ids: Iterable[str]) -> dict[str, str]:
    """Return the texts of those of the papers that a home has."""
    from ingest.corpus import Corpus

    corpus = Corpus(Home.open(home_path))
    found: dict[str, str] = {}
    for id in dict.fromkeys(ids):
        try:
            found[id] = corpus.get(id).text
        except NotFoundError:  # which the reader of annotations tells with its line
            continue
    return found


def _texts_of_rows(paths: Sequence[Path], ids: Iterable[str], progress: Progress) -> dict[str, str]:
    """Return the texts of those of the papers that files hold, as a home would have them."""
    from ingest.sources.files import find_files
    from ingest.workers import parse_row

    wanted = {*ids}
    found: dict[str, str] = {}
    progress(0, text="rows")
    for file in find_files(paths)[0]:
        for row in file.rows():
            progress()
            if _may_be(row, wanted):
                paper = parse_row(row, {}, file=str(file.path))
                if isinstance(paper, Paper) and paper.id in wanted:
                    found.setdefault(paper.id, paper.text)
            if len(found) == len(wanted):
                return found
    return found


def _may_be(row: "RawRow", wanted: set[str]) -> bool:
    """Tell by its `id`, where a row has one, whether it may be one of some papers.

    Cleaning all rows of a corpus would take a hundred times as long.
    """
    from ingest.ids import normalize_id

    try:
        value = json.loads(row.value) if isinstance(row.value, str) else row.value
    except ValueError:
        return False
    id = value.get("id") if isinstance(value, Mapping) else None
    return id is None or str(id) in wanted or normalize_id(str(id)) in wanted
