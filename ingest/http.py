"""Pages fetched from services: politely, safely, and again where a failure passes.

A request waits its turn (`pause` seconds between two requests to one host), is tried again
after failures that pass, with exponential backoff and full jitter or as `Retry-After` asks,
and is followed by hand where it is redirected: to the same host only, so that no page of a
service leads into the user's own network. What is read is bounded after unpacking.

References: RFC 9110 sections 10.2.3 (Retry-After) and 15.4 (redirects); M. Brooker,
"Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
"""

import ipaddress
import logging
import socket
import time
import urllib.request
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from matlore import __version__
from matlore.errors import SourceError, UsageError

from .http_cache import AGAIN, Answer, PageCache, cache_key

if TYPE_CHECKING:
    import httpx2
    import tenacity

__all__ = ["Answer", "Fetcher", "ServiceError"]

_PASSING = frozenset([429, 500, 502, 503, 504])
_REDIRECTS = frozenset([301, 302, 303, 307, 308])
_MAX_REDIRECTS = 5
_LONGEST_WAIT = 600.0
_BACKOFF, _LONGEST_BACKOFF = 2.0, 60.0
_TIMEOUTS_PER_PAGE = 10
_PIECE = 1_000_000
_GZIP = 31  # zlib's wbits for a gzip header
_SECRET_PARAMS = frozenset(["api_key", "apikey", "api-key", "key", "access_token"])
_SECRET_HEADERS = frozenset(["authorization", "x-api-key", "x-els-apikey"])
_ADVICE = {
    400: "check the query",
    401: "check the API key",
    403: "check the API key and that a contact address is set",
    404: "check the address and the query",
    429: f"wait until the service grants more requests, then {AGAIN}",
}


class ServiceError(SourceError):
    """A request that failed for good.

    Attributes:
        answer: the answer that says so, or None where there was none.
        passing: whether the failure may pass, so that a later run can succeed.
        wait: the seconds that the service asks to wait, or None.
    """

    def __init__(
        self,
        message: str,
        *,
        answer: Answer | None = None,
        passing: bool = False,
        wait: float | None = None,
    ) -> None:
        super().__init__(message)
        self.answer = answer
        self.passing = passing
        self.wait = wait


class Fetcher:
    """Fetches pages; a context manager that closes its connections. For one thread.

    Args:
        contact: a mail address by which a service can reach who runs this.
        pause: least seconds between two requests to one host.
        retries: how often a failure that passes is tried again.
        timeout: seconds without a byte after which a request failed.
        cache: a folder that keeps pages for 24 hours; None keeps none.
        allow_private: whether addresses of the own machine or network may be asked.
        sleep: waits so many seconds.
        max_bytes: most bytes of an unpacked page.
        accepts: says what is wrong with a good answer, None if nothing; a bad one is tried
            again and not kept.
        is_final: says of a failure that would pass, that it does not (spent credit).
        clock: a monotonic clock, in seconds.
        now: the seconds since 1970.
    """

    def __init__(
        self,
        *,
        contact: str | None = None,
        pause: float = 1.0,
        retries: int = 5,
        timeout: float = 60.0,
        cache: Path | None = None,
        allow_private: bool = False,
        sleep: Callable[[float], None] = time.sleep,
        max_bytes: int = 50_000_000,
        accepts: Callable[[Answer], str | None] | None = None,
        is_final: Callable[[Answer], bool] | None = None,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._pause, self._retries, self._timeout = pause, retries, timeout
        self._allow_private, self._max_bytes = allow_private, max_bytes
        self._accepts, self._is_final = accepts, is_final
        self._sleep, self._clock, self._now = sleep, clock, now
        self._cache = PageCache(cache, now) if cache else None
        self._ended: dict[str, float] = {}
        self._client = _client(contact, timeout)

    def __enter__(self) -> Self:
        """Return this."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the connections."""
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def get(
        self,
        url: str,
        params: Mapping[str, str] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        cached: bool = True,
    ) -> Answer:
        """Fetch a page, or take it from the cache where `cached`.

        Raises:
            ServiceError: the service refuses, or cannot be reached by any retry.
            SourceError: the address is none that may be asked.
        """
        target, headers = _target(url, params), dict(headers or {})
        cache = self._cache if cached else None
        key = cache_key(target, headers)
        if cache and (found := cache.load(key)):
            return found
        answer = self._retrying()(self._attempt, target, headers)
        if cache and answer.status == HTTPStatus.OK:
            cache.save(key, answer, _secrets(target, headers))
        return answer

    def _retrying(self) -> "tenacity.Retrying":
        import tenacity

        backoff = tenacity.wait_random_exponential(multiplier=_BACKOFF, max=_LONGEST_BACKOFF)

        def wait(state: tenacity.RetryCallState) -> float:
            error = state.outcome.exception() if state.outcome else None
            asked = error.wait if isinstance(error, ServiceError) else None
            return backoff(state) if asked is None else asked

        return tenacity.Retrying(
            sleep=self._sleep,
            wait=wait,
            stop=tenacity.stop_after_attempt(self._retries + 1),
            retry=tenacity.retry_if_exception(
                lambda error: isinstance(error, ServiceError) and error.passing
            ),
            reraise=True,
        )

    def _attempt(self, url: "httpx2.URL", headers: Mapping[str, str]) -> Answer:
        for _ in range(_MAX_REDIRECTS + 1):
            self._check_target(url)
            answer = self._send(url, headers)
            if answer.status not in _REDIRECTS or "location" not in answer.headers:
                return self._judged(url, answer)
            url = self._redirected(url, answer)
        raise ServiceError(f"{_place(url)}: redirects more than {_MAX_REDIRECTS} times; {AGAIN}")

    def _send(self, url: "httpx2.URL", headers: Mapping[str, str]) -> Answer:
        import httpx2

        self._await_turn(url.host)
        try:
            with self._client.stream("GET", url, headers=headers) as response:
                content = self._read(url, response)
        except httpx2.RequestError as error:
            raise _unreached(url, error, _secrets(url, headers)) from error
        finally:
            self._ended[url.host] = self._clock()
        return Answer(_without_secrets(url), response.status_code, response.headers, content)

    def _await_turn(self, host: str) -> None:
        if host in self._ended:
            rest = self._ended[host] + self._pause - self._clock()
            if rest > 0:
                self._sleep(rest)

    def _read(self, url: "httpx2.URL", response: "httpx2.Response") -> bytes:
        deadline = self._clock() + _TIMEOUTS_PER_PAGE * self._timeout
        content = bytearray()
        for chunk in _unpacked(url, response):
            content += chunk
            if len(content) > self._max_bytes:
                raise ServiceError(
                    f"{_place(url)}: the answer is larger than {self._max_bytes:,} bytes when"
                    " unpacked; ask for fewer records a page"
                )
            if self._clock() > deadline:
                raise ServiceError(f"{_place(url)}: answers too slowly; {AGAIN}", passing=True)
        return bytes(content)

    def _judged(self, url: "httpx2.URL", answer: Answer) -> Answer:
        """Return a good answer; raise what is wrong with another one."""
        if HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
            if fault := self._accepts and self._accepts(answer):
                message = f"{_place(url)}: {fault}; {AGAIN}"
                raise ServiceError(message, answer=answer, passing=True)
            return answer
        passing = answer.status in _PASSING and not (self._is_final and self._is_final(answer))
        advice = _ADVICE.get(answer.status, AGAIN)
        raise ServiceError(
            f"{_place(url)}: answered {_named(answer.status)}; {advice}",
            answer=answer,
            passing=passing,
            wait=_retry_after(answer.headers.get("retry-after", ""), self._now()),
        )

    def _redirected(self, url: "httpx2.URL", answer: Answer) -> "httpx2.URL":
        import httpx2

        try:
            target = url.join(answer.headers["location"])
        except httpx2.InvalidURL as error:
            message = f"{_place(url)}: redirects to what is no address; {AGAIN}"
            raise ServiceError(message, answer=answer) from error
        self._check_target(target)
        origins = [(each.scheme, each.host, each.port) for each in (url, target)]
        upgraded = (url.scheme, target.scheme) == ("http", "https") and url.host == target.host
        if origins[0] != origins[1] and not upgraded:
            raise ServiceError(
                f"{_place(url)}: redirects to another host, {_place(target)}, which is not"
                " followed; look whether the service has moved",
                answer=answer,
            )
        return target

    def _check_target(self, url: "httpx2.URL") -> None:
        if url.scheme not in ("http", "https") or not url.host:
            raise ServiceError(f"{_place(url)}: is no http or https address; check the address")
        if not self._allow_private and any(map(_is_private, _addresses(url))):
            raise ServiceError(
                f"{_place(url)}: lies in a private network, which is not asked; check the address"
            )


def _client(contact: str | None, timeout: float) -> "httpx2.Client":
    import httpx2

    if contact is not None and not (contact.isascii() and contact.isprintable()):
        raise UsageError(f"contact {contact!r}: is no mail address; give one like you@example.org")
    agent = f"matlore/{__version__}" + (f" (mailto:{contact})" if contact else "")
    logging.getLogger("httpx2").setLevel(logging.WARNING)  # it logs addresses with their keys
    headers = {"User-Agent": agent, "Accept-Encoding": "gzip"}
    try:
        return httpx2.Client(headers=headers, timeout=timeout, follow_redirects=False)
    except (ImportError, ValueError, httpx2.InvalidURL) as error:
        raise SourceError(
            "HTTP_PROXY, HTTPS_PROXY or ALL_PROXY: names a proxy that cannot be used; give one"
            " like http://proxy.example.org:3128"
        ) from error


def _target(url: str, params: Mapping[str, str] | None) -> "httpx2.URL":
    import httpx2

    try:
        target = httpx2.URL(url)
        return target.copy_merge_params(dict(params)) if params else target
    except httpx2.InvalidURL as error:
        address = url.partition("?")[0].rpartition("@")[2]
        raise SourceError(f"{address!r}: is no address; check it") from error


def _place(url: "httpx2.URL") -> str:
    """Name host and path, without query, user or password."""
    return (url.raw_host + url.raw_path.partition(b"?")[0]).decode("ascii", "replace")


def _named(status: int) -> str:
    try:
        return f"{status} ({HTTPStatus(status).phrase})"
    except ValueError:
        return str(status)


def _secrets(url: "httpx2.URL", headers: Mapping[str, str]) -> list[str]:
    found = [value for name, value in url.params.multi_items() if name.lower() in _SECRET_PARAMS]
    sent = [value for name, value in headers.items() if name.lower() in _SECRET_HEADERS]
    found += [value.rpartition(" ")[2] for value in sent]
    return [secret for secret in found if secret]


def _without_secrets(url: "httpx2.URL") -> str:
    for name in {name for name in url.params if name.lower() in _SECRET_PARAMS}:
        url = url.copy_remove_param(name)
    return str(url.copy_with(userinfo=b""))


def _unreached(url: "httpx2.URL", error: Exception, secrets: list[str]) -> ServiceError:
    import httpx2

    reason = "did not answer in time" if isinstance(error, httpx2.TimeoutException) else str(error)
    for secret in secrets:
        reason = reason.replace(secret, "***")
    lasting = isinstance(error, httpx2.UnsupportedProtocol | httpx2.LocalProtocolError)
    passing = not lasting and "CERTIFICATE_VERIFY_FAILED" not in reason
    message = f"{_place(url)}: {reason or type(error).__name__}; check the network, then {AGAIN}"
    return ServiceError(message, passing=passing)


def _unpacked(url: "httpx2.URL", response: "httpx2.Response") -> Iterator[bytes]:
    """Yield the body unpacked, in pieces of bounded size however far it was packed."""
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding in ("", "identity"):
        yield from response.iter_raw()
    elif encoding in ("gzip", "x-gzip"):
        try:
            yield from _gunzipped(response.iter_raw())
        except (zlib.error, EOFError) as error:
            message = f"{_place(url)}: the packed answer is damaged; {AGAIN}"
            raise ServiceError(message, passing=True) from error
    else:
        raise ServiceError(f"{_place(url)}: packed in a way that was not asked for; {AGAIN}")


def _gunzipped(chunks: Iterator[bytes]) -> Iterator[bytes]:
    unpacker = zlib.decompressobj(_GZIP)
    has_begun = False
    for chunk in chunks:
        rest = chunk
        while rest:
            if unpacker.eof:
                unpacker = zlib.decompressobj(_GZIP)
            has_begun = True
            yield unpacker.decompress(rest, _PIECE)
            rest = unpacker.unused_data if unpacker.eof else unpacker.unconsumed_tail
    if has_begun and not unpacker.eof:
        raise EOFError


def _retry_after(value: str, now: float) -> float | None:
    """Return the seconds to wait, None where `value` asks for no wait."""
    value = value.strip()
    if value.isascii() and value.isdigit():
        seconds = float(value)
    else:
        try:
            date = parsedate_to_datetime(value)
        except (ValueError, TypeError, OverflowError):
            return None
        seconds = (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp() - now
    return min(seconds, _LONGEST_WAIT) if seconds > 0 else None


def _addresses(url: "httpx2.URL") -> list[str]:
    """Return the IP addresses of a host; none where a proxy looks them up."""
    with suppress(ValueError):
        return [str(ipaddress.ip_address(url.host))]
    proxies = urllib.request.getproxies()
    if proxies.get(url.scheme, proxies.get("all")) and not urllib.request.proxy_bypass(url.host):
        return []
    try:
        return [str(found[4][0]) for found in socket.getaddrinfo(url.host, None)]
    except (OSError, UnicodeError):
        return []


def _is_private(address: str) -> bool:
    found = ipaddress.ip_address(address)
    found = getattr(found, "ipv4_mapped", None) or found
    return found.is_private or found.is_link_local or found.is_multicast or found.is_reserved
