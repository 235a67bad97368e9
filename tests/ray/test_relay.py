"""What the relay of a worker does for several callers of one app-server, without Ray and without a server."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from codex_ray._outbox import Outbox
from codex_ray._relay import Caller, Relay, RelayLimits

if TYPE_CHECKING:
    from collections.abc import Callable


class Still:
    """A clock at which nothing becomes due."""

    def time(self) -> float:
        return 0.0

    def call_later(self, delay: float, callback: Callable[..., object], *args: object) -> Still:
        return self

    def cancel(self) -> None:
        pass


class Room:
    """A relay with what it has written to the server."""

    def __init__(self, *, turn_limit: int) -> None:
        self.written: list[dict[str, Any]] = []
        clock = Still()
        self.relay = Relay(
            lambda line: self.written.append(json.loads(line)),
            clock=clock,
            limits=RelayLimits(turn_limit, 60.0),
            greeting={},
        )

    def caller(self, name: str) -> Caller:
        caller = Caller(name, Outbox(clock=lambda: 0.0, wake=lambda: None, wake_at=lambda _: Still()))
        self.relay.join(caller)
        return caller

    def ask(self, caller: Caller, method: str, thread_id: str) -> None:
        message = {"id": 1, "method": method, "params": {"threadId": thread_id}}
        self.relay.from_caller(caller, json.dumps(message).encode())

    def asked(self, method: str) -> list[str]:
        return [said["params"]["threadId"] for said in self.written if said["method"] == method]


def test_a_caller_that_leaves_before_its_turn_is_sent_leaves_its_place_to_another() -> None:
    room = Room(turn_limit=1)
    busy, leaving, waiting = (room.caller(name) for name in ("busy", "leaving", "waiting"))
    # So many that further requests wait here.
    for _ in range(64):
        room.ask(busy, "thread/read", "read")
    room.ask(leaving, "turn/start", "left")
    room.ask(waiting, "turn/start", "next")
    assert room.asked("turn/start") == []
    room.relay.leave(leaving)
    for said in list(room.written):
        room.relay.from_server(json.dumps({"id": said["id"], "result": {}}).encode() + b"\n")
    assert room.asked("turn/start") == ["next"]
