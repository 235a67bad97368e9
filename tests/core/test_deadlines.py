"""Deadlines: one timer for many entries with the same time."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest
from codex_app_server._engine.deadlines import Deadlines

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable


class Timer:
    """One call that a clock has been asked for."""

    def __init__(self, when: float, callback: Callable[[], object]) -> None:
        self.when = when
        self.callback = callback
        self.is_cancelled = False

    def cancel(self) -> None:
        self.is_cancelled = True


class Clock:
    """Stands in for a loop: it has the time, and calls what is due when it is moved on."""

    def __init__(self) -> None:
        self.now = 100.0
        self.timers: list[Timer] = []

    def time(self) -> float:
        return self.now

    def call_at(self, when: float, callback: Callable[[], object]) -> Timer:
        self.timers.append(Timer(when, callback))
        return self.timers[-1]

    @property
    def due_at(self) -> list[float]:
        return [timer.when for timer in self.timers if not timer.is_cancelled]

    def move(self, seconds: float) -> None:
        self.now += seconds
        due = [timer for timer in self.timers if timer.when <= self.now and not timer.is_cancelled]
        self.timers = [timer for timer in self.timers if timer not in due]
        for timer in due:
            timer.callback()


def made(on_due: Callable[[str], object]) -> tuple[Clock, Deadlines[str]]:
    clock = Clock()
    return clock, Deadlines(cast("asyncio.AbstractEventLoop", clock), 10, on_due)


def test_entries_are_due_one_time_after_they_were_added_and_share_one_timer() -> None:
    due: list[tuple[str, float]] = []
    clock, deadlines = made(lambda entry: due.append((entry, clock.now)))
    deadlines.add("first")
    clock.move(4)
    deadlines.add("second")
    assert clock.due_at == [110]
    clock.move(6)
    assert (due, clock.due_at) == ([("first", 110)], [114])
    clock.move(4)
    assert (due, clock.due_at) == ([("first", 110), ("second", 114)], [])


def test_an_entry_that_was_discarded_is_not_due() -> None:
    due: list[str] = []
    clock, deadlines = made(due.append)
    deadlines.add("first")
    deadlines.add("second")
    deadlines.discard("first")
    deadlines.discard("unknown")
    assert ("first" in deadlines, "second" in deadlines) == (False, True)
    clock.move(10)
    assert due == ["second"]


def test_what_is_added_while_another_is_due_has_its_own_time() -> None:
    due: list[tuple[str, float]] = []

    def on_due(entry: str) -> None:
        due.append((entry, clock.now))
        if entry == "first":
            deadlines.add("third")

    clock, deadlines = made(on_due)
    deadlines.add("first")
    clock.move(5)
    deadlines.add("second")
    clock.move(5)
    assert clock.due_at == [115]
    clock.move(5)
    clock.move(5)
    assert due == [("first", 110), ("second", 115), ("third", 120)]


def test_one_that_fails_does_not_keep_the_others_from_being_due() -> None:
    due: list[str] = []

    def on_due(entry: str) -> None:
        if entry == "bad":
            raise ValueError(entry)
        due.append(entry)

    clock, deadlines = made(on_due)
    deadlines.add("bad")
    deadlines.add("good")
    with pytest.raises(ValueError, match="bad"):
        clock.move(10)
    clock.move(0)
    assert due == ["good"]


def test_nothing_is_due_after_the_end_until_something_is_added() -> None:
    due: list[str] = []
    clock, deadlines = made(due.append)
    deadlines.add("first")
    deadlines.close()
    assert clock.due_at == []
    deadlines.add("second")
    clock.move(10)
    assert due == ["second"]
