"""Remote images: fetched within limits, from public addresses only, as `data:` URLs."""

from __future__ import annotations

import base64
import http.server
import pickle
import shutil
import socket
import ssl
import struct
import subprocess
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from codex_app_server import AppServerError, Codex, ImageInput, LocalImageInput, TextInput
from codex_app_server._image_http import is_public
from codex_app_server.errors import ImageFetchError
from codex_app_server.images import (
    ImageLimits,
    check_data_url,
    fetch_image,
    inputs_need_fetch,
    local_image_data_url,
    resolve_images,
)
from codex_app_server.testing import Reply, text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from codex_app_server.testing import ScriptedCodexFactory

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(40))
SHORT = ImageLimits(timeout_s=0.3)
_WAIT_S = 10.0


def data_url(media_type: str, data: bytes) -> str:
    return f"data:{media_type};base64,{base64.b64encode(data).decode()}"


class Request(http.server.BaseHTTPRequestHandler):
    """One request, as the test's function answers it."""

    @property
    def scripted(self) -> Server:
        assert isinstance(self.server, Server)
        return self.server

    def do_GET(self) -> None:
        self.scripted.seen.append(self)
        self.scripted.answer(self)

    def do_CONNECT(self) -> None:
        self.scripted.seen.append(self)
        self.send_error(403)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base's
        """Say nothing."""

    def hang_up(self) -> None:
        """Answer nothing at all."""

    def reset(self) -> None:
        """Cut the connection, such that the other side notices an error."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.rfile.close()
        self.connection.close()

    def send(self, body: bytes, *, status: int = 200, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)


class Server(http.server.HTTPServer):
    """A server on loopback, in an OS thread of its own."""

    def __init__(self, answer: Callable[[Request], None]) -> None:
        super().__init__(("127.0.0.1", 0), Request)
        self.answer = answer
        self.seen: list[Request] = []
        self.stopped = threading.Event()
        self.url = f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is what some tests are about."""


@contextmanager
def serving(answer: Callable[[Request], None]) -> Iterator[Server]:
    server = Server(answer)
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.01}, name="scripted-images"
    )
    thread.start()
    try:
        yield server
    finally:
        server.stopped.set()
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for scheme in ("http", "https", "no", "all"):
        monkeypatch.delenv(f"{scheme}_proxy", raising=False)
        monkeypatch.delenv(f"{scheme}_proxy".upper(), raising=False)


# --- what is fetched ---


@pytest.mark.parametrize(
    ("media_type", "data"),
    [
        ("image/png", PNG),
        ("image/jpeg", b"\xff\xd8\xff\xe0 jpeg"),
        ("image/gif", b"GIF89a gif"),
        ("image/gif", b"GIF87a gif"),
        ("image/webp", b"RIFF\x10\0\0\0WEBPVP8 "),
    ],
)
def test_an_image_becomes_a_data_url_by_its_first_bytes(media_type: str, data: bytes) -> None:
    with serving(lambda request: request.send(data, Content_Type="text/plain")) as server:
        assert fetch_image(f"{server.url}/a", allow_private=True) == data_url(media_type, data)
    (request,) = server.seen
    assert request.headers["Accept-Encoding"] == "identity"
    assert request.headers["User-Agent"].startswith("codex-app-server-sdk/")
    assert "Authorization" not in request.headers


def test_a_chunked_image_is_put_together() -> None:
    def answer(request: Request) -> None:
        request.protocol_version = "HTTP/1.1"
        request.close_connection = True
        pieces = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in (PNG[:5], PNG[5:]))
        request.send(pieces + b"0\r\n\r\n", Transfer_Encoding="chunked")

    with serving(answer) as server:
        assert fetch_image(server.url, allow_private=True) == data_url("image/png", PNG)


def test_a_url_is_sent_quoted_and_without_its_fragment() -> None:
    with serving(lambda request: request.send(PNG)) as server:
        fetch_image(f"{server.url}/bild \u00e4.png?q=\u00fc&r=%20#part", allow_private=True)
    assert server.seen[0].path == "/bild%20%C3%A4.png?q=%C3%BC&r=%20"


def test_redirects_are_followed_up_to_the_limit() -> None:
    def answer(request: Request) -> None:
        step = int(request.path.rsplit("/", 1)[1])
        if step == 0:
            request.send(PNG)
        else:
            status = {5: 301, 4: 302, 3: 303, 2: 307}.get(step, 308)
            request.send(b"moved", status=status, Location=f"/a/{step - 1}")

    with serving(answer) as server:
        assert fetch_image(f"{server.url}/a/5", allow_private=True) == data_url("image/png", PNG)
        with pytest.raises(ImageFetchError, match="too many redirects"):
            fetch_image(f"{server.url}/a/6", allow_private=True)
        with pytest.raises(ImageFetchError, match="too many redirects"):
            fetch_image(f"{server.url}/a/1", allow_private=True, limits=ImageLimits(max_redirects=0))


def test_a_password_goes_to_its_own_host_only() -> None:
    with serving(lambda request: request.send(PNG)) as other:

        def answer(request: Request) -> None:
            request.send(b"", status=302, Location=f"{other.url}/b")

        with serving(answer) as server:
            url = f"http://me:p%40ss@127.0.0.1:{server.server_port}/a"
            assert fetch_image(url, allow_private=True) == data_url("image/png", PNG)
    assert server.seen[0].headers["Authorization"] == "Basic " + base64.b64encode(b"me:p@ss").decode()
    assert "Authorization" not in other.seen[0].headers


def test_a_redirect_may_name_its_target_in_raw_bytes() -> None:
    def answer(request: Request) -> None:
        if request.path == "/":
            request.send(b"", status=302, Location="/\u00e4".encode().decode("latin-1"))
        else:
            request.send(PNG)

    with serving(answer) as server:
        fetch_image(server.url, allow_private=True)
    assert [request.path for request in server.seen] == ["/", "/%C3%A4"]


# --- what is refused ---


def refusal(url: str, **settings: Any) -> ImageFetchError:
    with pytest.raises(ImageFetchError) as caught:
        fetch_image(url, **settings)
    return caught.value


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0.0.0.0", "0x7f.1"])
def test_a_private_address_is_refused_before_anything_is_sent(host: str) -> None:
    with serving(lambda request: request.send(PNG)) as server:
        error = refusal(f"http://{host}:{server.server_port}/a.png")
        assert "is not public; if you trust the URL, allow it (allow_private)" in str(error)
        assert server.seen == []


def test_a_redirect_to_another_scheme_or_nowhere_is_refused() -> None:
    targets = {"/f": "file:///etc/hostname", "/g": "ftp://127.0.0.1/a", "/h": "", "/i": "http://[bad"}
    with serving(lambda r: r.send(b"", status=302, Location=targets[r.path])) as server:
        words = [str(refusal(f"{server.url}{path}", allow_private=True)) for path in targets]
    assert "redirected to 'file:///etc/hostname' cannot be fetched: only http and https" in words[0]
    assert "only http and https are fetched, not 'ftp'" in words[1]
    assert "redirected to nowhere" in words[2]
    assert "no valid URL" in words[3]


def test_each_redirect_is_checked_like_the_first_url(monkeypatch: pytest.MonkeyPatch) -> None:
    # The first hop goes through a proxy, which may; the second is exempt from it, so its address counts.
    with serving(lambda request: request.send(PNG)) as inner:

        def answer(request: Request) -> None:
            request.send(b"", status=302, Location=f"{inner.url}/secret?token=x")

        with serving(answer) as proxy:
            monkeypatch.setenv("http_proxy", proxy.url)
            monkeypatch.setenv("no_proxy", "127.0.0.1")
            error = refusal("http://images.example/a.png")
    assert error.url == "http://images.example/a.png"
    assert f"redirected to '{inner.url}/secret' cannot be fetched: its address 127.0.0.1" in str(error)
    assert (len(proxy.seen), inner.seen) == (1, [])


@pytest.mark.parametrize(
    "url",
    [
        "ftp://127.0.0.1/a", "file:///etc/hostname", "data:image/png;base64,", "a.png", "", "http://", "http:///a",
        "http://127.0.0.1:bad/", "http://[::1", "http://a b/", "http://" + "a" * 70 + "/", "http://127.0.0.1:99999/",
    ],
)  # fmt: skip
def test_what_is_no_http_url_is_refused(url: str) -> None:
    error = refusal(url, allow_private=True)
    assert "no valid URL" in str(error) or "only http and https" in str(error)


def test_errors_show_neither_password_nor_query() -> None:
    with serving(lambda request: request.send(b"", status=403)) as server:
        error = refusal(
            f"http://me:pass@127.0.0.1:{server.server_port}/a.png?sig=secret#frag", allow_private=True
        )
    assert error.url == f"{server.url}/a.png"
    assert str(error) == f"the image '{server.url}/a.png' cannot be fetched: the server answered 403"
    assert error.status == 403
    assert isinstance(error, (AppServerError, ValueError))
    copied = pickle.loads(pickle.dumps(error))
    assert (type(copied), str(copied), vars(copied)) == (ImageFetchError, str(error), vars(error))
    assert "pass" not in str(refusal("http://me:pass@127.0.0.1:bad/?sig=secret"))


@pytest.mark.parametrize("status", [204, 206, 404, 500])
def test_another_status_is_told(status: int) -> None:
    with serving(lambda request: request.send(b"", status=status)) as server:
        assert refusal(server.url, allow_private=True).status == status


def test_what_is_no_image_is_told() -> None:
    with serving(lambda request: request.send(b"<!doctype html><p>", Content_Type="text/html")) as server:
        error = refusal(server.url, allow_private=True)
    assert "no PNG, JPEG, GIF or WebP image: text/html, beginning with b'<!doctype html><'" in str(error)


def test_a_compressed_image_is_not_unpacked() -> None:
    with serving(lambda request: request.send(b"\x1f\x8b\x08", Content_Encoding="gzip")) as server:
        assert "beginning with b'\\x1f\\x8b\\x08'" in str(refusal(server.url, allow_private=True))


# --- limits ---


def test_an_image_that_says_it_is_too_large_is_not_read() -> None:
    def answer(request: Request) -> None:
        request.send(PNG, Content_Length=str(10**12))

    with serving(answer) as server:
        assert "more than 20971520 bytes" in str(refusal(server.url, allow_private=True))


def test_an_image_that_turns_out_too_large_is_given_up() -> None:
    def answer(request: Request) -> None:
        request.send(PNG)
        while not request.scripted.stopped.is_set():
            request.wfile.write(bytes(65536))

    with serving(answer) as server:
        error = refusal(server.url, allow_private=True, limits=ImageLimits(max_bytes=100_000))
    assert "more than 100000 bytes" in str(error)


def test_an_image_of_exactly_the_limit_is_taken() -> None:
    limits = ImageLimits(max_bytes=len(PNG))
    with serving(lambda request: request.send(PNG)) as server:
        assert fetch_image(server.url, allow_private=True, limits=limits)


def test_an_image_that_ends_early_is_refused() -> None:
    with serving(lambda request: request.send(PNG, Content_Length="1000")) as server:
        error = str(refusal(server.url, allow_private=True))
    assert "ended after 48 of 1000 bytes" in error or "not complete HTTP (IncompleteRead)" in error


def drip(request: Request, piece: bytes) -> None:
    while not request.scripted.stopped.wait(0.01):
        request.wfile.write(piece)


@pytest.mark.parametrize(
    "start",
    [b"", b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.1 302 OK\r\nLocation: /"],
    ids=["status", "header", "body", "redirect"],
)
def test_a_server_that_drips_does_not_get_past_the_deadline(start: bytes) -> None:
    def answer(request: Request) -> None:
        request.wfile.write(start)
        drip(request, b"x")

    with serving(answer) as server:
        assert "it took longer than 0.3 s" in str(refusal(server.url, allow_private=True, limits=SHORT))


def test_a_server_that_is_silent_does_not_get_past_the_deadline() -> None:
    with serving(lambda request: drip(request, b"")) as server:
        assert "it took longer than 0.3 s" in str(refusal(server.url, allow_private=True, limits=SHORT))


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_server_that_accepts_and_does_no_more_does_not_get_past_the_deadline(scheme: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        url = f"{scheme}://127.0.0.1:{mute.getsockname()[1]}/"
        assert "it took longer than 0.3 s" in str(refusal(url, allow_private=True, limits=SHORT))


def test_a_deadline_that_is_over_at_once_is_told() -> None:
    error = refusal("http://127.0.0.1:1/", allow_private=True, limits=ImageLimits(timeout_s=1e-9))
    assert "it took longer than 1e-09 s" in str(error)


def test_redirects_share_one_deadline() -> None:
    def answer(request: Request) -> None:
        request.scripted.stopped.wait(0.05)
        request.send(b"", status=302, Location="/again")

    limits = ImageLimits(timeout_s=0.3, max_redirects=10_000)
    with serving(answer) as server:
        assert "it took longer than 0.3 s" in str(refusal(server.url, allow_private=True, limits=limits))


def test_a_server_that_refuses_or_speaks_no_http_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    assert "refused" in str(refusal(f"http://127.0.0.1:{port}/", allow_private=True))
    with serving(Request.hang_up) as server:
        assert "RemoteDisconnected" in str(refusal(server.url, allow_private=True))
        server.answer = Request.reset
        assert "reset by peer" in str(refusal(server.url, allow_private=True)).lower()
        assert "SSL" in str(refusal(server.url.replace("http", "https"), allow_private=True))
    with serving(lambda request: drip(request, b"SSH-2.0\r\n")) as server:
        assert "not complete HTTP (BadStatusLine)" in str(refusal(server.url, allow_private=True))


@pytest.mark.parametrize("name", ["timeout_s", "max_bytes", "max_redirects"])
def test_limits_that_allow_nothing_are_refused(name: str) -> None:
    settings: dict[str, Any] = {name: -1}
    with pytest.raises(ValueError, match=f"ImageLimits.{name} must be more than"):
        ImageLimits(**settings)


# --- addresses, proxies, TLS ---


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
        "224.0.0.1", "240.0.0.1", "255.255.255.255", "::", "::1", "fe80::1%lo", "fc00::1", "fd00:ec2::254", "fec0::1",
        "ff02::1", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "::7f00:1",
        "2001:db8::1",
    ],
)  # fmt: skip
def test_an_address_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::"]
)
def test_an_address_is_public(address: str) -> None:
    assert is_public(address)


def test_a_proxy_decides_what_may_be_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(lambda request: request.send(PNG)) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.setenv("https_proxy", proxy.url)
        assert fetch_image("http://images.example/a.png?q=1") == data_url("image/png", PNG)
        assert "Tunnel connection failed: 403" in str(refusal("https://images.example/a.png"))
    assert [request.path for request in proxy.seen] == [
        "http://images.example/a.png?q=1",
        "images.example:443",
    ]


def test_a_proxy_that_is_the_target_is_checked_as_the_target(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(lambda request: request.send(PNG)) as server:
        monkeypatch.setenv("http_proxy", server.url)
        assert "is not public" in str(refusal(f"{server.url}/a.png"))
        assert server.seen == []


def test_a_proxy_of_another_protocol_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    for scheme in ("http", "https"):
        monkeypatch.setenv(f"{scheme}_proxy", "socks5://127.0.0.1:1")
        assert "is no HTTP proxy" in str(refusal(f"{scheme}://images.example/a.png"))


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl command to make a certificate with")
def test_a_certificate_is_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = ["-keyout", str(tmp_path / "key"), "-out", str(tmp_path / "cert")]
    wanted = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", *names, *wanted],
        check=True,
        capture_output=True,
        timeout=60,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert", tmp_path / "key")
    with serving(lambda request: request.send(PNG)) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        url = f"https://localhost:{server.server_port}/a.png"
        assert "certificate verify failed" in str(refusal(url, allow_private=True))
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert"))
        assert fetch_image(url, allow_private=True) == data_url("image/png", PNG)
        wrong = f"https://127.0.0.1:{server.server_port}/a.png"
        assert "certificate" in str(refusal(wrong, allow_private=True))


# --- inputs ---


@pytest.mark.parametrize("url", ["data:image/png;base64,AA==", "DATA:,", "http://a/", "HTTPS://a/b"])
def test_data_and_http_urls_are_urls_of_images(url: str) -> None:
    check_data_url(url)


@pytest.mark.parametrize("url", ["a.png", "file:///a.png", "ftp://a/", "", "httpx://a", "C:\\a.png?secret"])
def test_another_url_is_refused_with_advice(url: str) -> None:
    with pytest.raises(ValueError, match=r"must begin with 'data:'.*LocalImageInput") as caught:
        check_data_url(url)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "value",
    [
        "http://a/",
        TextInput("http://a/"),
        ImageInput("data:image/png;base64,AA=="),
        LocalImageInput("http://a/"),
        ["http://a/", ImageInput("data:,")],
        [],
    ],
)
def test_input_without_a_remote_image_stays_the_same_object(value: Any) -> None:
    assert not inputs_need_fetch(value)
    assert resolve_images(value) is value


def test_remote_images_of_the_input_are_fetched_in_their_places() -> None:
    with serving(lambda request: request.send(PNG)) as server:
        remote, local = ImageInput(f"{server.url}/a"), LocalImageInput("b.png")
        assert inputs_need_fetch(remote)
        assert inputs_need_fetch(("Look:", remote))
        fetched = ImageInput(data_url("image/png", PNG))
        assert resolve_images(remote, allow_private=True) == fetched
        given = ("Look:", remote, local, TextInput("And:"), fetched)
        assert resolve_images(given, allow_private=True) == [
            "Look:", fetched, local, TextInput("And:"), fetched,
        ]  # fmt: skip
        with pytest.raises(ImageFetchError, match="is not public"):
            resolve_images(given)


def test_a_text_only_turn_loads_nothing_of_http() -> None:
    code = (
        "import sys; from codex_app_server.images import resolve_images; resolve_images(['a']);"
        "print(*sorted({'urllib.request', 'http.client', 'ssl', 'socket', 'base64'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_a_file_becomes_a_data_url(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(PNG)
    (tmp_path / "b").write_text("no image")
    assert local_image_data_url(tmp_path / "a") == data_url("image/png", PNG)
    with pytest.raises(ValueError, match="more than 10 bytes"):
        local_image_data_url(tmp_path / "a", limits=ImageLimits(max_bytes=10))
    with pytest.raises(ValueError, match="no PNG, JPEG, GIF or WebP image: it begins with b'no image'"):
        local_image_data_url(str(tmp_path / "b"))


def test_the_true_server_takes_a_fetched_image(scripted_codex: ScriptedCodexFactory) -> None:
    pixel = base64.b64decode(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    )
    setup = scripted_codex(Reply(text("a dot")))
    with serving(lambda request: request.send(pixel)) as server:
        value = resolve_images(["What is it?", ImageInput(f"{server.url}/dot.png")], allow_private=True)
    with Codex(setup.config) as codex:
        assert codex.thread_start().run(value).text == "a dot"
    (request,) = setup.model.requests
    assert data_url("image/png", pixel) in str(request.body["input"])
