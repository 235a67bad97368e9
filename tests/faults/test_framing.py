"""F6-F11, F18-F21, F27: whatever the bytes are, messages come out whole, and what is none disturbs nobody."""

from __future__ import annotations

import itertools
import json
import logging
import threading
from typing import TYPE_CHECKING, Any

import anyio
import pytest
from codex_app_server import (
    AppServerConfig,
    AsyncCodex,
    Codex,
    OtherEvent,
    RemoteProtocolError,
    TextDelta,
    ToolFinished,
    TurnFinished,
)
from codex_app_server.testing import FakeServer, steps

if TYPE_CHECKING:
    from codex_app_server import (
        Message,
    )
    from codex_app_server._engine.connection import Connection
    from codex_app_server.testing import ScriptedCodexFactory
    from codex_app_server.testing.steps import Step
    from faults.conftest import ViaProxy

PLACE = {"threadId": "thread-1", "turnId": "turn-1"}
MIB = 1024 * 1024


def delta(text: str) -> bytes:
    params = {**PLACE, "itemId": "turn-1-message", "delta": text}
    return json.dumps({"method": "item/agentMessage/delta", "params": params}, ensure_ascii=False).encode(
        "utf-8", "surrogatepass"
    )


def in_a_turn(*inside: Step) -> list[Step]:
    begin = [*steps.handshake(), *steps.thread_start(), *steps.turn_begin()]
    return [*begin, *inside, *steps.turn_end(), *steps.turn("next", turn_id="turn-2"), steps.hang()]


def texts_of(codex: Codex) -> list[str]:
    """Run the turn, and another one after it, to see that all is well; return the deltas of the first."""
    thread = codex.thread_start()
    deltas = [event.text for event in thread.turn("x").events(timeout_s=30) if isinstance(event, TextDelta)]
    assert thread.run("y", timeout_s=30).text == "next"
    return deltas


def connection_of(codex: Codex | AsyncCodex) -> Connection:
    assert codex._engine._link is not None
    connection = codex._engine._link._connection
    assert connection is not None
    return connection


# --- F6, F7: cuts ---


def test_f06_messages_may_come_in_pieces_in_heaps_and_with_any_line_ends() -> None:
    byte_by_byte = steps.send_raw(*(bytes([byte]) for byte in delta("piece by piece") + b"\n"))
    heap = steps.send_raw(b"".join(delta(f"{number},") + b"\r\n\n" for number in range(1000)))
    with FakeServer(in_a_turn(byte_by_byte, heap)) as server, Codex(server.config) as codex:
        assert texts_of(codex) == ["piece by piece", *(f"{number}," for number in range(1000))]
        assert connection_of(codex).garbage_lines == 0


def test_f06_a_message_without_its_newline_before_the_exit_is_still_read() -> None:
    last = b'{"method":"turn/completed","params":{"threadId":"thread-1","turn":{"id":"turn-1","items":[],"status":"completed"}}}'
    scenario = [
        *steps.handshake(),
        *steps.thread_start(),
        *steps.turn_begin(),
        steps.send_raw(last),
        steps.exit_with(0),
    ]
    with FakeServer(scenario) as server, Codex(server.config) as codex:
        assert codex.thread_start().run("x").status == "completed"


def test_f07_text_is_unchanged_wherever_it_is_cut() -> None:
    words = ["h\u00e9llo", "\u65e5\u672c\u2028\u2029\x85", "\U0001f469\u200d\U0001f4bb", "\u0000\u0007"]
    data = b"".join(delta(word) + b"\n" for word in words)
    with FakeServer(in_a_turn(steps.send_raw(*(bytes([byte]) for byte in data)))) as server:
        with Codex(server.config) as codex:
            assert texts_of(codex) == words


def test_f07_an_escaped_lone_surrogate_is_read_and_may_be_said_again() -> None:
    line = b'{"method":"item/agentMessage/delta","params":{"threadId":"thread-1","turnId":"turn-1","itemId":"m","delta":"a\\ud800b"}}\n'
    scenario = [
        *steps.handshake(), *steps.thread_start(), *steps.turn_begin(), steps.send_raw(line), *steps.turn_end(),
        *steps.turn("next", turn_id="turn-2"), steps.hang(),
    ]  # fmt: skip
    with FakeServer(scenario) as server, Codex(server.config) as codex:
        thread = codex.thread_start()
        said = thread.run("x").streamed_text
        assert said == "a\ud800b"
        assert thread.run(said).text == "next"
        asked = [seen["params"]["input"] for seen in server.received if seen.get("method") == "turn/start"]
    assert asked[1] == [{"type": "text", "text": "a\ufffdb"}]


# --- F8-F10: what is no message ---


def test_f08_garbage_between_messages_is_skipped() -> None:
    scenario = [
        *steps.handshake(), *steps.thread_start(), *steps.turn_begin(),
        steps.repeat(100, [steps.send_raw(b"warning: not json {i}\n")]),
        steps.send_raw(b"[1]\n1\nnull\n\n\xff\xfe\n", b'{"id":99999,"result":{}}\n', b'{"id":null}\n', b'{"neither":1}\n'),
        steps.notify("brand/new", {"threadId": "thread-1", "turnId": "turn-1"}),
        *steps.turn_message("fine"), *steps.turn_end(),
    ]  # fmt: skip
    with FakeServer(scenario) as server, Codex(server.config) as codex:
        events = list(codex.thread_start().turn("x").events())
        assert [
            event.raw for event in events if isinstance(event, OtherEvent) and event.method == "brand/new"
        ]
        assert codex._engine._link is not None
        connection = codex._engine._link._connection
        assert connection is not None
        assert connection.garbage_lines >= 106
        assert connection.stray_answers == 1


def test_f08_nothing_but_garbage_is_an_error() -> None:
    scenario = [
        *steps.handshake(),
        *steps.thread_start(),
        *steps.turn_begin(),
        steps.repeat(1100, [steps.send_raw(b"garbage\n")]),
        steps.hang(),
    ]
    with FakeServer(scenario) as server, Codex(server.config) as codex:
        with pytest.raises(RemoteProtocolError, match="lines in a row"):
            codex.thread_start().run("x")


def test_f08_garbage_does_not_fill_the_log(caplog: pytest.LogCaptureFixture) -> None:
    lines = steps.repeat(
        600, [steps.send_raw(b"Progress: 50%\r\n"), steps.notify("warning", {"message": "-"})]
    )
    with FakeServer(in_a_turn(lines)) as server, caplog.at_level(logging.INFO, "codex_app_server"):
        with Codex(server.config) as codex:
            assert texts_of(codex) == []
    told = [record.getMessage() for record in caplog.records]
    assert told == [
        f"skipped {count} lines from the app-server so far that are no message; the last one has 14 bytes"
        for count in (1, 10, 100)
    ]


@pytest.mark.parametrize(
    "line",
    [
        delta("broken").replace(b"broken", b"\xc3\x28 \xff \xed\xa0\x80"),
        b"\xff\xfe" + delta("two bytes each").decode().encode("utf-16-le"),
        b"\xef\xbb\xbf" + delta("marked")[:-1],
        b"\x00" * 100,
        delta("cut off")[:-5],
        delta("two") + delta("on one line"),
    ],
)
def test_f09_a_line_that_is_no_text_is_garbage(line: bytes) -> None:
    scenario = in_a_turn(steps.send_raw(line + b"\n", delta("fine") + b"\n"))
    with FakeServer(scenario) as server, Codex(server.config) as codex:
        assert texts_of(codex) == ["fine"]
        assert connection_of(codex).garbage_lines == 1


@pytest.mark.parametrize(
    "line",
    [
        b"[]",
        b"1",
        b"null",
        b'"text"',
        b"NaN",
        b"[" * 100_000,
        b"[" * 100_000 + b"]" * 100_000,
        b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
        b'{"method":"warning","params":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b"1" * 100_000,
    ],
    ids=range(10),
)
def test_f10_s15_what_is_no_object_or_a_bomb_is_garbage(line: bytes) -> None:
    scenario = in_a_turn(steps.send_raw(line + b"\n", delta("fine") + b"\n"))
    with FakeServer(scenario) as server, Codex(server.config) as codex:
        assert texts_of(codex) == ["fine"]
        assert connection_of(codex).garbage_lines == 1


def test_s15_odd_json_is_read_with_bounds() -> None:
    odd = [
        delta("twice").replace(
            b'"params": {', b'"params": {}, "method": "item/agentMessage/delta", "params": {"delta": "no", '
        )
        + b"\n",
        delta("nul \0 inside") + b"\n",
        b'{"method":"warning","params":{"threadId":"thread-1","n":1e999,"m":-1E400,"i":'
        + b"9" * 4000
        + b"}}\n",
        b'{"method":"warning","params":{"threadId":"thread-1","deep":' + b"[" * 150 + b"]" * 150 + b"}}\n",
    ]
    with FakeServer(in_a_turn(steps.send_raw(*odd))) as server, Codex(server.config) as codex:
        assert texts_of(codex) == ["twice", "nul \0 inside"]


# --- F11: long messages ---


def test_f11_a_message_that_is_too_long_ends_only_its_turn() -> None:
    big = (
        b'{"method":"item/completed","params":{"threadId":"thread-1","turnId":"turn-1","item":"'
        + b"x" * 70_000
        + b'"}}\n'
    )
    scenario = [
        *steps.handshake(), *steps.thread_start(), *steps.turn_begin(), steps.send_raw(big),
        steps.expect("thread/start", save_as="other"), steps.reply({"thread": {"id": "thread-2"}}, to="other"),
    ]  # fmt: skip
    with FakeServer(scenario) as server:
        config = AppServerConfig(launch_args_override=server.argv, max_message_bytes=65_536)
        with Codex(config) as codex:
            with pytest.raises(RemoteProtocolError, match="max_message_bytes is 65536"):
                codex.thread_start().run("x")
            assert codex.thread_start().id == "thread-2"


def long_line(size: int, *, names_its_turn: bool = True) -> list[Step]:
    """Send a delta whose line has a size in bytes."""
    head, tail = delta("@").split(b"@")
    if not names_its_turn:
        head = b'{"params":{"delta":"'
        tail = b'","itemId":"m","threadId":"thread-1","turnId":"turn-1"},"method":"item/agentMessage/delta"}'
    padding = size - len(head) - len(tail)
    blocks, rest = divmod(padding, 65536)
    block = steps.repeat(blocks, [steps.send_raw(b"x" * 65536)])
    return [steps.send_raw(head), block, steps.send_raw(b"x" * rest + tail + b"\n")]


@pytest.mark.parametrize("size", [10_000_000, 64 * MIB])
def test_f11_a_long_message_is_delivered_whole(size: int) -> None:
    with FakeServer(in_a_turn(*long_line(size))) as server, Codex(server.config) as codex:
        (text,) = texts_of(codex)
    assert text == "x" * (size - len(delta("")))


@pytest.mark.parametrize("names_its_turn", [True, False])
def test_f11_a_message_beyond_the_limit_ends_its_turn_or_all_and_the_connection_goes_on(
    *, names_its_turn: bool
) -> None:
    other = [
        steps.expect("thread/start", save_as="thread2"), steps.reply({"thread": {"id": "thread-2"}}, to="thread2"),
        *steps.turn_begin("turn-2", save_as="turn2"),
    ]  # fmt: skip
    after = [
        *steps.turn_message("whole", turn_id="turn-2", turn="turn2"),
        *steps.turn_end(turn_id="turn-2", turn="turn2"),
        steps.expect("account/read"),
        steps.reply({"fine": True}),
        steps.hang(),
    ]
    begin = [*steps.handshake(), *steps.thread_start(), *steps.turn_begin()]
    too_long = long_line(64 * MIB + 1, names_its_turn=names_its_turn)
    with FakeServer([*begin, *other, steps.barrier("both"), *too_long, *after]) as server:
        with Codex(server.config) as codex:
            turns = [codex.thread_start().turn("x") for _ in range(2)]
            server.release("both")
            with pytest.raises(RemoteProtocolError, match=f"message of {64 * MIB + 1} bytes"):
                turns[0].run(timeout_s=30)
            if names_its_turn:
                assert turns[1].run(timeout_s=30).text == "whole"
            else:
                with pytest.raises(RemoteProtocolError, match=f"message of {64 * MIB + 1} bytes"):
                    turns[1].run(timeout_s=30)
            assert codex.request_raw("account/read") == {"fine": True}


# --- F18-F21: answers and their ids ---


@pytest.mark.anyio
async def test_f18_f19_answers_that_come_twice_or_to_nobody_wake_nobody(
    scripted_codex: ScriptedCodexFactory, via_proxy: ViaProxy
) -> None:
    setup = scripted_codex(lambda request: f"answer to {request.last_user_text}")
    texts: dict[str, str] = {}
    async with AsyncCodex(via_proxy(setup.config, "double")) as codex:

        async def run(words: str) -> None:
            texts[words] = (await (await codex.thread_start(ephemeral=True)).run(words)).text

        with anyio.fail_after(60):
            async with anyio.create_task_group() as group:
                for number in range(5):
                    group.start_soon(run, f"question {number}")
        # Of each of the answers to `initialize`, `thread/start` and `turn/start`: one too many, and eight to nobody.
        assert connection_of(codex).stray_answers >= 11 * 8
    assert texts == {f"question {number}": f"answer to question {number}" for number in range(5)}


def test_f20_ids_are_never_used_again(
    scripted_codex: ScriptedCodexFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = 2**31 - 4
    monkeypatch.setattr("codex_app_server._engine.engine._request_ids", itertools.count(start))
    sent: list[Message] = []
    with Codex(scripted_codex("fine").config, message_hook=sent.append) as codex:
        thread = codex.thread_start()
        assert thread.run("one").text == "fine"
        codex.restart()
        assert thread.run("two").text == "fine"
    ids = [message.id for message in sent if message.is_sent and message.kind == "request"]
    assert ids == list(range(start, start + len(ids)))
    assert len(ids) > 5


def test_f21_a_thousand_answers_in_reverse_each_reach_their_caller() -> None:
    count = 1000
    asked = [steps.expect("account/read", save_as=f"r{number}") for number in range(count)]
    answers = [
        steps.reply({"of": f"{{r{number}.params.word}}"}, to=f"r{number}")
        for number in reversed(range(count))
    ]
    with FakeServer([*steps.handshake(), *asked, *answers, steps.hang()]) as server:
        config = AppServerConfig(launch_args_override=server.argv, max_requests_in_flight=count)
        got: dict[str, Any] = {}
        with Codex(config) as codex:

            def ask(word: str) -> None:
                got[word] = codex.request_raw("account/read", {"word": word}, timeout_s=60)

            workers = [threading.Thread(target=ask, args=(f"word {number}",)) for number in range(count)]
            for worker in workers:
                worker.start()
            for worker in workers:
                worker.join()
    assert got == {f"word {number}": {"of": f"word {number}"} for number in range(count)}


@pytest.mark.anyio
@pytest.mark.parametrize("seed", range(3))
async def test_f21_f22_late_answers_in_any_order_are_those_of_their_requests(
    seed: int, scripted_codex: ScriptedCodexFactory, via_proxy: ViaProxy
) -> None:
    setup = scripted_codex(lambda request: f"answer to {request.last_user_text}")
    texts: dict[str, str] = {}
    async with AsyncCodex(via_proxy(setup.config, "late", seed)) as codex:

        async def run(words: str) -> None:
            thread = await codex.thread_start(ephemeral=True)
            for turn in ("first", "second"):
                result = await thread.run(f"{turn} {words}")
                assert result.streamed_text == result.text
                texts[f"{turn} {words}"] = result.text

        with anyio.fail_after(60):
            async with anyio.create_task_group() as group:
                for number in range(8):
                    group.start_soon(run, f"question {number}")
    assert texts == {words: f"answer to {words}" for words in texts}
    assert len(texts) == 16


# --- F27: what nobody knows ---


def test_f27_what_is_unknown_or_of_the_wrong_type_passes_through() -> None:
    item = {"type": "hologram", "id": "h", "status": "shimmering", "depth": {"of": ["field"]}}
    unknown = [
        steps.notify("brand/new", {**PLACE, "x": 1}),
        steps.notify("item/started", {**PLACE, "item": item}),
        steps.notify("item/completed", {**PLACE, "item": item}),
        steps.notify("item/agentMessage/delta", {**PLACE, "itemId": 7, "delta": ["no", "text"]}),
        steps.notify("thread/tokenUsage/updated", {**PLACE, "tokenUsage": "many"}),
        steps.notify("turn/plan/updated", {**PLACE, "plan": {"step": 1}}),
        steps.notify("error", {**PLACE, "error": None, "willRetry": "perhaps"}),
        steps.notify("thread/status/changed", {"threadId": "thread-1", "status": {"type": "dancing"}}),
        steps.notify("thread/status/changed", {"threadId": ["thread-1"], "status": None}),
        steps.send_raw(
            b'{"method":"item/started","params":[1,2]}\n{"method":"warning"}\n{"method":5,"params":{}}\n'
        ),
        steps.send_raw(b'{"method":"turn/started","params":{"threadId":5,"turn":5}}\n'),
    ]
    with (
        FakeServer(in_a_turn(*unknown, *steps.turn_message("fine"))) as server,
        Codex(server.config) as codex,
    ):
        thread = codex.thread_start()
        events = list(thread.turn("x").events(timeout_s=30))
        (finished,) = [event for event in events if isinstance(event, ToolFinished)]
        assert (finished.tool_kind, finished.name, finished.status) == ("other", "hologram", "shimmering")
        assert finished.raw["item"] == item
        others = [event.method for event in events if isinstance(event, OtherEvent)]
        assert {"brand/new", "item/agentMessage/delta", "turn/plan/updated"} <= set(others)
        assert isinstance(events[-1], TurnFinished)
        assert (events[-1].result.status, events[-1].result.text) == ("completed", "fine")
        assert thread.run("y").text == "next"
