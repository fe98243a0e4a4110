"""Pages fetched from a real server on this machine, which fails in every way it can."""

import gzip
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from ingest.http import Answer, Fetcher, ServiceError
from matlore import __version__
from matlore.errors import SourceError, UsageError

NOW = 1_800_000_000.0
KEY = "a-secret-key-of-mine"


@dataclass
class Reply:
    status: int = 200
    body: bytes = b'{"fine": true}'
    headers: dict[str, str] = field(default_factory=dict)
    length: int | None = None
    hangs: bool = False


class Service(ThreadingHTTPServer):
    """Answers the given replies in turn, the last of them for ever."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.replies: list[Reply] = [Reply()]
        self.asked: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.released = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing where a client has hung up."""


class _Handler(BaseHTTPRequestHandler):
    server: Service

    def do_GET(self) -> None:
        service = self.server
        service.asked.append(self.path)
        service.headers.append({name.lower(): value for name, value in self.headers.items()})
        reply = service.replies.pop(0) if len(service.replies) > 1 else service.replies[0]
        if reply.hangs:
            service.released.wait(20)
            return
        self.send_response(reply.status)
        length = len(reply.body) if reply.length is None else reply.length
        for name, value in {"Content-Length": str(length), **reply.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(reply.body)

    def log_message(self, format: str, *args: object) -> None:
        """Keep the test's output clean."""


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def service() -> Iterator[Service]:
    with Service() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.released.set()
        server.shutdown()
        thread.join()


@pytest.fixture
def slept() -> list[float]:
    return []


@pytest.fixture
def fetcher(slept: list[float]) -> Iterator[Fetcher]:
    with _fetcher(slept) as made:
        yield made


def _fetcher(
    slept: list[float],
    *,
    cache: Path | None = None,
    timeout: float = 10.0,
    max_bytes: int = 1_000_000,
    now: Callable[[], float] = lambda: NOW,
    is_final: Callable[[Answer], bool] | None = None,
    accepts: Callable[[Answer], str | None] | None = None,
) -> Fetcher:
    return Fetcher(
        pause=0,
        retries=3,
        allow_private=True,
        sleep=slept.append,
        cache=cache,
        timeout=timeout,
        max_bytes=max_bytes,
        now=now,
        is_final=is_final,
        accepts=accepts,
    )


def _failure(fetcher: Fetcher, url: str) -> ServiceError:
    with pytest.raises(ServiceError) as caught:
        fetcher.get(url, {"api_key": KEY})
    return caught.value


def test_an_answer_is_read(service: Service, fetcher: Fetcher) -> None:
    service.replies = [Reply(body=b'{"a": "\xc3\xa9"}', headers={"X-Left": "3"})]
    answer = fetcher.get(f"{service.url}/works?x=1", {"q": "Bi2Te3 & more"})
    assert (answer.status, answer.json(), answer.text) == (200, {"a": "é"}, '{"a": "é"}')
    assert answer.headers["x-left"] == "3"
    assert urlsplit(service.asked[0]).query in (
        "x=1&q=Bi2Te3+%26+more",
        "x=1&q=Bi2Te3%20%26%20more",
    )


def test_a_text_is_decoded_as_its_type_says(service: Service, fetcher: Fetcher) -> None:
    latin = {"Content-Type": "text/plain; charset=latin-1"}
    unknown = {"Content-Type": "text/plain; charset=klingon"}
    service.replies = [Reply(body=b"\xe9", headers=latin), Reply(body=b"\xe9", headers=unknown)]
    assert fetcher.get(service.url).text == "é"
    assert fetcher.get(service.url).text == "\N{REPLACEMENT CHARACTER}"


@pytest.mark.parametrize("body", [b"<html>", b"", b"\xff\xfe\xfd", b"[" * 100_000])
def test_what_is_no_json_is_refused(body: bytes) -> None:
    answer = Answer("http://a.example/works?api_key=x", 200, {}, body)
    with pytest.raises(SourceError, match=r"^a\.example/works: the answer is no JSON"):
        answer.json()


@pytest.mark.parametrize(
    ("asked", "waited"),
    [
        ("7", 7.0),
        (formatdate(NOW + 90, usegmt=True), 90.0),
        ("99999", 600.0),
        ("9" * 5_000, 600.0),
        (formatdate(NOW + 9_999_999, usegmt=True), 600.0),
    ],
)
def test_retry_after_is_obeyed_up_to_ten_minutes(
    service: Service, fetcher: Fetcher, slept: list[float], asked: str, waited: float
) -> None:
    service.replies = [Reply(503, headers={"Retry-After": asked}), Reply()]
    assert fetcher.get(service.url).status == 200
    assert slept == [waited]


@pytest.mark.parametrize("asked", [None, "0", "-3", "soon", formatdate(NOW - 9, usegmt=True)])
def test_without_retry_after_waits_grow(
    service: Service, fetcher: Fetcher, slept: list[float], asked: str | None
) -> None:
    service.replies = [Reply(429, headers={"Retry-After": asked} if asked else {})]
    error = _failure(fetcher, service.url)
    assert error.passing
    assert error.answer is not None
    assert error.answer.status == 429
    assert len(service.asked) == 4
    assert all(0 <= wait <= 2.0 * 2**turn for turn, wait in enumerate(slept))
    assert len({*slept}) == 3


def test_a_final_429_is_not_tried_again(service: Service, slept: list[float]) -> None:
    service.replies = [Reply(429, b"credit spent", {"Retry-After": "5"})]
    with _fetcher(slept, is_final=lambda answer: b"credit" in answer.content) as fetcher:
        error = _failure(fetcher, service.url)
    assert error.answer is not None
    assert error.answer.content == b"credit spent"
    assert not error.passing
    assert (len(service.asked), slept) == (1, [])


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 501, 304, 799])
def test_other_failures_are_not_tried_again(
    service: Service, fetcher: Fetcher, slept: list[float], status: int
) -> None:
    service.replies = [Reply(status, b"")]
    error = _failure(fetcher, f"{service.url}/works")
    assert f"127.0.0.1/works: answered {status}" in str(error)
    assert (len(service.asked), slept) == (1, [])


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_failures_that_pass_end_with_what_to_do(
    service: Service, fetcher: Fetcher, status: int
) -> None:
    service.replies = [Reply(status)]
    message = str(_failure(fetcher, f"{service.url}/works"))
    assert message.startswith(f"127.0.0.1/works: answered {status} (")
    assert message.endswith("run it again: it goes on from the last page")


def test_an_answer_that_is_not_accepted_is_tried_again(service: Service, tmp_path: Path) -> None:
    service.replies = [Reply(body=b"empty"), Reply(body=b"full")]
    waits: list[float] = []
    with _fetcher(
        waits,
        cache=tmp_path,
        accepts=lambda answer: "has no records" if answer.content == b"empty" else None,
    ) as fetcher:
        assert fetcher.get(service.url).content == b"full"
        assert fetcher.get(service.url).content == b"full"
    assert (len(service.asked), len(waits)) == (2, 1)


def test_an_answer_that_is_never_accepted_fails(service: Service, slept: list[float]) -> None:
    with _fetcher(slept, accepts=lambda _: "has no records") as fetcher:
        error = _failure(fetcher, service.url)
    assert "has no records; run it again" in str(error)


def test_a_redirect_on_the_same_host_is_followed(service: Service, fetcher: Fetcher) -> None:
    service.replies = [Reply(301, b"", {"Location": "/new?x=1"}), Reply()]
    answer = fetcher.get(f"{service.url}/old")
    assert service.asked == ["/old", "/new?x=1"]
    assert answer.url == f"{service.url}/new?x=1"


@pytest.mark.parametrize(
    ("location", "fault"),
    [
        ("http://other.example/works", "redirects to another host, other.example/works"),
        ("http://localhost:9/", "another host"),
        ("http://127.0.0.1:9/", "another host"),
        ("file:///etc/passwd", "no http or https address"),
        ("http://a:port/", "redirects to what is no address"),
    ],
)
def test_a_redirect_to_elsewhere_is_refused(
    service: Service, fetcher: Fetcher, slept: list[float], location: str, fault: str
) -> None:
    service.replies = [Reply(302, b"", {"Location": location})]
    assert fault in str(_failure(fetcher, service.url))
    assert (len(service.asked), slept) == (1, [])


def test_redirects_have_an_end(service: Service, fetcher: Fetcher) -> None:
    service.replies = [Reply(302, b"", {"Location": "/again"})]
    assert "redirects more than 5 times" in str(_failure(fetcher, service.url))
    assert len(service.asked) == 6


@pytest.mark.parametrize(
    "host",
    ["10.0.0.1", "169.254.169.254", "127.0.0.1", "[::1]", "[fe80::1]", "[::ffff:10.0.0.1]"],
)
def test_a_redirect_into_a_private_network_is_refused(
    service: Service, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    monkeypatch.setenv("http_proxy", service.url)
    service.replies = [Reply(302, b"", {"Location": f"http://{host}/latest"})]
    with Fetcher(pause=0, retries=0) as fetcher:
        error = _failure(fetcher, "http://papers.example/works")
    assert "/latest: lies in a private network" in str(error)
    assert service.asked == [f"http://papers.example/works?api_key={KEY}"]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "2130706433"])
def test_a_private_address_is_not_asked(service: Service, host: str) -> None:
    url = f"http://{host}:{service.server_address[1]}/"
    with Fetcher(pause=0, retries=0) as fetcher, pytest.raises(SourceError, match="private"):
        fetcher.get(url)
    assert service.asked == []


@pytest.mark.parametrize(
    "url", ["ftp://a.example/x", "works", "http://", "http://a b\n", "file:///x"]
)
def test_what_is_no_web_address_is_refused(fetcher: Fetcher, url: str) -> None:
    with pytest.raises(SourceError, match="address"):
        fetcher.get(url)


def test_a_packed_page_is_unpacked(service: Service, fetcher: Fetcher) -> None:
    packed = gzip.compress(b"one ") + gzip.compress(b"two")
    service.replies = [Reply(body=packed, headers={"Content-Encoding": "gzip"})]
    assert fetcher.get(service.url).text == "one two"
    assert service.headers[0]["accept-encoding"] == "gzip"


def test_a_gzip_bomb_is_refused(service: Service, fetcher: Fetcher, slept: list[float]) -> None:
    bomb = gzip.compress(bytes(30_000_000))
    service.replies = [Reply(body=bomb, headers={"Content-Encoding": "gzip"})]
    with pytest.raises(SourceError, match="larger than 1,000,000 bytes when unpacked"):
        fetcher.get(service.url)
    assert (len(service.asked), slept) == (1, [])


def test_an_oversized_page_is_refused(service: Service, slept: list[float]) -> None:
    service.replies = [Reply(body=bytes(100)), Reply(body=bytes(101))]
    with _fetcher(slept, max_bytes=100) as fetcher:
        assert len(fetcher.get(service.url).content) == 100
        with pytest.raises(SourceError, match="larger than 100 bytes"):
            fetcher.get(service.url)


@pytest.mark.parametrize(
    "broken",
    [
        Reply(body=b"half", length=8, headers={"Connection": "close"}),
        Reply(body=gzip.compress(b"whole")[:-3], headers={"Content-Encoding": "gzip"}),
        Reply(body=b"no gzip at all", headers={"Content-Encoding": "gzip"}),
    ],
    ids=["short", "short gzip", "no gzip"],
)
def test_a_broken_body_is_fetched_again(
    service: Service, fetcher: Fetcher, slept: list[float], broken: Reply
) -> None:
    service.replies = [broken, Reply(body=b"whole")]
    assert fetcher.get(service.url).content == b"whole"
    assert (len(service.asked), len(slept)) == (2, 1)


def test_an_unknown_packing_is_refused(service: Service, fetcher: Fetcher) -> None:
    service.replies = [Reply(headers={"Content-Encoding": "br"})]
    assert "packed in a way" in str(_failure(fetcher, service.url))


def test_a_timeout_is_tried_again(service: Service, slept: list[float]) -> None:
    service.replies = [Reply(hangs=True), Reply()]
    with _fetcher(slept, timeout=0.2) as fetcher:
        assert fetcher.get(service.url).status == 200
    assert slept


def test_a_service_that_never_answers_fails(service: Service) -> None:
    service.replies = [Reply(hangs=True)]
    with Fetcher(pause=0, retries=0, allow_private=True, timeout=0.05) as fetcher:
        error = _failure(fetcher, f"{service.url}/works")
    assert "127.0.0.1/works: did not answer in time; check the network" in str(error)
    assert error.answer is None


def test_a_page_that_trickles_in_has_an_end(service: Service) -> None:
    ticks = iter(range(0, 10**9, 1_000))
    with Fetcher(
        pause=0, retries=0, allow_private=True, clock=lambda: float(next(ticks))
    ) as fetcher:
        assert "answers too slowly" in str(_failure(fetcher, service.url))


def test_a_closed_port_is_tried_again(slept: list[float]) -> None:
    with Service() as gone:
        url = gone.url
    with _fetcher(slept) as fetcher:
        assert "check the network" in str(_failure(fetcher, url))
    assert len(slept) == 3


def test_a_page_is_kept_for_a_day(service: Service, slept: list[float], tmp_path: Path) -> None:
    times = [NOW]
    service.replies = [Reply(body=b"first\nline", headers={"X-A": "1"}), Reply(body=b"second")]
    with _fetcher(slept, cache=tmp_path / "pages", now=lambda: times[0]) as fetcher:
        fresh = fetcher.get(service.url, {"q": "x"})
        times[0] += 86_399
        kept = fetcher.get(service.url, {"q": "x"})
        assert (kept.content, kept.url, kept.headers["x-a"]) == (b"first\nline", fresh.url, "1")
        assert fetcher.get(service.url, {"q": "x"}, cached=False).content == b"second"
        times[0] += 1
        assert fetcher.get(service.url, {"q": "x"}).content == b"second"
    assert len(service.asked) == 3


def test_the_cache_tells_requests_apart(
    service: Service, slept: list[float], tmp_path: Path
) -> None:
    with _fetcher(slept, cache=tmp_path) as fetcher:
        for _ in range(2):
            fetcher.get(service.url, {"q": "x"})
            fetcher.get(service.url, {"q": "y"})
            fetcher.get(service.url, {"q": "x"}, headers={"Accept": "text/xml"})
    assert len(service.asked) == 3


@pytest.mark.parametrize("damage", [b"", b"{}\n", b"[1]\nx", b"\xff\n", b'{"sha256": "0"}\nx'])
def test_a_damaged_cache_is_ignored(
    service: Service, slept: list[float], tmp_path: Path, damage: bytes
) -> None:
    with _fetcher(slept, cache=tmp_path) as fetcher:
        fetcher.get(service.url)
        (entry,) = tmp_path.iterdir()
        entry.write_bytes(damage)
        assert fetcher.get(service.url).content == b'{"fine": true}'
        assert fetcher.get(service.url).content == b'{"fine": true}'
    assert len(service.asked) == 2


def test_only_good_pages_are_kept(service: Service, slept: list[float], tmp_path: Path) -> None:
    service.replies = [Reply(404), Reply(202), Reply()]
    with _fetcher(slept, cache=tmp_path) as fetcher:
        _failure(fetcher, service.url)
        fetcher.get(service.url)
    assert list(tmp_path.iterdir()) == []


def test_a_cache_that_cannot_be_written_stops_nothing(
    service: Service, slept: list[float], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    with _fetcher(slept, cache=tmp_path / "file") as fetcher:
        assert fetcher.get(service.url).status == 200


def test_old_pages_are_removed(service: Service, slept: list[float], tmp_path: Path) -> None:
    (tmp_path / "old.page").write_text("")
    with _fetcher(slept, cache=tmp_path, now=lambda: 5e9) as fetcher:
        fetcher.get(service.url)
    assert not (tmp_path / "old.page").exists()
    assert len(list(tmp_path.iterdir())) == 1


def test_a_key_in_a_header_is_not_kept(
    service: Service, slept: list[float], tmp_path: Path
) -> None:
    service.replies = [Reply(body=json.dumps({"asked with": KEY}).encode())]
    with _fetcher(slept, cache=tmp_path) as fetcher:
        fetcher.get(service.url, headers={"Authorization": f"Bearer {KEY}"})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["api_key", "apiKey"])
def test_a_key_is_not_kept(service: Service, slept: list[float], tmp_path: Path, name: str) -> None:
    echo = json.dumps({"asked with": KEY}).encode()
    service.replies = [Reply(), Reply(body=echo)]
    with _fetcher(slept, cache=tmp_path) as fetcher:
        answer = fetcher.get(service.url, {name: KEY, "q": "x"})
        fetcher.get(service.url, {name: KEY, "q": "y"})
        fetcher.get(service.url, {name: KEY, "q": "x"})
    assert KEY not in repr(answer)
    assert all(KEY in asked for asked in service.asked)
    assert len(service.asked) == 2
    (entry,) = tmp_path.iterdir()
    assert KEY.encode() not in entry.read_bytes()
    assert KEY not in entry.name


@pytest.mark.parametrize(
    "reply",
    [
        Reply(401),
        Reply(503),
        Reply(302, b"", {"Location": f"http://other.example/?api_key={KEY}"}),
        Reply(302, b"", {"Location": f"?api_key={KEY}"}),
        Reply(body=bytes(2_000_000)),
        Reply(body=b"x", length=9, headers={"Connection": "close"}),
    ],
)
def test_a_key_is_in_no_message(
    service: Service, fetcher: Fetcher, caplog: pytest.LogCaptureFixture, reply: Reply
) -> None:
    caplog.set_level("INFO")
    service.replies = [reply]
    error = _failure(fetcher, service.url)
    assert KEY not in str(error)
    assert error.answer is None or KEY not in error.answer.url
    assert KEY not in caplog.text


def test_a_service_learns_who_asks(service: Service) -> None:
    for contact in (None, "me@example.org"):
        with Fetcher(pause=0, allow_private=True, contact=contact) as fetcher:
            fetcher.get(service.url)
    assert [headers["user-agent"] for headers in service.headers] == [
        f"matlore/{__version__}",
        f"matlore/{__version__} (mailto:me@example.org)",
    ]


def test_a_contact_brings_no_header_of_its_own() -> None:
    with pytest.raises(UsageError, match="is no mail address"):
        Fetcher(contact="me@example.org\r\nX-A: 1")


@pytest.mark.parametrize("proxy", ["socks9://proxy.example", "http://a:port"])
def test_a_proxy_that_cannot_be_used_is_named(monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    monkeypatch.setenv("https_proxy", proxy)
    with pytest.raises(SourceError, match="HTTPS_PROXY"):
        Fetcher()


def test_requests_to_one_host_keep_a_distance(service: Service, tmp_path: Path) -> None:
    time, waits = [100.0], list[float]()

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        time[0] += seconds

    service.replies = [Reply(), Reply(302, b"", {"Location": "/b"}), Reply()]
    with Fetcher(
        pause=3, allow_private=True, sleep=sleep, clock=lambda: time[0], cache=tmp_path
    ) as fetcher:
        fetcher.get(f"{service.url}/first")
        time[0] += 1
        fetcher.get(f"{service.url}/a")
        fetcher.get(f"{service.url}/first")
        time[0] += 9
        fetcher.get(f"{service.url}/last")
    assert waits == [2.0, 3.0]
