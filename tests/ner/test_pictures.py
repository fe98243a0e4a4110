"""Pictures of mentions: one self-contained page, everything escaped."""

from html.parser import HTMLParser
from pathlib import Path

import pytest

from matlore.errors import InputError
from matlore.records import Mention
from ner.labels import LABELS
from ner.pictures import COLOURS, mentions_html, write_html

pytest.importorskip("spacy", reason="displaCy comes with spaCy: pip install 'matlore[spacy]'")

TEXT = "PbTe films\nshow a low thermal conductivity."


class _Page(HTMLParser):
    """Collects tags, attributes and the text of marks."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.text += data


def _mention(start: int, end: int, label: str, norm: str | None = None) -> Mention:
    text = TEXT[start:end]
    return Mention("p", "sha", start, end, label, text, norm)  # type: ignore[arg-type]


MENTIONS = [_mention(22, 42, "PRO", "thermal conductivity"), _mention(0, 4, "MAT", "PbTe")]


def test_page_shows_heading_text_labels_and_norms() -> None:
    page = _Page(mentions_html([("A paper", TEXT, MENTIONS)], title="My mentions"))
    assert page.tags.count("mark") == 2
    assert page.tags.count("h2") == 1
    assert "A paper" in page.text
    assert "My mentions" in page.text
    tips = [value for _, name, value in page.attributes if name == "title"]
    assert tips == ["material: PbTe", "property: thermal conductivity"]
    assert "PbTeMAT films" in page.text


def test_legend_names_every_label() -> None:
    page = mentions_html([], title="none")
    for label in LABELS:
        assert f"<b>{label}</b>" in page
        assert COLOURS[label] in page


def test_markup_in_texts_headings_norms_and_title_is_escaped() -> None:
    evil = "<script>alert('x')</script> & \"quotes\""
    mention = Mention("p", "s", 0, 8, "MAT", evil[:8], norm='"><script>1</script>')
    page = _Page(mentions_html([(evil, evil, [mention])], title=evil))
    assert "script" not in page.tags
    assert not [name for _, name, _ in page.attributes if name.startswith("on")]
    assert ("mark", "title", 'material: "><script>1</script>') in page.attributes
    assert page.text.count("alert('x')") == 4  # title, its heading, the paper's, the text


def test_braces_are_text() -> None:
    assert "{bg}{0}" in mentions_html([("{title}", "{bg}{0}", [])], title="{content}")


def test_page_needs_nothing_from_outside() -> None:
    page = _Page(mentions_html([("A", TEXT, MENTIONS)], title="T"))
    assert not {"script", "link", "img", "iframe"} & set(page.tags)
    assert not [value for _, name, value in page.attributes if name in ("src", "href")]
    assert any("default-src 'none'" in value for _, _, value in page.attributes)


def test_overlapping_mentions_repeat_no_text() -> None:
    whole, part = _mention(14, 42, "PRO"), _mention(22, 29, "PRO")
    page = _Page(mentions_html([("A", TEXT, [part, whole])], title="T"))
    assert page.tags.count("mark") == 1
    assert page.text.count("thermal") == 1


def test_mention_outside_of_the_text_is_refused() -> None:
    with pytest.raises(InputError, match="A paper: a mention at 22:42"):
        mentions_html([("A paper", "short", MENTIONS)], title="T")


def test_colours_differ_and_bear_black_letters() -> None:
    assert len(set(COLOURS.values())) == len(LABELS) == len(COLOURS)
    for colour in COLOURS.values():
        assert _contrast_with_black(colour) >= 4.5


def _contrast_with_black(colour: str) -> float:
    """Return the contrast ratio of WCAG 2."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels
    )
    return (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05) / 0.05


def test_write_html_writes_utf8(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    write_html(path, [("A", "α-Fe2O3 \ud800", [])], title="T")
    assert "α-Fe2O3" in path.read_text(encoding="utf-8")
    assert '<meta charset="utf-8">' in path.read_text(encoding="utf-8")


def test_write_html_says_which_file_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no_folder"):
        write_html(tmp_path / "no_folder" / "page.html", [("A", TEXT, MENTIONS)])
