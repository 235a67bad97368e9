"""How the deltas of a turn are joined before they cross to another process."""

from __future__ import annotations

import json
from typing import Any

from codex_ray._outbox import Outbox


class Box:
    """An outbox with a clock that the test moves."""

    def __init__(self) -> None:
        self.now = 0.0
        self.wakes = 0
        self.due: list[float] = []
        self.outbox = Outbox(clock=lambda: self.now, wake=self._woken, wake_at=self.due.append)

    def _woken(self) -> None:
        self.wakes += 1

    def delta(self, text: str, *, item: str = "i", thread: str = "t", method: str = "m") -> None:
        params = {"threadId": thread, "turnId": "u", "itemId": item, "delta": text}
        self.outbox.put_delta(thread, {"method": method, "params": params})

    def line(self, name: str, thread: str | None = "t", **more: Any) -> None:
        self.outbox.put(json.dumps({"method": name}).encode() + b"\n", thread, **more)

    def taken(self, **options: Any) -> list[str]:
        """Return what crosses now: texts of deltas, names of the rest."""
        found = [json.loads(line) for line in self.outbox.take(**options).splitlines()]
        return [message.get("params", {}).get("delta", message["method"]) for message in found]


def test_the_first_delta_goes_at_once_and_those_after_it_as_one() -> None:
    box = Box()
    box.delta("a")
    assert (box.taken(), box.wakes) == (["a"], 1)
    for text in "bcd":
        box.delta(text)
    assert (box.taken(), box.wakes, box.due[0]) == ([], 1, 0.05)
    box.now = 0.05
    assert box.taken() == ["bcd"]
    box.delta("e")
    assert box.taken() == []
    box.now = 1.0
    assert box.taken() == ["e"]


def test_of_a_turn_at_most_twenty_chunks_of_deltas_cross_in_a_second() -> None:
    box, chunks = Box(), 0
    for number in range(10_000):
        box.now = number / 10_000
        box.delta("x")
        chunks += bool(box.outbox.take())
    assert chunks <= 20


def test_items_and_kinds_are_joined_by_themselves_in_their_order() -> None:
    box = Box()
    box.delta("1")
    for text, item, method in (("a", "i", "m"), ("x", "j", "m"), ("b", "i", "m"), ("r", "i", "reasoning")):
        box.delta(text, item=item, method=method)
    assert box.taken(everything=True) == ["1", "ab", "x", "r"]


def test_what_is_no_delta_goes_at_once_after_the_deltas_of_its_thread() -> None:
    box = Box()
    box.delta("a")
    box.delta("b")
    box.delta("other 1", thread="other")
    box.delta("other 2", thread="other")
    box.line("item/completed")
    assert box.taken() == ["a", "other 1", "b", "item/completed"]
    box.line("turn/completed", is_last=True)
    box.line("account/updated", None)
    assert box.taken() == ["turn/completed", "account/updated"]
    box.now = 1.0
    assert box.taken() == ["other 2"]
    assert box.outbox.size_bytes == 0
