"""Files of all formats and packings, whole and broken."""

import gzip
import json
import lzma
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.sources.base import MAX_ROW, RawRow
from ingest.sources.files import FileFormat, SourceFile, find_files
from matlore.errors import InputError

ROWS = [{"title": "One", "year": "1999"}, {"title": "Zwei, ä", "year": "2000"}]
JSONL = "".join(json.dumps(row) + "\n" for row in ROWS)
CSV = 'title,year\nOne,1999\n"Zwei, ä",2000\n'


def read(path: Path, format: FileFormat | None = None) -> list[RawRow]:
    """Return the rows of a file; those of JSON lines parsed."""
    (file,), _ = find_files([path], format=format)
    return [
        RawRow(row.line, row.value if row.error else _parsed(row.value), row.error)
        for row in file.rows()
    ]


def _parsed(value: object) -> object:
    return json.loads(value) if isinstance(value, str) else value


def values(path: Path) -> list[object]:
    """Return the rows of a file in which nothing may be wrong."""
    rows = read(path)
    assert [row.error for row in rows] == [None] * len(rows)
    return [row.value for row in rows]


PACK: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    ".gz": gzip.compress,
    ".xz": lzma.compress,
    ".zst": lambda data: (
        zstandard.ZstdCompressor().compress(data[:9])
        + zstandard.ZstdCompressor().compress(data[9:])
    ),
}


@pytest.mark.parametrize("packing", PACK)
@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("p.jsonl", JSONL),
        ("p.ndjson", "\n" + JSONL.replace("\n", "\r\n\n")),
        ("p.json", json.dumps(ROWS, indent=2)),
        ("p.json", JSONL),
        ("p.csv", CSV),
        ("p.csv", CSV.replace(", ", "\0").replace(",", ";").replace("\0", ", ")),
        ("p.tsv", CSV.replace(",1", "\t1").replace(",2", "\t2").replace("title,", "title\t")),
    ],
)
def test_rows_are_the_same_in_all_formats_and_packings(
    tmp_path: Path, name: str, text: str, packing: str
) -> None:
    path = tmp_path / (name + packing)
    path.write_bytes(PACK[packing](text.encode()))
    assert values(path) == ROWS


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
@pytest.mark.parametrize(("name", "text"), [("p.jsonl", JSONL), ("p.csv", CSV)])
def test_marks_of_encodings_are_understood(
    tmp_path: Path, name: str, text: str, encoding: str
) -> None:
    path = tmp_path / name
    path.write_text(text, encoding=encoding)
    assert values(path) == ROWS


def test_parquet(tmp_path: Path) -> None:
    pq.write_table(pa.Table.from_pylist(ROWS), tmp_path / "p.parquet")
    assert values(tmp_path / "p.parquet") == ROWS


BIBTEX = r"""
% a comment
@string{jt = "Journal of Tests"}
@comment{nothing}
@article{key1,
  title = {Growth of {Bi$_2$Te$_3$}},
  author = {Doe, Jo and M{\"u}ller, Al},
  journal = jt, year = 1999, doi = {10.1000/1}, abstract = {We grow
  it.}
}
@article{key2, title = {No end
@article{key3, title = {Third}, year = {2001}, eprint = {2401.00001}, archivePrefix = {arXiv}}
"""


def test_bibtex_entries_are_read_one_by_one(tmp_path: Path) -> None:
    (tmp_path / "p.bib").write_text(BIBTEX)
    first, broken, third = read(tmp_path / "p.bib")
    assert isinstance(first.value, dict)
    assert first.value["title"] == "Growth of {Bi$_2$Te$_3$}"
    assert first.value["author"] == ["Doe, Jo", "Müller, Al"]
    assert first.value["journal"] == "Journal of Tests"
    assert (broken.line, broken.error) == (11, "broken BibTeX")
    assert isinstance(third.value, dict)
    assert third.value["eprint"] == "2401.00001"


RIS = """TY  - JOUR
TI  - Growth of crystals
AU  - Doe, Jo
AU  - Roe, Al
PY  - 1999/05//
N2  - We grow them,
and measure.
DO  - 10.1000/1
ER  -

TY  - JOUR
T1  - Second
ER  - 
"""


def test_ris_records(tmp_path: Path) -> None:
    (tmp_path / "p.ris").write_text(RIS)
    first, second = values(tmp_path / "p.ris")
    assert first == {
        "TI": "Growth of crystals",
        "AU": ["Doe, Jo", "Roe, Al"],
        "PY": "1999/05//",
        "N2": "We grow them, and measure.",
        "DO": "10.1000/1",
    }
    assert second == {"T1": "Second"}


def test_a_ris_record_without_end_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "p.ris").write_text("nonsense\nTY  - JOUR\nTI  - A\n")
    assert [row.error for row in read(tmp_path / "p.ris")] == [
        "no RIS tag",
        "the record has no end (ER)",
    ]


@pytest.mark.parametrize("packing", [".gz", ".xz", ".zst"])
def test_a_truncated_file_gives_what_it_holds_and_an_error(tmp_path: Path, packing: str) -> None:
    text = "".join(
        json.dumps({"title": sha256(bytes([n % 256, n >> 8])).hexdigest()}) + "\n"
        for n in range(9_000)
    )
    packed = PACK[packing](text.encode())
    path = tmp_path / f"p.jsonl{packing}"
    path.write_bytes(packed[: len(packed) // 2])
    *rows, last = list(SourceFile(path, FileFormat.JSONL).rows())
    assert last.error is not None
    assert last.error.startswith("the rest of the file cannot be read")
    assert all(row.error is None for row in rows)
    assert rows or packing == ".xz"


@pytest.mark.parametrize("name", ["p.jsonl", "p.csv", "p.tsv", "p.bib", "p.ris", "p.json"])
@pytest.mark.parametrize("content", [b"", b"\n \n", b"\xef\xbb\xbf"])
def test_an_empty_file_has_no_rows(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    assert read(tmp_path / name) == []


@pytest.mark.parametrize("name", ["p.parquet", "p.jsonl.gz", "p.csv.xz"])
def test_a_file_that_is_not_what_its_name_says_raises_nothing(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"\x1f\x8b nothing of the kind")
    rows = list(find_files([tmp_path / name])[0][0].rows())
    assert rows[-1].error is not None


def test_csv_with_quotes_newlines_and_missing_fields(tmp_path: Path) -> None:
    text = 'title,abstract,year\n"A ""b"", c","two\nlines",1999\nshort\na,b,1,extra\n'
    (tmp_path / "p.csv").write_text(text)
    first, short, long = read(tmp_path / "p.csv")
    assert first.value == {"title": 'A "b", c', "abstract": "two\nlines", "year": "1999"}
    assert short.value == {"title": "short"}
    assert (long.line, long.error) == (5, "4 fields under 3 columns")


def test_a_quote_that_never_closes_is_one_bad_row(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text('title,year\nA,1\n"B,2\nC,3\n')
    good, bad = read(tmp_path / "p.csv")
    assert good.error is None
    assert bad.error is not None


def test_wrongly_encoded_bytes_are_kept_as_surrogates(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_bytes("title\nM\xfcller\nfine\n".encode("latin-1"))
    bad, fine = read(tmp_path / "p.csv")
    assert bad.value == {"title": "M\udcfcller"}
    assert fine.value == {"title": "fine"}


def test_a_line_of_absurd_length_is_an_error_and_is_not_kept(tmp_path: Path) -> None:
    (tmp_path / "p.jsonl").write_text("x" * (2 * MAX_ROW + 5) + '\n{"title": "A"}\n')
    bad, good = read(tmp_path / "p.jsonl")
    assert (bad.line, good.line, good.value) == (1, 2, {"title": "A"})
    assert len(str(bad.value)) <= 1000


def test_a_broken_array_gives_what_comes_before(tmp_path: Path) -> None:
    (tmp_path / "p.json").write_text('[{"title": "A"}, 5, {"title": }, {"title": "B"}]')
    rows = read(tmp_path / "p.json")
    assert [row.value for row in rows[:2]] == [{"title": "A"}, 5]
    assert rows[2].error is not None


def test_an_array_larger_than_the_buffer(tmp_path: Path) -> None:
    many = [{"title": f"paper {n}", "abstract": "word " * 200} for n in range(3_000)]
    (tmp_path / "p.json").write_text(json.dumps(many))
    assert values(tmp_path / "p.json") == many


def test_a_reader_starts_afresh_each_time(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text(CSV)
    rows = SourceFile(tmp_path / "p.csv", FileFormat.CSV).rows()
    assert list(rows) == list(rows)


def test_a_folder_is_searched_and_unknown_files_are_told(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    for name in ("b/two.csv", "one.jsonl.gz", "notes.docx", ".hidden.csv"):
        (tmp_path / name).write_text("title\n")
    files, skipped = find_files([tmp_path, tmp_path / "one.jsonl.gz"])
    assert [(file.path.name, file.format.value) for file in files] == [
        ("two.csv", "csv"),
        ("one.jsonl.gz", "jsonl"),
    ]
    assert [path.name for path in skipped] == ["notes.docx"]


def test_the_format_may_be_given(tmp_path: Path) -> None:
    (tmp_path / "p.data").write_text(CSV)
    with pytest.raises(InputError, match="--input-format"):
        find_files([tmp_path / "p.data"])
    assert [row.value for row in read(tmp_path / "p.data", FileFormat.CSV)] == ROWS


@pytest.mark.parametrize(
    ("text", "format"), [(JSONL, "jsonl"), (RIS, "ris"), ("@article{a, title={A}}", "bibtex")]
)
def test_a_named_file_without_ending_is_recognised(tmp_path: Path, text: str, format: str) -> None:
    (tmp_path / "papers").write_text(text)
    assert find_files([tmp_path / "papers"])[0][0].format == format


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        find_files([tmp_path / "nowhere.csv"])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=300), st.sampled_from(list(FileFormat)))
def test_no_bytes_make_a_reader_raise(tmp_path: Path, data: bytes, format: FileFormat) -> None:
    path = tmp_path / "any"
    path.write_bytes(data)
    assert all(isinstance(row, RawRow) for row in SourceFile(path, format).rows())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.dictionaries(st.text(min_size=1), st.text()), max_size=5))
def test_json_round_trip(tmp_path: Path, rows: list[dict[str, str]]) -> None:
    path = tmp_path / "any.json"
    path.write_text(json.dumps(rows))
    assert values(path) == rows
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert values(path) == rows


def test_an_array_nested_without_end_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "deep.json"
    path.write_text("[" * 100_000)
    (row,) = SourceFile(path, FileFormat.JSONL).rows()
    assert row.error is not None


def test_a_parquet_row_that_is_no_utf8_harms_no_other(tmp_path: Path) -> None:
    offsets = pa.array([0, 2, 5, 7], pa.int32()).buffers()[1]
    titles = pa.Array.from_buffers(pa.string(), 3, [None, offsets, pa.py_buffer(b"ab\xffcdef")])
    pq.write_table(pa.table({"title": titles}), tmp_path / "p.parquet")
    rows = list(SourceFile(tmp_path / "p.parquet", FileFormat.PARQUET).rows())
    assert [row.line for row in rows] == [1, 2, 3]
    assert [row.value for row in rows if row.error is None] == [{"title": "ab"}, {"title": "ef"}]
    assert "UnicodeDecodeError" in str(rows[1].error)


def test_a_file_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        SourceFile(tmp_path / "gone.jsonl", FileFormat.JSONL).sha256()
