import re
from pathlib import Path

import pytest

from matlore.errors import InputError
from matlore.vocabulary import (
    Application,
    find_application,
    load_applications,
    load_stop_words,
    read_applications,
)

ENTRY = """
- name: laser
  query: [lasing]
  words: [laser diode, lasing]
  aliases: [lasers]
"""


def _file(folder: Path, text: str) -> Path:
    path = folder / "applications.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_applications_cover_the_field() -> None:
    applications = load_applications()
    assert len(applications) >= 25
    assert {"thermoelectric", "battery cathode", "hydrogen storage"} <= set(applications)
    assert applications["thermoelectric"].query[-1] == "thermoelectric"
    assert all(name == entry.name for name, entry in applications.items())


def test_words_say_the_application_in_singular_and_plural() -> None:
    for application in load_applications().values():
        assert len(application.words) >= 2, application.name
    for word in ("thermoelectric", "thermoelectrics", "thermopower", "seebeck"):
        assert word in load_applications()["thermoelectric"].words


def test_words_keep_capitals_only_in_acronyms_and_formulas() -> None:
    words = [w for a in load_applications().values() for phrase in a.words for w in phrase.split()]
    capitals = {w for w in words if w != w.lower()}
    assert all(re.search("[A-Z].*[A-Z0-9]|zT|X-ray", w) for w in capitals), capitals


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("thermoelectric", "thermoelectric"),
        ("Thermoelectrics", "thermoelectric"),
        ("battery-cathode", "battery cathode"),
        ("  Battery   cathodes ", "battery cathode"),
        ("solid_electrolyte", "solid electrolyte"),
        ("solar cells", "photovoltaic"),
        ("TE", "thermoelectric"),
        ("Phase Change Memory", "phase-change memory"),
    ],
)
def test_applications_are_found_by_name_and_alias(typed: str, name: str) -> None:
    found = find_application(typed, load_applications())
    assert found is not None
    assert found.name == name


@pytest.mark.parametrize("typed", ["Te", "te", "Ti", "perpetual motion", ""])
def test_what_is_no_application_is_not_found(typed: str) -> None:
    assert find_application(typed, load_applications()) is None


def test_files_are_read_into_typed_entries(tmp_path: Path) -> None:
    found = read_applications(_file(tmp_path, ENTRY))
    assert found == {
        "laser": Application("laser", ("lasing",), ("laser diode", "lasing"), ("lasers",))
    }


def test_aliases_may_be_left_out(tmp_path: Path) -> None:
    text = ENTRY.replace("  aliases: [lasers]\n", "")
    assert read_applications(_file(tmp_path, text))["laser"].aliases == ()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- name: [", "cannot be read as YAML"),
        ("", "must be a list"),
        ("name: laser", "must be a list"),
        ("- laser", "entry 1: must be a mapping"),
        (ENTRY.replace("laser\n", "Laser\n", 1), "lower case"),
        (ENTRY.replace("words:", "wrods:"), "unknown key 'wrods'"),
        (ENTRY.replace("[lasing]", "[]"), "query must be a list with at least one"),
        (ENTRY.replace("[lasing]", "[laser diode]"), "joined by '_': 'laser diode'"),
        (ENTRY.replace("[lasing]", "[1]"), "query holds 1"),
        (ENTRY.replace("laser diode, lasing", "lasing, lasing"), "words holds 'lasing' twice"),
        (ENTRY.replace("[laser diode, lasing]", "lasing"), "words must be a list"),
        (ENTRY + ENTRY, "names two entries"),
        (ENTRY + ENTRY.replace("name: laser", "name: maser"), "'lasers' names two entries"),
    ],
)
def test_broken_files_are_refused_with_the_entry_and_the_reason(
    tmp_path: Path, text: str, message: str
) -> None:
    with pytest.raises(InputError, match=re.escape(message)) as caught:
        read_applications(_file(tmp_path, text))
    assert str(tmp_path) in str(caught.value)


def test_missing_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nowhere\.yaml"):
        read_applications(tmp_path / "nowhere.yaml")


def test_stop_words_hold_no_comment_and_no_capital() -> None:
    words = load_stop_words()
    assert {"the", "results", "investigated"} <= words
    assert all(re.fullmatch("[a-z]+", word) for word in words)
    assert "thermal" not in words


def test_what_is_typed_means_the_application_but_is_no_name_in_texts(tmp_path: Path) -> None:
    from matlore.vocabulary.terms import load_terms

    path = _file(tmp_path, ENTRY + "  typed: [stimulated emission]\n")
    found = find_application("Stimulated emission", read_applications(path))
    assert found is not None
    assert found.name == "laser"
    cathode = find_application("cathode", load_applications())
    assert cathode is not None
    assert cathode.name == "battery cathode"
    assert "cathode" not in load_terms("application")["battery cathode"].synonyms
