"""Label schemes of other taggers, read as Matscholar's seven labels in IOB2."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ner.foreign_labels import ModelTag, iob2, read_scheme
from ner.labels import LABELS


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ("B-MAT I-MAT O", "B-MAT I-MAT O"),
        ("I-MAT I-MAT B-MAT I-PRO", "B-MAT I-MAT B-MAT B-PRO"),  # IOB1, and a repair
        ("S-MAT S-MAT B-PRO E-PRO I-PRO", "B-MAT B-MAT B-PRO I-PRO B-PRO"),  # BIOES
        ("U-MAT B-SMT I-SMT L-SMT L-SMT", "B-MAT B-SMT I-SMT I-SMT B-SMT"),  # BILOU
        ("B-MAT M-MAT E-MAT", "B-MAT I-MAT I-MAT"),  # BMES
        ("MATERIAL MATERIAL O PROPERTY", "B-MAT I-MAT O B-PRO"),  # no prefixes
        ("B_PHASE I_PHASE", "B-SPL I-SPL"),
        ("B-PVL I-MAT", "O B-MAT"),
    ],
)
def test_schemes_become_iob2(tags: str, expected: str) -> None:
    names = tags.split()
    scheme = read_scheme(names)
    assert scheme is not None
    assert iob2(scheme.tags) == expected.split()


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("B-BASEMAT", "MAT"),
        ("I-DOPANT", "MAT"),
        ("B-anode_material", "MAT"),
        ("S-MOR", "DSC"),
        ("B-DEVICE", "APL"),
        ("Synthesis Method", "SMT"),
        ("B-Characterisation_Method", "CMT"),
        ("B-characterization-method", "CMT"),
    ],
)
def test_names_of_labels(name: str, label: str) -> None:
    scheme = read_scheme([name])
    assert scheme is not None
    assert scheme.tags[0].label == label
    assert scheme.unused == ()


def test_labels_without_counterpart_are_collected() -> None:
    scheme = read_scheme(["O", "[PAD]", "B-DOPMODQ", "I-DOPMODQ", "B-VALUE", "B-MAT"])
    assert scheme is not None
    assert scheme.unused == ("DOPMODQ", "VALUE")


@given(st.lists(st.builds(ModelTag, st.sampled_from("BIES"), st.sampled_from([None, *LABELS]))))
def test_iob2_is_always_valid(tags: list[ModelTag]) -> None:
    row = iob2(tags)
    for before, tag in zip(["O", *row], row, strict=False):
        assert tag[0] != "I" or before[2:] == tag[2:]
    assert [t == "O" for t in row] == [t.label is None for t in tags]
