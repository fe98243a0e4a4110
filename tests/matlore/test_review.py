"""Parts of reviews on made-up papers."""

import json
import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from fake_encoder import FakeEncoder

from matlore.pipeline.review_classes import in_classes, material_classes, of_classes, plural
from matlore.pipeline.review_clusters import cluster_papers, cluster_phrases, diversified
from matlore.pipeline.review_facts import ReviewFacts, gaps, values
from matlore.pipeline.review_plots import timeline_svg, values_svg
from matlore.pipeline.review_render import render_html, render_markdown
from matlore.pipeline.review_statements import check_review, choose_statements, nearest_sentence
from matlore.pipeline.review_topic import Topic, are_alike
from matlore.pipeline.review_types import (
    Cluster,
    Conflict,
    Reference,
    Remark,
    Review,
    Statement,
    ValueRow,
)
from matlore.pipeline.search_query import named_things
from matlore.pipeline.search_types import NamedThings
from matlore.records import Claim, Condition, Paper, Provenance, Quantity

TEXT = "A title\nThe gap of <CdTe> is 1.45 eV & more | so. It was $measured$ twice."


def paper(id: str, text: str = TEXT, year: int | None = 2001) -> Paper:
    return Paper(id, (id,), "", "", text, "sha", "1", year=year)


def quantity(material: str, value: float, paper_id: str, property: str = "band gap") -> Quantity:
    return Quantity(
        material=material,
        property=property,
        value=value,
        unit="eV",
        conditions=(Condition("temperature", 300.0, None, "K"),),
        score=0.9,
        provenance=Provenance("1", paper_id, "sha", ((0, 1),)),
    )


def claim(material: str, paper_id: str) -> Claim:
    where = Provenance("1", paper_id, "sha", ((0, 1),))
    return Claim("HAS_PROPERTY", material, "band gap", where)


def review(**fields: Any) -> Review:
    start = TEXT.index("The gap")
    end = TEXT.index(" It was")
    quote = Statement(TEXT[start:end], "p:1", start, end)
    given: dict[str, Any] = {
        "topic": "gaps of <tellurides> | all",
        "made": "2026-11-26",
        "version": "0",
        "command": "matlore review 'gaps of <tellurides> | all' --out r.html",
        "named": {"properties": ["band gap"]},
        "search": {
            "mode": "fusion",
            "encoder": "e",
            "corpus": 9,
            "index": 9,
            "matched": 3,
            "allowed": None,
            "ranked": 3,
            "kept": 1,
            "left_out": 2,
            "rule": "all",
            "stale": 0,
            "filters": {"years": (2000, None)},
        },
        "since": None,
        "years": {2001: 1},
        "clusters": [Cluster(("wide <gaps>",), ("p:1",), 2001, 2001, quote)],
        "statements": [quote],
        "values": [
            ValueRow("CdTe", "band gap", "band gap 1.45 eV", 1.45, "eV", "observed", ("p:1",), 1)
        ],
        "conflicts": [Conflict("CdTe", "band gap", "1 eV against 2 eV", ("p:1", "p:1"))],
        "candidates": [{"formula": "ZnTe", "score": 0.1, "n_papers": None, "first_year": None}],
        "gaps": [Remark("GaN: nothing.", ("p:1",))],
        "references": [
            Reference(
                1, "p:1", "A <title> | x", 2001, ("A & B",), "J",
                "https://x.org/?a=1&b=2", True, 1.0
            )
        ],
        "notes": ["from nowhere", "index is old"],
    }  # fmt: skip
    return Review(**{**given, **fields})


def test_papers_fall_into_their_clusters() -> None:
    draw = np.random.default_rng(0)
    centres = np.eye(3, 16)
    points = np.concatenate([c + 0.1 * draw.normal(size=(15, 16)) for c in centres])
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    found = cluster_papers(points)
    assert sorted(map(sorted, found)) == [[*range(15)], [*range(15, 30)], [*range(30, 45)]]
    assert cluster_papers(points) == found
    assert cluster_papers(points[:5]) == [[0, 1, 2, 3, 4]]
    assert cluster_papers(points[:0]) == []


def test_phrases_set_a_cluster_apart() -> None:
    heat = ["Heat flow in thin wires of PbTe", "We saw heat flow in thin wires of PbTe"]
    spin = ["Spin waves move in the oxide", "Spin waves of the oxide were seen"]
    first, second = cluster_phrases([*heat, *spin], [[0, 1], [2, 3]])
    assert "PbTe" in first
    assert any("heat flow" in phrase.lower() for phrase in first)
    assert second[0].lower() == "spin waves"
    words = {word for phrase in (*first, *second) for word in phrase.lower().split()}
    assert not words & {"the", "of", "in", "we"}
    told, _ = cluster_phrases([*heat, *spin], [[0, 1], [2, 3]], topic="flows of heat")
    assert "heat flow" not in " ".join(told).lower()
    assert cluster_phrases([], []) == []


def test_what_was_said_is_not_said_again() -> None:
    vectors = np.array([[1.0, 0.0], [0.999, 0.045], [0.6, 0.8]])
    similarity = np.array([0.9, 0.89, 0.8])
    assert diversified(similarity, vectors, 2) == [0, 2]
    assert diversified(similarity, vectors, 9) == [0, 2, 1]


@pytest.mark.parametrize(
    ("topic", "classes"),
    [
        ("heat in chalcogenides", {"chalcogenide"}),
        ("Nitride and transition-metal dichalcogenide films", {"nitride or chalcogenide"}),
        ("sulphides, selenides or oxides", {"sulfide or selenide or oxide"}),
        ("oxide chalcogenides", {"oxide", "chalcogenide"}),
        ("titanium dioxide", {"oxide"}),
        ("oxidation of steel", set()),
    ],
)
def test_classes_of_materials_are_seen(topic: str, classes: set[str]) -> None:
    assert set(material_classes(topic)) == classes


def test_compounds_belong_to_their_classes() -> None:
    def belong(topic: str, *keys: str) -> list[str]:
        return [key for key in keys if in_classes(key, material_classes(topic))]

    assert belong("tellurides", "CdTe", "Te", "GaN", "name:graphene") == ["CdTe"]
    assert belong("cuprates", "CuInTe2", "La2CuO4") == ["La2CuO4"]
    assert belong("carbides", "SiC", "CH3NH3PbI3") == ["SiC"]
    assert belong("oxide sulfides", "La2O2S", "ZnS", "ZnO") == ["La2O2S"]
    assert belong("oxides and sulfides", "La2O2S", "ZnS", "GaN") == ["La2O2S", "ZnS"]
    assert plural(material_classes("oxides and sulfides")) == "oxides or sulfides"


def test_a_paper_is_about_a_class_by_its_title_or_facts_not_in_passing() -> None:
    texts = {
        "p:1": "CdTe films\nMade well.",
        "p:2": "Films\nMore than in ZnTe.",
        "p:3": "Films\nOf ZnTe, and of CdTe.",
        "p:4": "Heat in BaSn2\nLess than in PbTe, less than in SnTe.",
        "p:5": "Films\nOf tin.",
        "p:6": "Lead tellurides\nMade well.",
    }
    papers = {id: paper(id, text) for id, text in texts.items()}
    classes = material_classes("chalcogenides")
    assert of_classes(ReviewFacts(), papers, classes) == {"p:1", "p:3", "p:6"}
    facts = ReviewFacts([quantity("SnTe", 1.0, "p:5")], [claim("SnTe", "p:2")], {})
    assert of_classes(facts, papers, classes) == {"p:1", "p:2", "p:3", "p:5", "p:6"}
    assert of_classes(facts, papers, {}) == set(papers)


def topic(text: str) -> Topic:
    return Topic(text, named_things(text), material_classes(text))


def test_a_topic_knows_what_texts_name_of_it() -> None:
    heat = topic("low lattice thermal conductivity in chalcogenides")
    assert heat.has_term("Phonon thermal conductivities of wires")
    assert heat.has_term("the thermal conductivity")
    assert not heat.has_term("the conductivity")
    assert "about chalcogenides, name lattice thermal conductivity or the like" in heat.rule()
    gap = topic("band gap of CdTe")
    assert gap.has_material("CdTe wires")
    assert not gap.has_material("ZnTe wires")
    both = topic("band gap and lattice thermal conductivity")
    assert both.share_named("its band gap") == 0.5
    assert topic("why things bend").has_term("anything")
    assert "hold a word" in topic("why things bend").rule()
    assert are_alike("lattice thermal conductivity", "thermal conductivity")
    assert not are_alike("superconductivity", "conductivity")


def test_sentences_against_the_direction_of_a_topic_are_seen() -> None:
    low = topic("low thermal conductivity")
    assert low.is_opposed("It has a high thermal conductivity.")
    assert not low.is_opposed("The high anharmonicity gives a low thermal conductivity.")
    assert topic("high mobility").is_opposed("The mobility is poor.")
    assert not topic("mobility").is_opposed("The mobility is poor.")
    assert Topic.is_vague("These insights pave the way.")
    assert Topic.is_vague("The gap was measured, and spins are discussed.")
    assert not Topic.is_vague("The gap is 2 eV.")


WANTED = "The thermal conductivity of CdTe is low at all temperatures."
AGAINST = "The thermal conductivity of CdTe is very high at all temperatures."
OTHER = "The colour of the glass was seen to change in the light."


def test_statements_answer_the_topic() -> None:
    text = f"A title\n{OTHER} {AGAINST} {WANTED} Short."
    heat = topic("low thermal conductivity in tellurides")
    found = choose_statements([paper("p:1", text)], heat, [], FakeEncoder())
    assert found[0].text == WANTED
    assert text[found[0].start : found[0].end] == WANTED
    assert len(found) == 2  # of one paper
    assert choose_statements([paper("p:1", "A title\nShort.")], heat, [], FakeEncoder()) == []


def test_a_sentence_with_a_value_comes_first() -> None:
    value = "We report that the thermal conductivity of CdTe is low, 2 W m^-1 K^-1."
    text = f"A title\n{WANTED} {OTHER} {value}"
    start = text.index("2 W")
    where = Provenance("1", "p:1", "sha", ((start, start + 13),))
    read = replace(quantity("CdTe", 2.0, "p:1"), provenance=where)
    heat = topic("low thermal conductivity in tellurides")
    papers = [paper("p:1", text)]
    assert choose_statements(papers, heat, [], FakeEncoder())[0].text == WANTED
    assert choose_statements(papers, heat, [read], FakeEncoder())[0].text == value


def test_the_quote_of_a_cluster_is_near_its_middle() -> None:
    heat = topic("low thermal conductivity in tellurides")
    papers = [paper("p:1", f"A title\n{WANTED} {OTHER}")]
    middle = FakeEncoder().encode([OTHER])[0]
    nearest = nearest_sentence(papers, middle, heat, FakeEncoder())
    assert nearest is not None
    assert nearest.text == OTHER
    assert nearest_sentence([paper("p:1", "A")], middle, heat, FakeEncoder()) is None


def test_values_are_gathered_and_conflicts_found() -> None:
    quantities = [
        quantity("CdTe", 1.45, "p:1"),
        quantity("CdTe", 1.46, "p:2"),
        quantity("CdTe", 3.9, "p:3"),
        quantity("GaN", 3.4, "p:1"),
        quantity("CdTe", 5.0, "p:1", "work function"),
    ]
    years: dict[str, int | None] = {"p:1": 2001, "p:2": 2002, "p:3": None}
    facts = ReviewFacts(quantities, [], years)
    rows, conflicts = values(facts, NamedThings(properties=("band gap",)), {})
    assert [(row.material, row.property) for row in rows] == [
        ("CdTe", "band gap"),
        ("GaN", "band gap"),
    ]
    assert set(rows[0].papers) == {"p:1", "p:2", "p:3"}
    assert rows[0].n_agreeing == 2
    assert "300 K" in rows[0].text
    (one,) = conflicts
    assert one.material == "CdTe"
    assert "3.9 eV" in one.text
    assert "p:3" in one.papers
    only, _ = values(facts, NamedThings(materials=("GaN",)), {})
    assert {row.material for row in only} == {"GaN"}
    of_class, _ = values(facts, NamedThings(), {"telluride": frozenset({"Te"})})
    assert {row.material for row in of_class} == {"CdTe"}


def test_gaps_name_what_has_no_value() -> None:
    claims = [claim("GaN", f"p:{k}") for k in range(3)] + [claim("AlN", "p:1")]
    named = NamedThings(properties=("band gap",))
    found = gaps(ReviewFacts([], claims, {}), [], named, {})
    assert found[0].text == "No value of band gap was read from these papers."
    assert found[1].papers == ("p:0", "p:1", "p:2")
    assert len(found) == 2


def test_the_page_escapes_what_papers_say() -> None:
    from lxml import html  # type: ignore[import-untyped]

    page = render_html(review())
    tree = html.fromstring(page)
    assert tree.findtext(".//h1") == "gaps of <tellurides> | all"
    assert "The gap of <CdTe> is 1.45 eV & more | so." in tree.text_content()
    assert tree.xpath("//script") == []
    links = {link.get("href") for link in tree.xpath("//a")}
    assert "https://x.org/?a=1&b=2" in links
    targets = {f"#{node.get('id')}" for node in tree.xpath("//*[@id]")}
    assert {link for link in links if link.startswith("#")} <= targets
    assert "RETRACTED" in tree.text_content()
    assert "http://" not in page.replace("http://www.w3.org", "")  # nothing is loaded
    assert render_html(review()) == page
    row = replace(review().values[0], text="band gap 2 W m^-1 K^-1 <x>", papers=("p:1", "p:1"))
    raised = render_html(review(values=[row]))
    assert "2 W m<sup>−1</sup> K<sup>−1</sup> &lt;x&gt;, 1 of 2 agree" in raised


def test_the_page_is_whole() -> None:
    from lxml import etree

    page = render_html(review())
    # The parser knows HTML 4 and refuses tags that are left open or do not fit.
    plain = re.sub(r"<svg.*?</svg>", "", page, flags=re.DOTALL)
    plain = re.sub(r"</?(?:section|header|figure|figcaption)\b[^>]*>", "", plain)
    etree.fromstring(plain, etree.HTMLParser(recover=False))
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    for tag in ("section", "header", "figure", "figcaption", "svg"):
        assert len(re.findall(rf"<{tag}\b", page)) == page.count(f"</{tag}>")


def test_figures_show_what_there_is() -> None:
    from lxml import etree

    rows = [
        ValueRow(key, "lattice thermal conductivity", "", value, "W/(m*K)", kind, ("p:1",), 1)
        for key, value, kind in (("CdTe", 0.2, "observed"), ("family:Bi-Te", 90.0, "computed"))
    ]
    shown = values_svg(review(values=rows))
    words = "".join(etree.fromstring(shown.encode()).itertext())
    assert "⁻¹" in words
    assert "family" not in words
    assert values_svg(review(values=rows[:1])) == ""
    assert timeline_svg(review(years={})) == ""
    undated = [replace(review().references[0], year=None)]
    assert "<svg" in timeline_svg(review(references=undated))
    two = [replace(review().clusters[0], phrases=("x<y $z$",)), review().clusters[0]]
    timeline = etree.fromstring(timeline_svg(review(clusters=two)).encode())
    assert "x<y $z$" in timeline.xpath("//*[local-name()='text']/text()")


def test_markdown_keeps_its_tables_whole() -> None:
    text = render_markdown(review())
    row = next(line for line in text.splitlines() if line.startswith("| CdTe"))
    assert row.count("|") == 5
    assert text.endswith("\n")
    assert r"\<CdTe\>" in text
    assert r"more \| so" in text
    assert "(0 left" not in text
    assert "new since" not in text
    assert "new since 2020" in render_markdown(review(since="2020"))


def test_a_review_that_does_not_hold_is_told() -> None:
    papers = {"p:1": paper("p:1")}
    assert check_review(review().to_dict(), papers) == []
    quote = review().statements[0]
    for wrong, problem in (
        (replace(quote, text="The gap is 2 eV."), "does not say"),
        (replace(quote, start=quote.start + 1), "does not say"),
        (replace(quote, paper="p:9"), "does not say"),
    ):
        found = check_review(review(statements=[wrong]).to_dict(), papers)
        assert problem in found[0]
    assert "no such paper" in check_review(review().to_dict(), {})[0]
    uncited = replace(review().values[0], papers=())
    assert "without a paper" in check_review(review(values=[uncited]).to_dict(), papers)[0]
    foreign = Remark("x", ("p:7",))
    assert "no reference" in check_review(review(gaps=[foreign]).to_dict(), papers)[0]
    assert check_review(json.loads(json.dumps(review().to_dict())), papers) == []


@pytest.mark.parametrize("part", ["clusters", "statements", "values", "conflicts", "gaps"])
def test_an_empty_part_is_no_fault(part: str) -> None:
    bare = review(**{part: []})
    assert "References" in render_html(bare)
    assert "## References" in render_markdown(bare)
