"""Downloads for `images`: HTTP from the standard library, with what that lacks for URLs of strangers.

A deadline for all of it, a limit of size, and no connection to an address that is not public. Addresses are
checked after the host name was looked up and connected to as they are, so a second answer of the name
service changes nothing. Imported when there is something to fetch.
"""

from __future__ import annotations

import base64
import io
import re
import socket
import ssl
import string
import time
from contextlib import closing
from functools import partial
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import TYPE_CHECKING, Any, NamedTuple, cast
from urllib.error import URLError
from urllib.parse import quote, unquote, urljoin, urlsplit, urlunsplit
from urllib.request import HTTPHandler, HTTPSHandler, OpenerDirector, ProxyHandler, Request

from codex_app_server._version import __version__
from codex_app_server.errors import ImageFetchError

if TYPE_CHECKING:
    from typing_extensions import Buffer, Self

    from codex_app_server.images import ImageLimits

__all__ = ["Download", "download", "is_public"]

_CHUNK_BYTES = 64 * 1024
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_HEADERS = {
    "Accept": "image/png, image/jpeg, image/gif, image/webp",
    "User-Agent": f"codex-app-server-sdk/{__version__}",
}
_HOST = re.compile(r"[A-Za-z0-9._:-]+")
_SHOWN_CHARS = 200
# Addresses of IPv4 within IPv6, by which a gateway would reach them (RFC 6052).
_NAT64 = IPv6Network("64:ff9b::/96")


class Download(NamedTuple):
    """What came.

    Attributes:
        data: The body, not decoded.
        content_type: What the server called it.
        url: The URL that was asked for, without what may be secret.
    """

    data: bytes
    content_type: str | None
    url: str


class _RefusedError(Exception):
    """This download is not to go on, for the reason that is the message."""

    def __init__(self, reason: str, *, status: int | None = None) -> None:
        super().__init__(reason)
        self.status = status


def download(url: str, *, allow_private: bool, limits: ImageLimits) -> Download:
    """Fetch a URL with its redirects.

    Raises:
        ImageFetchError: There is no complete answer of status 200 within the limits.
    """
    deadline = time.monotonic() + limits.timeout_s
    at = url
    left = limits.max_redirects
    try:
        while True:
            with closing(_open(_request(at), deadline, allow_private=allow_private)) as response:
                if response.status not in _REDIRECTS:
                    data = _body(response, limits.max_bytes)
                    return Download(data, response.headers.get("Content-Type"), _shown(url))
                at = _next(at, response, left)
            left -= 1
    except _RefusedError as exc:
        raise _error(url, at, str(exc), status=exc.status) from exc
    except TimeoutError as exc:
        raise _error(url, at, f"it took longer than {limits.timeout_s:g} s") from exc
    except URLError as exc:
        late = isinstance(exc.reason, TimeoutError)
        reason = f"it took longer than {limits.timeout_s:g} s" if late else str(exc.reason)
        raise _error(url, at, reason) from exc
    except HTTPException as exc:
        raise _error(url, at, f"the answer is not complete HTTP ({type(exc).__name__})") from exc
    except OSError as exc:
        raise _error(url, at, str(exc)) from exc


def _error(url: str, at: str, reason: str, *, status: int | None = None) -> ImageFetchError:
    where = "" if at == url else f", redirected to {_shown(at)!r}"
    return ImageFetchError(
        f"the image {_shown(url)!r}{where} cannot be fetched: {reason}", url=_shown(url), status=status
    )


def _shown(url: str) -> str:
    """Return a URL without user, password, query and fragment."""
    bare = re.split(r"[?#]", url, maxsplit=1)[0]
    return re.sub(r"(?<=//)[^/]*@", "", bare)[:_SHOWN_CHARS]


def _request(url: str) -> Request:
    """Return the request for a URL, whose parts are made such that `http.client` takes them."""
    try:
        parts = urlsplit(url)
        port = "" if parts.port is None else f":{parts.port}"
        host = (parts.hostname or "").encode("idna").decode()
    except ValueError:
        # Its message would show the URL with all that may be secret.
        raise _RefusedError("it is no valid URL") from None
    if parts.scheme not in {"http", "https"}:
        raise _RefusedError(f"only http and https are fetched, not {parts.scheme!r}")
    if not _HOST.fullmatch(host):
        raise _RefusedError("it is no valid URL")
    place = f"[{host}]{port}" if ":" in host else host + port
    path, query = (quote(part, safe=string.punctuation) for part in (parts.path or "/", parts.query))
    request = Request(urlunsplit((parts.scheme, place, path, query, "")), headers=_HEADERS)  # noqa: S310 - checked
    if parts.username is not None:
        secret = f"{unquote(parts.username)}:{unquote(parts.password or '')}".encode()
        request.add_header("Authorization", "Basic " + base64.b64encode(secret).decode())
    return request


def _next(at: str, response: HTTPResponse, left: int) -> str:
    if left <= 0:
        raise _RefusedError("there were too many redirects", status=response.status)
    target = response.headers.get("Location")
    if not target:
        raise _RefusedError("it is redirected to nowhere", status=response.status)
    try:
        # Headers are read as Latin-1, so this gives back the bytes that were sent.
        return urljoin(at, quote(target, safe=string.punctuation, encoding="latin-1"))
    except ValueError:
        raise _RefusedError("it is redirected to what is no valid URL", status=response.status) from None


def _open(request: Request, deadline: float, *, allow_private: bool) -> HTTPResponse:
    """Send a request and return the response, whatever its status."""
    # Nothing that knows files, FTP, cookies, passwords or redirects.
    route = _Route(_Proxies(), deadline, allow_private)
    opener = OpenerDirector()
    opener.addheaders = []
    for handler in (route.proxies, _PlainHandler(route), _TlsHandler(route)):
        opener.add_handler(handler)
    response: HTTPResponse = opener.open(request, timeout=_left(deadline))
    return response


def _body(response: HTTPResponse, max_bytes: int) -> bytes:
    if response.status != 200:
        raise _RefusedError(f"the server answered {response.status}", status=response.status)
    declared = response.length
    too_large = _RefusedError(f"it has more than {max_bytes} bytes")
    if declared is not None and declared > max_bytes:
        raise too_large
    data = bytearray()
    while chunk := response.read1(_CHUNK_BYTES):
        data += chunk
        if len(data) > max_bytes:
            raise too_large
    if declared is not None and len(data) != declared:
        raise _RefusedError(f"it ended after {len(data)} of {declared} bytes")
    return bytes(data)


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


# --- addresses ---------------------------------------------------------------------------------


def is_public(address: str) -> bool:
    """Tell whether a numeric address is one of the public internet."""
    parsed = ip_address(address.split("%", 1)[0])
    if isinstance(parsed, IPv6Address):
        inner = parsed.ipv4_mapped or parsed.sixtofour
        if parsed in _NAT64:
            inner = IPv4Address(int(parsed) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
        if parsed.is_site_local:
            return False
    return parsed.is_global and not (parsed.is_multicast or parsed.is_reserved)


def _dial(host: str, port: int, deadline: float, *, allow_private: bool) -> socket.socket:
    """Connect to the first address of a host that may be connected to and answers."""
    problem: Exception = OSError("the host has no address")
    for family, kind, protocol, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        if not allow_private and not is_public(str(address[0])):
            problem = _RefusedError(
                f"its address {address[0]} is not public; if you trust the URL, allow it (allow_private)"
            )
            continue
        connection = socket.socket(family, kind, protocol)
        try:
            connection.settimeout(_left(deadline))
            connection.connect(address)
        except OSError as exc:
            connection.close()
            problem = exc
        else:
            return connection
    raise problem


# --- what urllib calls -------------------------------------------------------------------------


class _Proxies(ProxyHandler):
    """The proxies of the environment, and whether this request went to one."""

    used = False

    def proxy_open(self, req: Request, proxy: str, type: str) -> object:  # noqa: A002 - the name is urllib's
        before, used_before = req.host, self.used
        # The request may be sent in here; where no proxy is to be used for it, nothing happens.
        self.used = True
        result: object = super().proxy_open(req, proxy, type)
        changed = req.host != before
        self.used = used_before or changed
        if changed and "://" in proxy and not proxy.lower().startswith(("http://", "https://")):
            raise _RefusedError("the proxy of the environment is no HTTP proxy")
        return result


class _Route(NamedTuple):
    """How the connections of one request are made."""

    proxies: _Proxies
    deadline: float
    allow_private: bool


class _PlainHandler(HTTPHandler):
    def __init__(self, route: _Route) -> None:
        super().__init__()
        self._route = route

    def http_open(self, req: Request) -> HTTPResponse:
        return self.do_open(partial(_plain_connection, self._route), req)


class _TlsHandler(HTTPSHandler):
    def __init__(self, route: _Route) -> None:
        super().__init__()
        self._route = route

    def https_open(self, req: Request) -> HTTPResponse:
        return self.do_open(partial(_tls_connection, self._route), req)


def _plain_connection(route: _Route, host: str, **settings: Any) -> HTTPConnection:
    return _PlainConnection(host, **settings).by(route)


def _tls_connection(route: _Route, host: str, **settings: Any) -> HTTPConnection:
    return _TlsConnection(host, context=ssl.create_default_context(), **settings).by(route)


class _PlainConnection(HTTPConnection):
    _route: _Route
    _responses: list[HTTPResponse]

    def by(self, route: _Route) -> Self:
        self._route = route
        self._responses = []
        make = partial(_TimedResponse, deadline=route.deadline, made=self._responses)
        self.response_class = cast("type[HTTPResponse]", make)
        return self

    def connect(self) -> None:
        if not self._route.proxies.used:
            self.sock = _dial(
                self.host, self.port, self._route.deadline, allow_private=self._route.allow_private
            )
            return
        try:
            super().connect()
        except OSError:
            # Before Python 3.12 nobody closes the answer of a proxy that refuses a tunnel.
            for response in self._responses:
                response.close()
            raise


class _TlsConnection(HTTPSConnection, _PlainConnection):
    """Connects as the plain one does, which is next in line, and speaks TLS over that."""


class _TimedResponse(HTTPResponse):
    """A response whose every read ends by the deadline: a timeout of a socket begins anew with each byte."""

    def __init__(
        self,
        sock: socket.socket,
        debuglevel: int = 0,
        method: str | None = None,
        url: str | None = None,
        *,
        deadline: float,
        made: list[HTTPResponse],
    ) -> None:
        super().__init__(sock, debuglevel, method, url)
        made.append(self)
        self.fp.close()
        self.fp = io.BufferedReader(_TimedReader(sock, deadline))


class _TimedReader(io.RawIOBase):
    def __init__(self, sock: socket.socket, deadline: float) -> None:
        super().__init__()
        self._sock = sock
        # The socket stays open until its last file is closed, also when the connection lets go of it.
        self._file = sock.makefile("rb", buffering=0)
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer, /) -> int | None:
        self._sock.settimeout(_left(self._deadline))
        return self._file.readinto(memoryview(buffer))

    def close(self) -> None:
        self._file.close()
        super().close()
