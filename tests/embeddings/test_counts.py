from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings.counts import StudyCounts
from embeddings.stage import StagedPaper
from matlore.errors import ArtifactError, NotFoundError

APPLICATIONS = {
    "thermoelectric": ("thermoelectric", "zT"),
    "solid electrolyte": ("solid electrolyte", "solid-state electrolytes"),
}
PAPERS = [
    StagedPaper("arxiv:1", 1999, "thermoelectric PbTe and PbTe films".split()),
    StagedPaper("arxiv:2", 1995, "the structure of PbTe and SnTe".split()),
    StagedPaper("arxiv:3", 2005, "zT of SnTe".split()),
    StagedPaper("arxiv:4", None, "thermoelectric SnTe".split()),
    StagedPaper("arxiv:5", 2005, "a solid state electrolytes study of Li3PS4".split()),
    StagedPaper("arxiv:6", 2006, "a solid body and an electrolyte with Li3PS4".split()),
    StagedPaper("arxiv:7", 2006, "thermoelectric nothing".split()),
]


@pytest.fixture
def counts() -> StudyCounts:
    return StudyCounts.count(PAPERS, APPLICATIONS)


def test_papers_count_once_however_often_they_name_a_material(counts: StudyCounts) -> None:
    assert counts.materials == ("Li3PS4", "PbTe", "SnTe")
    assert counts.papers == 7
    assert counts.n_papers("PbTe") == 2
    assert counts.n_papers("SnTe") == 3
    assert counts.n_application_papers("PbTe", "thermoelectric") == 1
    assert counts.n_application_papers("SnTe", "thermoelectric") == 2
    assert counts.n_application_papers("PbTe", "solid electrolyte") == 0


def test_phrases_count_only_as_wholes(counts: StudyCounts) -> None:
    assert counts.by_year("Li3PS4", "solid electrolyte") == {2005: 1}
    assert counts.by_year("Li3PS4") == {2005: 1, 2006: 1}


def test_years_limit_counts_and_papers_of_unknown_year_do_not_count_then(
    counts: StudyCounts,
) -> None:
    assert counts.n_papers("SnTe", until=2004) == 1
    assert counts.n_application_papers("SnTe", "thermoelectric", until=2004) == 0
    assert counts.n_application_papers("SnTe", "thermoelectric", until=2005) == 1
    assert counts.n_papers("SnTe", until=1) == 0


def test_first_years(counts: StudyCounts) -> None:
    assert counts.first_year("PbTe") == 1995
    assert counts.first_application_year("PbTe", "thermoelectric") == 1999
    assert counts.first_application_year("Li3PS4", "thermoelectric") is None


def test_unknown_materials_have_no_papers_and_unknown_applications_are_an_error(
    counts: StudyCounts,
) -> None:
    assert counts.n_papers("GaAs") == 0
    assert counts.first_year("GaAs") is None
    with pytest.raises(NotFoundError, match="'catalyst' was not counted"):
        counts.n_application_papers("PbTe", "catalyst")


def test_totals_are_the_counts_of_all_materials(counts: StudyCounts) -> None:
    assert counts.totals().tolist() == [2, 2, 3]
    assert counts.totals("thermoelectric").tolist() == [0, 1, 2]
    assert counts.totals("thermoelectric", until=2000).tolist() == [0, 1, 0]


def test_further_applications_can_be_counted_later(counts: StudyCounts) -> None:
    extended = counts.extended(PAPERS, {"films": ("films",), "structure": ("structure",)})
    assert extended.applications == (*APPLICATIONS, "films", "structure")
    assert extended.by_year("PbTe", "films") == {1999: 1}
    assert extended.by_year("SnTe", "structure") == {1995: 1}
    assert extended.n_application_papers("SnTe", "films") == 0
    for material in counts.materials:
        assert extended.by_year(material) == counts.by_year(material)
        for name in APPLICATIONS:
            assert extended.by_year(material, name) == counts.by_year(material, name)


def test_too_many_applications_are_refused() -> None:
    with pytest.raises(ValueError, match="at most 254"):
        StudyCounts.count([], {str(k): ("x",) for k in range(255)})
    counts = StudyCounts.count([], {str(k): ("x",) for k in range(254)})
    with pytest.raises(ValueError, match="at most 254"):
        counts.extended([], {"one more": ("x",)})


def test_progress_adds_up_to_the_papers() -> None:
    told: list[int] = []

    def progress(done: int = 1, /, *, total: int | None = None, text: str | None = None) -> None:
        told.append(done)

    StudyCounts.count(PAPERS * 200, APPLICATIONS, progress=progress)
    assert sum(told) == 1400


_papers = st.lists(
    st.builds(
        StagedPaper,
        st.just("arxiv:1"),
        st.one_of(st.none(), st.integers(1900, 2100)),
        st.lists(st.sampled_from(["PbTe", "SnTe", "Bi2Te3", "zT", "solid", "electrolyte", "a"])),
    )
)


@given(papers=_papers)
def test_saved_counts_are_read_as_they_were(
    papers: list[StagedPaper], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("counts") / "counts.safetensors"
    counts = StudyCounts.count(papers, APPLICATIONS)
    counts.save(path)
    loaded = StudyCounts.load(path)
    assert (loaded.materials, loaded.applications) == (counts.materials, counts.applications)
    assert loaded.papers == counts.papers
    for name in ("starts", "what", "years", "numbers"):
        np.testing.assert_array_equal(getattr(loaded, name), getattr(counts, name))
        assert getattr(loaded, name).dtype == getattr(counts, name).dtype


@given(papers=_papers)
def test_counts_are_what_a_plain_loop_counts(papers: list[StagedPaper]) -> None:
    counts = StudyCounts.count(papers, APPLICATIONS)
    for material in ("PbTe", "SnTe", "Bi2Te3"):
        naming = [paper for paper in papers if material in paper.tokens]
        assert counts.n_papers(material) == len(naming)
        about = [p for p in naming if "solid electrolyte" in " ".join(p.tokens)]
        assert counts.n_application_papers(material, "solid electrolyte") == len(about)


def test_a_large_number_of_papers_survives_saving(tmp_path: Path) -> None:
    paper = StagedPaper("arxiv:1", 2001, ["PbTe"])
    counts = StudyCounts.count([paper] * 70_000, {})
    counts.save(tmp_path / "counts.safetensors")
    assert StudyCounts.load(tmp_path / "counts.safetensors").n_papers("PbTe") == 70_000


def test_missing_and_damaged_tables_name_the_file(tmp_path: Path, counts: StudyCounts) -> None:
    path = tmp_path / "counts.safetensors"
    with pytest.raises(ArtifactError, match=r"counts\.safetensors.*embeddings train"):
        StudyCounts.load(path)
    counts.save(path)
    path.write_bytes(path.read_bytes()[:-8])
    with pytest.raises(ArtifactError, match="no readable table"):
        StudyCounts.load(path)
    path.write_bytes(b"")
    with pytest.raises(ArtifactError, match="no readable table"):
        StudyCounts.load(path)
