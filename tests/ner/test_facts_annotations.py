"""Annotated quantities: the reader, the scores, and the 100 abstracts that ship."""

from collections.abc import Mapping
from hashlib import sha256
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

from matlore.errors import InputError
from matlore.records import Mention, Paper, text_hash
from ner.facts.annotations import AnnotatedPaper, annotated_ids, read_annotated_papers
from ner.facts.parts import FoundQuantity, PaperFacts, Value
from ner.facts.quantity_evaluation import GROUPS, score_quantities

PAPER = "doi:10.1/made-up"
TEXT = "Lead telluride\nPbTe (lead telluride) has a gap of 310 meV and SnTe one of 0.2 eV."
SHA = sha256(TEXT.encode()).hexdigest()[:12]
LINES = [
    f"{PAPER}\t{SHA}\tband gap\t50:57\t310\t-\t-\t=\tmeV\t15:19 0:14\t300",
    f"{PAPER}\t{SHA}\tband gap\t74:80\t0.2\t-\t-\t=\teV\t62:66\t-",
    "doi:10.1/nothing\t000000000000\t-\t-\t-\t-\t-\t-\t-\t-\t-",
]
TEXTS = {PAPER: TEXT, "doi:10.1/nothing": "Nothing."}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "annotations.tsv"
    path.write_text("# paper ...\n" + "\n".join(LINES) + "\n", encoding="utf-8")
    return path


def test_reads_papers_with_and_without_quantities(file: Path) -> None:
    first, second = read_annotated_papers(file)
    assert [TEXT[slice(*one.span)] for one in first.quantities] == ["310 meV", "0.2 eV"]
    assert [TEXT[slice(*span)] for span in first.quantities[0].materials] == [
        "PbTe",
        "Lead telluride",
    ]
    assert first.quantities[0].temperature == 300
    assert second.quantities == ()
    assert annotated_ids(file) == [PAPER, "doi:10.1/nothing"]


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        (LINES[0].replace("310", "3.1.0"), "3.1.0"),
        (LINES[0].replace("\t=\t", "\tis\t"), "no comparator: 'is'"),
        (LINES[0].replace("50:57", "57:50"), "no span"),
        (LINES[0] + "\t1", "12 columns"),
        (LINES[0].replace(SHA, "0" * 12), "no longer the one annotated"),
        (LINES[0].replace(PAPER, "doi:10.1/other"), "doi:10.1/other is not among"),
    ],
)
def test_refuses_lines_that_say_nothing(tmp_path: Path, line: str, complaint: str) -> None:
    (tmp_path / "bad.tsv").write_text(line, encoding="utf-8")
    with pytest.raises(InputError, match=f"line 1.*{complaint}"):
        read_annotated_papers(tmp_path / "bad.tsv", TEXTS)


def _facts(*quantities: tuple[float, str, str | None]) -> Mapping[str, PaperFacts]:
    """Return band gaps by value, unit, and the material's spelling."""
    mentions: list[Mention] = []
    found = []
    for value, unit, material in quantities:
        position = None
        if material is not None:
            start = TEXT.index(material)
            mentions.append(Mention(PAPER, SHA, start, start + len(material), "MAT", material))
            position = len(mentions) - 1
        found.append(FoundQuantity(Value(0, 1, value, unit), position, None, "band gap"))
    return {PAPER: PaperFacts(tuple(mentions), (), tuple(found))}


@pytest.mark.parametrize(
    ("found", "correct", "all_found"),
    [
        ([(310, "meV", "PbTe"), (0.2, "eV", "SnTe")], 2, 2),
        ([(0.31, "eV", "lead telluride")], 1, 1),
        ([(0.31, "eV", "PbTe"), (0.31, "eV", "PbTe")], 1, 1),
        ([(310, "meV", "SnTe"), (0.2, "eV", None)], 0, 2),
        ([(310, "eV", "PbTe")], 0, 1),
        ([(310, "K", "PbTe"), (0.2, "eVv", "SnTe")], 1, 2),  # an unknown unit is no other one
    ],
)
def test_triples_count_once_with_units_converted(
    file: Path, found: list[tuple[float, str, str | None]], correct: int, all_found: int
) -> None:
    annotated = read_annotated_papers(file)[:1]
    scores = score_quantities(annotated, _facts(*found), TEXTS)["thresholds"]["0.5"]
    assert (scores["found"], scores["annotated"]) == (all_found, 2)
    assert scores["recall"] == correct / 2


# The annotations that ship

DATA = Path(__file__).parents[1] / "data"


@pytest.fixture(scope="module")
def texts(shared_data: Path, repository: Path) -> dict[str, str]:
    spec = spec_from_file_location("drawing", repository / "benchmarks" / "draw_sentences.py")
    assert spec is not None
    assert spec.loader is not None
    drawing = module_from_spec(spec)
    spec.loader.exec_module(drawing)
    files = sorted((shared_data / "corpus").glob("*.jsonl.gz"))
    found: dict[str, str] = drawing.paper_texts(
        files, annotated_ids(DATA / "facts_annotations.tsv")
    )
    return found


@pytest.fixture(scope="module")
def annotated(texts: dict[str, str]) -> list[AnnotatedPaper]:
    return read_annotated_papers(DATA / "facts_annotations.tsv", texts)


def test_a_hundred_abstracts_are_annotated(annotated: list[AnnotatedPaper]) -> None:
    assert len(annotated) == 100
    assert {one.property for paper in annotated for one in paper.quantities} == {*GROUPS.values()}


def test_two_annotators_agree(annotated: list[AnnotatedPaper], texts: dict[str, str]) -> None:
    second = read_annotated_papers(DATA / "facts_annotations_second.tsv", texts)
    names = {name: key for key, name in reversed(GROUPS.items())}
    found = {}
    for paper in second:
        mentions, quantities = [], []
        for one in paper.quantities:
            for start, end in one.materials[:1]:
                text = texts[paper.paper_id][start:end]
                mentions.append(Mention(paper.paper_id, "", start, end, "MAT", text))
            of = len(mentions) - 1 if one.materials else None
            value = Value(*one.span, one.value, one.unit, one.value_max)
            quantities.append(FoundQuantity(value, of, None, names[one.property]))
        found[paper.paper_id] = PaperFacts(tuple(mentions), (), tuple(quantities))
    first = [paper for paper in annotated if paper.paper_id in found]
    assert len(first) == 20
    assert score_quantities(first, found, texts)["thresholds"]["0.3"]["f1"] > 0.95


def test_the_shipped_models_find_what_annotators_found(
    annotated: list[AnnotatedPaper], texts: dict[str, str]
) -> None:
    from ner.extraction import extract_mentions
    from ner.facts.extraction import extract_facts
    from ner.linking import Linker
    from ner.tagger import load_tagger

    papers = [Paper(id, (id,), "", text, text, text_hash(text), "") for id, text in texts.items()]
    mentions = extract_mentions(papers, load_tagger(threads=2), Linker())
    facts = {p.id: extract_facts(p, found) for p, found in zip(papers, mentions, strict=True)}
    scores = score_quantities(annotated, facts, texts)["thresholds"]
    assert scores["0.3"]["f1"] >= 0.65
    assert scores["0.7"]["precision"] > scores["0.3"]["precision"] > 0.7
