"""Relations of materials with applications, phases, properties and methods."""

import time
from pathlib import Path

import pytest

from matlore.errors import ArtifactError
from matlore.records import Label, Mention, Paper
from ner.facts.document import Document
from ner.facts.parts import Relation
from ner.facts.relation_cells import find_cells, owner_of
from ner.facts.relation_features import Stage, pairs_with
from ner.facts.relation_rules import tagged
from ner.facts.relation_scores import FEATURES, chance, evidence, heads_of
from ner.facts.relation_things import Layout, formula_part, materials
from ner.facts.relations import RelationModel, find_relations, load_relations
from ner.facts.trees import Trees, train_trees


def _document(text: str, *mentions: tuple[str, Label, str | None]) -> Document:
    paper = Paper(
        id="p", ids=("p",), title="", abstract=text, text=text, text_sha="s", cleaner_version="1"
    )
    found: list[Mention] = []
    for surface, label, norm in mentions:
        start = -1
        while (start := text.find(surface, start + 1)) >= 0:
            end = start + len(surface)
            found.append(Mention("p", "s", start, end, label, surface, norm, 0.9, "tagger"))
    return Document(paper, sorted(found, key=lambda one: one.start))


def _said(document: Document, relations: list[Relation]) -> set[tuple[str, str, str]]:
    at = document.mentions
    return {(one.type, at[one.head].text, at[one.tail].text) for one in relations}


def _battery() -> Document:
    return _document(
        "LiFePO4 as a cathode material for lithium-ion batteries\n"
        "We made LiFePO4 by ball milling and looked at it by X-ray diffraction. "
        "Olivine LiFePO4 has a high electrical conductivity as a cathode of lithium-ion batteries.",
        ("LiFePO4", "MAT", "LiFePO4"),
        ("lithium-ion batteries", "APL", "lithium-ion battery"),
        ("ball milling", "SMT", "ball milling"),
        ("X-ray diffraction", "CMT", "x-ray diffraction"),
        ("electrical conductivity", "PRO", "electrical conductivity"),
    )


def test_all_types_of_a_plain_abstract() -> None:
    document = _battery()
    said = _said(document, find_relations(document))
    assert ("USED_IN", "LiFePO4", "lithium-ion batteries") in said
    assert ("MADE_BY", "LiFePO4", "ball milling") in said
    assert ("MEASURED_BY", "LiFePO4", "X-ray diffraction") in said
    assert ("HAS_PROPERTY", "LiFePO4", "electrical conductivity") in said


def test_terms_that_the_tagger_left_out_are_added() -> None:
    document = _battery()
    before = len(document.mentions)
    said = _said(document, find_relations(document))
    assert ("USED_IN", "LiFePO4", "cathode") in said
    added = document.mentions[before:]
    assert added
    assert all(one.source == "relation" for one in added)
    assert all(document.text[one.start : one.end] == one.text for one in added)


def test_relations_are_ordered_pairs_with_probabilities_each_once() -> None:
    document = _battery()
    found = find_relations(document)
    assert all(document.mentions[one.head].label == "MAT" for one in found)
    assert all(0 < one.score <= 1 for one in found)
    assert len({(one.type, one.head, one.tail) for one in found}) == len(found)


def test_phase_goes_to_the_material_that_has_it() -> None:
    document = _document(
        "Structure of two titanates\n"
        "PbTiO3 is tetragonal at room temperature, whereas SrTiO3 is cubic.",
        ("PbTiO3", "MAT", "PbTiO3"),
        ("SrTiO3", "MAT", "SrTiO3"),
        ("tetragonal", "SPL", "tetragonal"),
        ("cubic", "SPL", "cubic"),
    )
    found = find_relations(document)
    best = {document.mentions[one.tail].text: one for one in reversed(found) if one.score > 0.2}
    assert document.mentions[best["tetragonal"].head].text == "PbTiO3"
    assert document.mentions[best["cubic"].head].text == "SrTiO3"


def test_nothing_is_found_without_a_material() -> None:
    assert find_relations(_document("A battery was charged by night.")) == []
    assert find_relations(_document("")) == []


@pytest.mark.parametrize(
    ("text", "formula"),
    [
        ("SrTiO3(001)", "SrTiO3"),
        ("CaSi O3", "CaSiO3"),
        ("n-GaAs", "GaAs"),
        ("kesterite Cu2ZnSnS4", "Cu2ZnSnS4"),
        ("La1-xSrxMnO3 (x = 0-0.3)", "La1-xSrxMnO3"),
        ("graphene", None),
        ("Pb", "Pb"),
    ],
)
def test_formula_in_a_mention(text: str, formula: str | None) -> None:
    assert formula_part(text) == formula


def test_composites_are_materials_beside_their_parts() -> None:
    document = _document("A MoS2/CuS hybrid was made from MoS2.", ("MoS2", "MAT", "MoS2"))
    assert {"MoS2", "MoS2/CuS"} <= {thing.formula for thing in materials(Layout(document))}


def test_units_and_space_groups_are_no_materials() -> None:
    document = _document(
        "At 60°C and 10GPa its group is P212121 (50mAg-1).", ("P212121", "SPL", "P212121")
    )
    assert materials(Layout(document)) == []


def test_unit_cell_goes_by_label_then_by_order() -> None:
    document = _document(
        "Crystals of K2ZnCl4 (1) and Rb2ZnBr4 (2) were grown.\n"
        "Compound (2) has a = 13.29(1) Å and c = 7.65(2) Å. Compound (1) has a = 12.40(3) Å.",
        ("K2ZnCl4", "MAT", "K2ZnCl4"),
        ("Rb2ZnBr4", "MAT", "Rb2ZnBr4"),
    )
    layout = Layout(document)
    stage = Stage(materials(layout), layout)
    owners = [owner_of(cell, stage) for cell in find_cells(layout)]
    assert [stage.things[rank].formula for rank in owners if rank is not None] == [
        "Rb2ZnBr4",
        "K2ZnCl4",
    ]


@pytest.mark.parametrize(
    "text", ["(" * 100_000, "1" * 100_000, "a = 1.1 Å, " * 10_000, "Fe2O3/" * 20_000, "- " * 50_000]
)
def test_hostile_text_takes_no_more_than_a_moment(text: str) -> None:
    start = time.perf_counter()
    find_relations(_document("Fe2O3 is cubic. " + text, ("is cubic", "SPL", "cubic")))
    assert time.perf_counter() - start < 5


def test_model_survives_saving(tmp_path: Path) -> None:
    path = tmp_path / "relations.json.zst"
    load_relations().save(path)
    again = RelationModel.load(path)
    one, other = _battery(), _battery()
    assert find_relations(one, model=again) == find_relations(other)


def test_broken_model_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "relations.json"
    path.write_text('{"classes": []}')
    with pytest.raises(ArtifactError, match="not a model of relations"):
        RelationModel.load(path)


def test_trees_learn_and_survive_json() -> None:
    rows = [[float(k % 10), float(k % 3)] for k in range(200)]
    trees = train_trees(rows, [row[0] > 4 for row in rows], runs=1)
    again = Trees.from_json(trees.to_json())
    assert trees.probability([9.0, 0.0]) > 0.9 > 0.1 > trees.probability([0.0, 0.0])
    assert again.probability([9.0, 1.0]) == trees.probability([9.0, 1.0])


def test_properties_of_what_a_text_compares_with_are_less_sure() -> None:
    document = _document(
        "Thermoelectric SnSe\n"
        "SnSe shows a lower thermal conductivity than PbTe. The thermal conductivity of SnSe is"
        " reported up to 800 K.",
        ("SnSe", "MAT", "SnSe"),
        ("PbTe", "MAT", "PbTe"),
        ("thermal conductivity", "PRO", "thermal conductivity"),
    )
    found = [one for one in find_relations(document) if one.type == "HAS_PROPERTY"]
    scores = {document.mentions[one.head].norm: one.score for one in found}
    assert scores["SnSe"] > 0.8
    assert scores.get("PbTe", 0.0) < scores["SnSe"] - 0.2


def test_substrates_and_units_are_not_made_by_a_method() -> None:
    document = _document(
        "Films of LaMnO3\n"
        "LaMnO3 was grown by pulsed laser deposition on SrTiO3 substrates."
        " It was pressed at 5 GPa.",
        ("LaMnO3", "MAT", "LaMnO3"),
        ("SrTiO3", "MAT", "SrTiO3"),
        ("GPa", "MAT", "GPa"),
        ("pulsed laser deposition", "SMT", "pulsed laser deposition"),
    )
    made = {
        document.mentions[one.head].norm: one.score
        for one in find_relations(document)
        if one.type == "MADE_BY"
    }
    assert made["LaMnO3"] > 0.5 > made.get("SrTiO3", 0.0)
    assert "GPa" not in made


def test_each_piece_of_evidence_has_a_name_and_a_weight() -> None:
    document = _battery()
    layout = Layout(document)
    stage = Stage(materials(layout), layout)
    heads = heads_of(stage, [0.8] * len(stage.things))
    term = next(one for one in tagged(document) if one.label == "PRO")
    pairs = pairs_with(stage, term)
    head = heads[pairs[0].rank]
    assert head is not None
    said = evidence(pairs[0], pairs, head, 0.6, stage)
    assert len(said) == len(FEATURES)
    assert 0 < chance("PRO", said) < 1


def test_an_unknown_property_is_kept_only_where_the_text_is_plain() -> None:
    document = _document(
        "Notes on ZnO\nZnO was looked at. Later there was talk of wibbliness in general.",
        ("ZnO", "MAT", "ZnO"),
        ("wibbliness", "PRO", "wibbliness"),
    )
    assert not [one for one in find_relations(document) if one.type == "HAS_PROPERTY"]


def test_what_is_part_of_a_methods_name_is_not_measured_by_it() -> None:
    document = _document(
        "Electrons in NiO\nThe band structure of NiO was found by first-principles DFT+U.",
        ("NiO", "MAT", "NiO"),
        ("DFT+U", "MAT", "name:DFT+U"),
        ("first-principles DFT+U", "CMT", "density functional theory"),
    )
    measured = {
        head for kind, head, _ in _said(document, find_relations(document)) if kind == "MEASURED_BY"
    }
    assert measured == {"NiO"}


def test_a_text_of_brackets_alone_has_no_materials() -> None:
    document = _document("(((((", ("((", "MAT", "PbTe"), ("(", "PRO", "band gap"))
    assert find_relations(document) == []


def test_only_the_first_mentions_and_terms_are_looked_at() -> None:
    terms = [f"property {k}" for k in range(400)]
    text = "PbTe " * 3_000 + ", ".join(terms)
    document = _document(text, ("PbTe", "MAT", "PbTe"), *((one, "PRO", one) for one in terms))
    started = time.process_time()
    find_relations(document)
    assert time.process_time() - started < 5
