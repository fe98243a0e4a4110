"""A local archive that speaks OAI-PMH, by the independent implementation `oai-repo`.

`python tests/ingest/oai_server.py ROWS.jsonl.gz --count 20000 --port 0` prints its address.
"""

import argparse
import gzip
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import cycle, islice
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.sax.saxutils import escape

import oai_repo  # type: ignore[import-untyped, unused-ignore]
from lxml import etree  # type: ignore[import-untyped, unused-ignore]

__all__ = ["OaiServer", "copies", "read_rows"]

Row = Mapping[str, Any]
Tamper = Callable[[int, bytes], bytes]
_ARXIV = "http://arxiv.org/OAI/arXiv/"
_DC = (
    'xmlns:oai_dc="http://www.openarchives.org/OAI/2.0/oai_dc/" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/"'
)
_FIRST_DAY = date(2020, 1, 1)


class OaiServer:
    """An archive at `.url`, as long as the context lasts.

    Args:
        rows: papers as `ingest.rows` takes them, with an id each; besides `datestamp` (else
            a day per hundred papers), `sets`, `comments`, `deleted`, and `xml`: the metadata
            as they are to be sent.
        page_size: how many records an answer holds.
        tamper: what makes of the number of a request (from 0) and its answer what is sent.
        port: 0 for any.

    Attributes:
        requests: what was asked.
        status: the HTTP status of what is sent.
        refused: tokens that are refused, once, as having expired.
    """

    def __init__(
        self,
        rows: Sequence[Row],
        page_size: int = 500,
        tamper: Tamper = lambda _, body: body,
        port: int = 0,
    ) -> None:
        self.requests: list[dict[str, str]] = []
        self.refused: set[str] = set()
        self.tamper = tamper
        self.status = 200
        self._http = ThreadingHTTPServer(("127.0.0.1", port), _handler(self))
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_port}/oai"
        self._repository = oai_repo.OAIRepository(_Archive(rows, page_size, self.url))

    def __enter__(self) -> "OaiServer":
        Thread(target=self._http.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()

    def serve(self) -> None:
        """Serve until interrupted."""
        self._http.serve_forever()

    def answer(self, asked: dict[str, str]) -> bytes:
        """Return what is sent for a request."""
        number = len(self.requests)
        self.requests.append(dict(asked))
        if asked.get("resumptionToken") in self.refused:
            self.refused.discard(asked["resumptionToken"])
            asked["resumptionToken"] = "expired"
        root = self._repository.process(asked).root()
        for record in root.xpath("ListRecords/record[metadata/deleted]"):
            record.find("header").set("status", "deleted")
            record.remove(record.find("metadata"))
        return self.tamper(number, b'<?xml version="1.0" encoding="UTF-8"?>' + etree.tostring(root))


def _handler(server: OaiServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # head and body in one packet

        def do_GET(self) -> None:
            asked = parse_qs(urlsplit(self.path).query)
            body = server.answer({key: values[0] for key, values in asked.items()})
            self.send_response(server.status)
            self.send_header("Content-Type", "text/xml; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Keep silent."""

    return Handler


class _Archive(oai_repo.DataInterface):  # type: ignore[misc, unused-ignore]
    """The rows as `oai_repo` asks for them."""

    def __init__(self, rows: Sequence[Row], page_size: int, url: str) -> None:
        self.limit = page_size
        self._url = url
        stamped = [
            {**row, "datestamp": row.get("datestamp") or _day(n)} for n, row in enumerate(rows)
        ]
        self._rows = {f"oai:arXiv.org:{_number(row)}": row for row in stamped}
        self._lists: dict[tuple[object, ...], list[str]] = {}

    @cached_property
    def _identify(self) -> Any:
        known = oai_repo.Identify(
            repository_name="An archive for tests",
            base_url=self._url,
            admin_email=["archive@example.org"],
            earliest_datestamp=min((row["datestamp"] for row in self._rows.values()), default=""),
            deleted_record="persistent",
            granularity="YYYY-MM-DD",
        )
        return known

    def get_identify(self) -> Any:
        return self._identify

    def is_valid_identifier(self, identifier: str) -> bool:
        return identifier in self._rows

    def get_metadata_formats(self, identifier: str | None = None) -> list[Any]:
        schema = "http://www.openarchives.org/OAI/2.0/oai_dc"
        return [
            oai_repo.MetadataFormat("oai_dc", f"{schema}.xsd", f"{schema}/"),
            oai_repo.MetadataFormat("arXiv", "http://arxiv.org/OAI/arXiv.xsd", _ARXIV),
        ]

    def get_record_header(self, identifier: str) -> Any:
        row = self._rows[identifier]
        return oai_repo.RecordHeader(identifier, row["datestamp"], list(row.get("sets", [])))

    def get_record_metadata(self, identifier: str, metadataprefix: str) -> Any:
        row = self._rows[identifier]
        if row.get("deleted"):
            return etree.Element("deleted")
        write = _dublin_core if metadataprefix == "oai_dc" else _arxiv
        return etree.fromstring(row.get("xml") or write(row))

    def get_record_abouts(self, identifier: str) -> list[Any]:
        return []

    def list_set_specs(self, identifier: str | None = None, cursor: int = 0) -> Any:
        rows = self._rows.values()
        names = sorted({name for row in rows for name in row.get("sets", [])})
        return names[cursor : cursor + self.limit], len(names), None

    def get_set(self, setspec: str) -> Any:
        return oai_repo.Set(setspec, setspec, [])

    def list_identifiers(
        self,
        metadataprefix: str,
        filter_from: datetime | None = None,
        filter_until: datetime | None = None,
        filter_set: str | None = None,
        cursor: int = 0,
    ) -> tuple[list[str], int, None]:
        key = (filter_from, filter_until, filter_set)
        if key not in self._lists:
            first = filter_from.date().isoformat() if filter_from else ""
            last = filter_until.date().isoformat() if filter_until else "9999"
            self._lists[key] = [
                identifier
                for identifier, row in self._rows.items()
                if first <= row["datestamp"] <= last
                and (not filter_set or filter_set in row.get("sets", []))
            ]
        found = self._lists[key]
        return found[cursor : cursor + self.limit], len(found), None


def _day(place: int) -> str:
    return (_FIRST_DAY + timedelta(days=place // 100)).isoformat()


def _number(row: Row) -> str:
    return str(row["id"]).removeprefix("arxiv:")


def _tags(pairs: Iterable[tuple[str, object]]) -> str:
    return "".join(f"<{tag}>{escape(str(text))}</{tag}>" for tag, text in pairs if text)


def _arxiv(row: Row) -> str:
    authors = "".join(
        f"<author>{_tags([('keyname', keyname), ('forenames', forenames)])}</author>"
        for forenames, _, keyname in (str(one).rpartition(" ") for one in row.get("authors", []))
    )
    before = [("id", _number(row)), ("created", row.get("date")), ("updated", row.get("updated"))]
    after = [
        ("title", row.get("title")),
        ("categories", " ".join(row.get("categories", []))),
        ("comments", row.get("comments")),
        ("journal-ref", row.get("venue")),
        ("doi", row.get("doi")),
        ("license", row.get("license")),
        ("abstract", row.get("abstract")),
    ]
    authors = f"<authors>{authors}</authors>" if authors else ""
    return f'<arXiv xmlns="{_ARXIV}">{_tags(before)}{authors}{_tags(after)}</arXiv>'


def _dublin_core(row: Row) -> str:
    comment = f"Comment: {row['comments']}" if row.get("comments") else None
    pairs = [
        ("dc:title", row.get("title")),
        *(("dc:creator", name) for name in row.get("authors", [])),
        *(("dc:subject", name) for name in row.get("categories", [])),
        ("dc:description", comment),
        ("dc:description", row.get("abstract")),
        ("dc:date", row.get("updated")),
        ("dc:date", row.get("date")),
        ("dc:rights", row.get("license")),
        ("dc:identifier", f"http://arxiv.org/abs/{_number(row)}"),
        ("dc:identifier", f"doi:{row['doi']}" if row.get("doi") else None),
    ]
    return f"<oai_dc:dc {_DC}>{_tags(pairs)}</oai_dc:dc>"


def read_rows(path: Path) -> list[dict[str, Any]]:
    """Return the rows of a file of JSON lines, perhaps packed by gzip."""
    data = path.read_bytes()
    if path.suffix == ".gz":
        data = gzip.decompress(data)
    return [json.loads(line) for line in data.splitlines() if line.strip()]


def copies(rows: Sequence[Row], count: int) -> list[dict[str, Any]]:
    """Return `count` rows, each a paper of its own, by repeating those that there are."""
    return [
        {
            **row,
            "id": f"arxiv:{2001 + n // 99_999:04d}.{n % 99_999 + 1:05d}",
            "doi": None,
            "title": f"{row.get('title') or ''} ({n + 1})",
        }
        for n, row in enumerate(islice(cycle(rows), count))
    ]


def main() -> None:
    """Serve the rows of a file until interrupted."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("rows", type=Path)
    parser.add_argument("--count", type=int, help="how many papers, by repeating them")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--page-size", type=int, default=500)
    given = parser.parse_args()
    rows = read_rows(given.rows)
    server = OaiServer(
        copies(rows, given.count) if given.count else rows, given.page_size, port=given.port
    )
    print(server.url, flush=True)
    server.serve()


if __name__ == "__main__":
    main()
