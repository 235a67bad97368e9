"""The HTTP side of the scripted model, spoken to byte by byte and by many at once."""

import asyncio
import gc
import gzip
import http.client
import json
from urllib.parse import urlsplit

import pytest
from codex_app_server.testing import Gate, Reply, ScriptedModel, hold, text
from codex_app_server.testing._http import HttpError, HttpReader

BODY = json.dumps({"model": "m", "input": [{"role": "user", "content": "hi"}], "stream": True}).encode()
POST = b"POST /v1/responses HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"


def connect(model: ScriptedModel) -> http.client.HTTPConnection:
    address = urlsplit(model.base_url)
    assert address.hostname
    return http.client.HTTPConnection(address.hostname, address.port, timeout=30)


def events(body: bytes) -> list[dict[str, object]]:
    return [json.loads(line[6:]) for line in body.splitlines() if line.startswith(b"data: ")]


def test_one_connection_serves_many_requests() -> None:
    with ScriptedModel("Hello there") as model:
        connection = connect(model)
        for headers, body in (
            ({}, BODY),
            ({"Content-Encoding": "gzip"}, gzip.compress(BODY)),
            ({"Transfer-Encoding": "chunked"}, iter([BODY[:7], BODY[7:]])),
        ):
            connection.request(
                "POST", "/v1/responses", body, headers, encode_chunked="Transfer-Encoding" in headers
            )
            response = connection.getresponse()
            seen = events(response.read())
            assert (seen[0]["type"], seen[-1]["type"]) == ("response.created", "response.completed")
            assert [event["sequence_number"] for event in seen] == list(range(len(seen)))
        connection.request("GET", "/v1/models")
        assert connection.getresponse().read()
        connection.request("PUT", "/v1/elsewhere?x=1", b"")
        response = connection.getresponse()
        assert (response.status, b"/v1/elsewhere" in response.read()) == (404, True)
        connection.close()
        assert [(other.method, other.path, other.status) for other in model.other_requests] == [
            ("GET", "/v1/models", 200),
            ("PUT", "/v1/elsewhere?x=1", 404),
        ]
        assert len(model.requests) == 3


def test_a_body_that_is_not_json_is_refused() -> None:
    with ScriptedModel("Hello!") as model:
        connection = connect(model)
        connection.request("POST", "/v1/responses", b"{")
        assert connection.getresponse().status == 400
        connection.close()
        assert model.requests == ()


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
@pytest.mark.parametrize(
    "message",
    [
        POST + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY,
        POST + b"Transfer-Encoding: chunked\r\n\r\n5;x=y\r\n" + BODY[:5] + b"\r\n%x\r\n" % len(BODY[5:]) + BODY[5:] + b"\r\n0\r\n\r\n",
        POST + b"Transfer-Encoding: chunked\r\n\r\n%X\r\n" % len(BODY) + BODY + b"\r\n0\r\nTrailer: x\r\n\r\n",
    ],
)  # fmt: skip
def test_requests_are_read_however_they_are_cut(message: bytes, size: int) -> None:
    reader = HttpReader()
    bodies: list[bytes] = []
    stream = message * 2
    for start in range(0, len(stream), size):
        reader.feed(stream[start : start + size])
        while (request := reader.next_request()) is not None:
            bodies.append(request.body)
    assert bodies == [BODY, BODY]


@pytest.mark.parametrize(
    ("message", "status"),
    [
        (b"hello\r\n\r\n", 400),
        (b"POST / HTTP/2\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nno colon\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n", 413),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Encoding: zstd\r\nContent-Length: 1\r\n\r\nx", 415),
        (b"POST / HTTP/1.1\r\nContent-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx", 400),
        (b"x" * 300_000, 431),
    ],
)
def test_what_is_not_http_is_refused(message: bytes, status: int) -> None:
    reader = HttpReader()
    reader.feed(message)
    with pytest.raises(HttpError) as caught:
        reader.next_request()
    assert caught.value.status == status


def test_a_thousand_streams_are_open_at_once() -> None:
    gate = Gate()
    count = 1000

    async def one(model: ScriptedModel) -> bytes:
        address = urlsplit(model.base_url)
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        writer.write(POST + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(BODY) + BODY)
        body = await reader.read()
        writer.close()
        await writer.wait_closed()
        return body

    async def all_of_them(model: ScriptedModel) -> list[bytes]:
        tasks = [asyncio.ensure_future(one(model)) for _ in range(count)]
        await asyncio.get_running_loop().run_in_executor(None, lambda: gate.wait_reached(60, count=count))
        gate.open()
        return await asyncio.gather(*tasks)

    with ScriptedModel(Reply(text("before"), hold(gate), text("a b c d", pace_s=0.001))) as model:
        bodies = asyncio.run(all_of_them(model))
        assert len(bodies) == count
        assert all(b"response.completed" in body for body in bodies)
        assert all(request.finished for request in model.requests)


@pytest.mark.parametrize("rounds", range(5))
def test_a_connection_that_comes_as_the_model_stops_is_closed(rounds: int) -> None:
    with ScriptedModel("never asked") as model:
        client, loop, stop, thread = connect(model), model._loop, model._stop, model._thread
        assert loop is not None
        assert stop is not None
        assert thread is not None

        def connect_and_stop() -> None:
            # In its own loop, so that it has accepted the connection by the round in which it is told to stop.
            client.connect()
            stop_after(rounds)

        def stop_after(left: int) -> None:
            if left:
                loop.call_soon(stop_after, left - 1)
            else:
                stop.set()

        loop.call_soon_threadsafe(connect_and_stop)
        thread.join(60)
    client.close()
    # What was not closed complains when it is collected, and a warning is an error here.
    gc.collect()
