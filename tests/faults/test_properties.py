"""Whatever the server sends, however it is cut and mixed: what is well-formed arrives, and what is not harms its turn alone."""

from __future__ import annotations

import base64
import copy
import json
import logging
import sys
from contextlib import contextmanager
from itertools import groupby, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from codex_app_server import (
    AppServerConfig,
    AppServerError,
    Codex,
    TextDelta,
    TurnFinished,
    TurnTimeoutError,
)
from codex_app_server._engine.setup import TurnSetup
from codex_app_server._engine.state import TurnStart
from codex_app_server._wire.framing import LineSplitter, OversizedLine
from codex_app_server.testing.conformance import RECORDED_TURNS
from hypothesis import given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest
    from codex_app_server import Event, Thread, Turn

# The same examples each time, as many as a few seconds take.
BOUNDED = settings(derandomize=True, deadline=None, database=None)


@contextmanager
def puppet() -> Iterator[Codex]:
    """Give a client of puppet.py, one for all examples of a test."""
    command = (sys.executable, "-I", "-S", str(Path(__file__).with_name("puppet.py")))
    with Codex(AppServerConfig(launch_args_override=command)) as codex:
        yield codex


def send(codex: Codex, *chunks: bytes) -> None:
    """Have the server say this, and wait until it was read."""
    codex.request_raw("puppet/send", {"chunks": [base64.b64encode(chunk).decode() for chunk in chunks]})


def line(method: str, **params: object) -> bytes:
    return json.dumps({"method": method, "params": params}).encode() + b"\n"


def ended(thread_id: str, turn_id: str, status: str = "completed") -> bytes:
    body = {"id": turn_id, "items": [], "status": status, "error": None}
    return line("turn/completed", threadId=thread_id, turn=body)


# --- framing ---


@settings(BOUNDED, max_examples=300)
@given(
    st.lists(st.binary(max_size=40).filter(lambda content: b"\n" not in content), max_size=12),
    st.binary(max_size=10).filter(lambda content: b"\n" not in content),
    st.lists(st.integers(0, 400), max_size=30),
    st.integers(1, 30),
)
def test_f06_f11_any_cuts_give_the_same_lines_and_report_those_that_are_too_long(
    lines: list[bytes], rest: bytes, cuts: list[int], limit: int
) -> None:
    stream = b"".join(content + b"\n" for content in lines) + rest
    places = sorted({min(cut, len(stream)) for cut in cuts} | {0, len(stream)})
    splitter = LineSplitter(limit)
    came = [
        (found.size_bytes, found.head) if isinstance(found, OversizedLine) else found
        for start, end in pairwise(places)
        for found in splitter.feed(stream[start:end])
    ]
    assert came == [
        content if len(content) <= limit else (len(content), content[: max(limit, len(content))])
        for content in lines
    ]
    assert splitter.pending_bytes == len(rest)
    assert splitter.finish() == rest


# --- routing ---

MESSAGES = st.lists(
    st.one_of(
        st.tuples(st.just("item/agentMessage/delta"), st.text(max_size=6)),
        st.tuples(
            st.sampled_from(["item/started", "turn/plan/updated", "error", "brand/new", "warning"]),
            st.text(max_size=4),
        ),
    ),
    max_size=12,
)


def essence(events: list[Event]) -> list[tuple[str, str, str]]:
    """Return what was told, with deltas in a row joined: those may be."""
    told = [
        (event.method, event.turn_id, event.text if isinstance(event, TextDelta) else event.raw["mark"])
        for event in events
        if not isinstance(event, TurnFinished)
    ]
    return joined(told)


def joined(told: list[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    """Join deltas in a row."""
    whole: list[tuple[str, str, str]] = []
    for (method, turn_id), group in groupby(told, key=lambda entry: entry[:2]):
        texts = [text for _, _, text in group]
        if method == "item/agentMessage/delta":
            texts = ["".join(texts)]
        whole += [(method, turn_id, text) for text in texts]
    return whole


def test_f26_any_mixture_of_turns_in_any_cuts_gives_each_its_own_events_in_order() -> None:
    with puppet() as codex:
        threads = [codex.thread_start() for _ in range(4)]

        @settings(BOUNDED, max_examples=60)
        @given(st.lists(MESSAGES, min_size=2, max_size=4), st.randoms(use_true_random=False), st.data())
        def mixed(scripts: list[list[tuple[str, str]]], chance: Any, data: st.DataObject) -> None:
            turns = [thread.turn("x") for thread, _ in zip(threads, scripts, strict=False)]
            streams = [turn.events(timeout_s=30) for turn in turns]
            queues = [
                [told(turn, threads[number].id, *entry) for entry in scripts[number]]
                + [ended(threads[number].id, turn.id)]
                for number, turn in enumerate(turns)
            ]
            mixture = b""
            while any(queues):
                mixture += chance.choice([queue for queue in queues if queue]).pop(0)
            cuts = data.draw(st.lists(st.integers(0, len(mixture)), max_size=8))
            places = sorted({0, len(mixture), *cuts})
            send(codex, *(mixture[start:end] for start, end in pairwise(places)))
            for turn, stream, script in zip(turns, streams, scripts, strict=True):
                events = list(stream)
                assert essence(events) == joined([(method, turn.id, mark) for method, mark in script])
                assert isinstance(events[-1], TurnFinished)
                deltas = [text for method, text in script if method == "item/agentMessage/delta"]
                assert turn.run().streamed_text == "".join(deltas)

        def told(turn: Turn, thread_id: str, method: str, mark: str) -> bytes:
            if method == "item/agentMessage/delta":
                return line(method, threadId=thread_id, turnId=turn.id, itemId="m", delta=mark)
            return line(method, threadId=thread_id, turnId=turn.id, mark=mark)

        mixed()


# --- the state machine of turns ---

STEPS = st.lists(
    st.sampled_from(["start", "start", "end", "end", "fail", "twice", "late", "interrupt", "abandon", "foreign", "delta"]),
    max_size=25,
)  # fmt: skip


class Played:
    """One thread, and what is expected of it."""

    def __init__(self, codex: Codex, thread: Thread) -> None:
        self.codex = codex
        self.thread = thread
        self.began = len(self.at_server())
        self.starts: list[TurnStart] = []
        self.waiting: list[TurnStart] = []
        self.active: TurnStart | None = None
        self.foreign: str | None = None
        self.number = 0
        # What each start is to come to: its status and its text.
        self.expected: dict[TurnStart, tuple[str, str]] = {}
        self.last = ""

    def at_server(self) -> list[str]:
        """Return the turns that the server was asked for."""
        answer: Any = self.codex.request_raw("puppet/turns", {"threadId": self.thread.id})
        return answer

    def play(self, step: str) -> None:
        """Do one step."""
        getattr(self, f"do_{step}")()
        self.go_on()
        started = self.at_server()[self.began :]
        launched = [start for start in self.starts if start in self.expected]
        assert len(started) == len(launched)
        assert len(self.waiting) == 0 or self.active is not None or self.foreign is not None

    def go_on(self) -> None:
        """The next one is started as soon as nothing runs."""
        if self.active is None and self.foreign is None and self.waiting:
            self.active = self.waiting.pop(0)
            self.expected[self.active] = ("", "")

    def tell(self, status: str) -> None:
        """The running turn ends."""
        assert self.active is not None
        turn = self.active.completion.wait()
        self.last = turn.turn_id
        send(self.codex, ended(self.thread.id, turn.turn_id, status))
        self.expected[self.active] = (status, self.expected[self.active][1])
        self.active = None

    def do_start(self) -> None:
        params = {"threadId": self.thread.id, "input": []}
        start = TurnStart(self.thread._state, params, TurnSetup())
        self.codex._engine.start_turn(start)
        self.starts.append(start)
        self.waiting.append(start)

    def do_end(self) -> None:
        if self.active is not None:
            self.tell("completed")

    def do_fail(self) -> None:
        if self.active is not None:
            self.tell("failed")

    def do_twice(self) -> None:
        if self.active is not None:
            self.tell("completed")
            send(self.codex, ended(self.thread.id, self.last, "failed"))

    def do_late(self) -> None:
        if self.last:
            place = {"threadId": self.thread.id, "turnId": self.last, "itemId": "m"}
            send(self.codex, line("item/agentMessage/delta", **place, delta="late"))

    def do_interrupt(self) -> None:
        if self.active is not None:
            turn = self.active.completion.wait()
            self.codex._engine.interrupt(turn).wait()
            self.last = turn.turn_id
            self.expected[self.active] = ("interrupted", self.expected[self.active][1])
            self.active = None

    def do_abandon(self) -> None:
        if self.waiting:
            start = self.waiting.pop()
            self.starts.remove(start)
            self.codex._engine.abandon_start(start)

    def do_foreign(self) -> None:
        """A turn of somebody else begins, or ends."""
        if self.foreign is not None:
            send(
                self.codex,
                ended(self.thread.id, self.foreign),
            )
            self.foreign = None
        elif self.active is None:
            self.number += 1
            self.foreign = f"{self.thread.id}-foreign-{self.number}"
            body = {"id": self.foreign, "items": [], "status": "inProgress", "error": None}
            send(self.codex, line("turn/started", threadId=self.thread.id, turn=body))

    def do_delta(self) -> None:
        if self.active is not None:
            turn = self.active.completion.wait()
            place = {"threadId": self.thread.id, "turnId": turn.turn_id, "itemId": "m"}
            send(self.codex, line("item/agentMessage/delta", **place, delta="."))
            status, text = self.expected[self.active]
            self.expected[self.active] = (status, text + ".")


def test_f23_f34_turns_of_a_thread_run_one_by_one_and_end_once_whatever_comes() -> None:
    with puppet() as codex:

        @settings(BOUNDED, max_examples=50)
        @given(STEPS)
        def played(steps: list[str]) -> None:
            play = Played(codex, codex.thread_start())
            for step in steps:
                play.play(step)
            while play.foreign is not None or play.active is not None:
                play.play("foreign" if play.foreign is not None else "end")
            outcomes: list[tuple[str, str]] = []
            for start in play.starts:
                turn = start.completion.wait()
                assert turn.result is not None
                outcomes.append((turn.result.status, turn.result.streamed_text))
                finished = [event for event in turn._history.snapshot() if isinstance(event, TurnFinished)]
                assert len(finished) == 1
            assert outcomes == [play.expected[start] for start in play.starts]
            assert not play.thread._state.is_busy

        played()


# --- anything ---

JUNK: list[Any] = [
    None, 0, -1, 2**70, 1.5, True, "", "x", "\ud800", "turn-0", [], {}, [None], {"type": "no"}, [[[]]], {"id": None},
    "y" * 5000, {"type": "agentMessage"}, {"type": "notLoaded"}, {"type": "idle"}, "item/started", "thread/status/changed",
]  # fmt: skip
MUTATIONS = st.lists(
    st.tuples(
        st.sampled_from(["replace", "replace", "delete", "wrap", "add", "drop", "repeat", "swap", "flip", "cut", "insert"]),
        st.integers(0, 999), st.integers(0, 9999), st.integers(0, len(JUNK) - 1),
    ),
    min_size=1, max_size=6,
)  # fmt: skip


def recorded(number: int) -> list[dict[str, Any]]:
    """Return what the server says in a recorded turn."""
    messages: list[dict[str, Any]] = []
    for step in RECORDED_TURNS[number].steps:
        if step["do"] == "notify":
            messages.append({"method": step["method"], "params": step["params"]})
        elif step["do"] == "ask":
            # Ids that no request of the client has.
            messages.append({"method": step["method"], "id": f"q{step['id']}", "params": step["params"]})
    return copy.deepcopy(messages)


def places_in(value: Any) -> list[tuple[Any, Any]]:
    """Return every container with every key of it."""
    keys = value.keys() if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    return [place for key in keys for place in [(value, key), *places_in(value[key])]]


def mutate(messages: list[dict[str, Any]], kind: str, which: int, where: int, junk: Any) -> None:
    """Change a message, or the order of messages."""
    if not messages:
        return
    at = which % len(messages)
    message = messages[at]
    found = places_in(message)
    container, key = found[where % len(found)] if found else (message, "x")
    if kind == "replace":
        container[key] = copy.deepcopy(junk)
    elif kind == "delete" and found:
        del container[key]
    elif kind == "wrap" and found:
        container[key] = [container[key]]
    elif kind == "add":
        message[f"more{where}"] = copy.deepcopy(junk)
    elif kind == "drop":
        del messages[at]
    elif kind == "repeat":
        messages.insert(where % (len(messages) + 1), copy.deepcopy(message))
    elif kind == "swap":
        other = where % len(messages)
        messages[at], messages[other] = messages[other], message


def damage(data: bytearray, kind: str, which: int, where: int) -> None:
    """Change bytes."""
    at = (which * 1009 + where) % max(len(data), 1)
    if kind == "flip" and data:
        data[at] ^= 1 << where % 8
    elif kind == "cut":
        del data[at : at + where % 40]
    elif kind == "insert":
        data[at:at] = bytes([where % 256])


def written(messages: list[dict[str, Any]], thread_id: str, turn_id: str) -> bytearray:
    text = "".join(json.dumps(message) + "\n" for message in messages)
    text = text.replace("{turn.params.threadId}", thread_id).replace('"{turn.params.input}"', "[]")
    return bytearray(text.replace('"turn-1"', f'"{turn_id}"').encode())


def test_f27_whatever_the_server_says_harms_at_most_the_turn_that_it_is_about(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.ERROR, "codex_app_server")
    with puppet() as codex:
        other = codex.thread_start()
        undisturbed = other.turn("x")

        @settings(BOUNDED, max_examples=200)
        @given(st.integers(0, len(RECORDED_TURNS) - 1), MUTATIONS)
        def fuzzed(number: int, mutations: list[tuple[str, int, int, int]]) -> None:
            thread = codex.thread_start()
            turn = thread.turn("x")
            messages = recorded(number)
            for kind, which, where, junk in mutations:
                mutate(messages, kind, which, where, JUNK[junk])
            data = written(messages, thread.id, turn.id)
            for kind, which, where, _ in mutations:
                damage(data, kind, which, where)
            idle = line("thread/status/changed", threadId=thread.id, status={"type": "idle"})
            send(codex, bytes(data), b"\n", ended(thread.id, turn.id), idle)
            try:
                assert [repr(event) for event in turn.events(timeout_s=30)]
                repr(turn.run(timeout_s=30))
            except TurnTimeoutError:
                raise
            except AppServerError:
                pass
            following = thread.turn("y")
            text = line(
                "item/agentMessage/delta", threadId=thread.id, turnId=following.id, itemId="n", delta="next"
            )
            send(codex, text, ended(thread.id, following.id))
            assert following.run(timeout_s=30).streamed_text == "next"

        fuzzed()
        place = {"threadId": other.id, "turnId": undisturbed.id, "itemId": "m"}
        send(
            codex,
            line("item/agentMessage/delta", **place, delta="whole"),
            ended(other.id, undisturbed.id),
        )
        assert undisturbed.run(timeout_s=30).streamed_text == "whole"
    # Whatever it was, it was foreseen.
    assert [record.getMessage() for record in caplog.records] == []


def test_f27_a_turn_ends_though_ids_texts_and_counts_are_of_the_wrong_type() -> None:
    with puppet() as codex:
        thread = codex.thread_start()
        for status in ("completed", "failed", "interrupted"):
            turn = thread.turn("x")
            place = {"threadId": thread.id, "turnId": turn.id}
            wrong = {"inputTokens": [1], "totalTokens": "many"}
            said = [
                line("item/agentMessage/delta", **place, itemId=["m"], delta="lost"),
                line("item/agentMessage/delta", **place, itemId="m", delta="kept"),
                line("item/completed", **place, item={"type": "agentMessage", "id": ["m"], "text": "x"}),
                line("item/completed", **place, item={"type": "agentMessage", "id": "m", "text": ["x"]}),
                line("item/started", **place, item=[]),
                line("thread/tokenUsage/updated", **place, tokenUsage={"last": wrong, "total": wrong}),
            ]
            send(codex, *said, ended(thread.id, turn.id, status))
            events = list(turn.events(timeout_s=30))
            assert [event.method for event in events[:-1]] == [json.loads(each)["method"] for each in said]
            result = turn.run()
            assert (result.status, result.streamed_text) == (status, "kept")
            assert (result.usage.input_tokens, result.usage.total_tokens) == (0, 0)
