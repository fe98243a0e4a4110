"""Which papers name a material with an application."""

from pathlib import Path

import pytest

from embeddings.stage import StagedPaper
from embeddings.study_papers import StudyPapers
from matlore.errors import ArtifactError

WORDS = {"thermoelectric": ["thermoelectric", "figure of merit"], "catalyst": ["catalyst"]}


def _paper(number: int, year: int | None, text: str) -> StagedPaper:
    return StagedPaper(f"doi:10.1/{number}", year, text.split(), n_materials=1)


PAPERS = [
    _paper(1, 2012, "thermoelectric PbTe and SnSe"),
    _paper(2, 2009, "the figure of merit of PbTe"),
    _paper(3, 2015, "PbTe is thermoelectric"),
    _paper(4, 2001, "thermoelectric PbTe"),
    _paper(5, None, "thermoelectric PbTe"),
    _paper(6, 2002, "PbTe figure of silver"),
]


def test_the_earliest_papers_of_a_pair_are_kept() -> None:
    found = StudyPapers.collect(PAPERS, WORDS)
    assert found.of("PbTe", "thermoelectric") == ("doi:10.1/4", "doi:10.1/2", "doi:10.1/1")
    assert found.of("PbTe", "thermoelectric", until=2010) == ("doi:10.1/4", "doi:10.1/2")
    assert found.of("SnSe", "thermoelectric") == ("doi:10.1/1",)
    assert found.of("PbTe", "catalyst") == ()
    assert found.of("PbTe", "something else") == ()


def test_papers_without_a_year_come_last_and_are_in_no_cutoff() -> None:
    found = StudyPapers.collect([PAPERS[4], PAPERS[0]], WORDS)
    assert found.of("PbTe", "thermoelectric") == ("doi:10.1/1", "doi:10.1/5")
    assert found.of("PbTe", "thermoelectric", until=2026) == ("doi:10.1/1",)


def test_a_saved_table_comes_back(tmp_path: Path) -> None:
    file = tmp_path / "papers.json.zst"
    StudyPapers.collect(PAPERS, WORDS).save(file)
    assert StudyPapers.load(file).of("SnSe", "thermoelectric") == ("doi:10.1/1",)
    file.write_bytes(file.read_bytes()[:-4])
    with pytest.raises(ArtifactError, match="no readable table"):
        StudyPapers.load(file)
