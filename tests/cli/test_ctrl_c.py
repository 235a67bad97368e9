"""Ctrl-C while a turn is shown: nothing of it is lost, and it breaks nothing."""

from __future__ import annotations

import signal
import threading

import pytest
from codex_app_server._cli.ctrl_c import CtrlC


class Counted:
    """Something to interrupt."""

    def __init__(self) -> None:
        self.count = 0
        self.threads: set[int] = set()

    def __call__(self) -> None:
        self.count += 1
        self.threads.add(threading.get_ident())


def test_the_first_one_interrupts_elsewhere_and_the_second_is_raised() -> None:
    interrupt = Counted()
    with CtrlC(interrupt) as ctrl_c:
        signal.raise_signal(signal.SIGINT)
        assert ctrl_c.count == 1
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert interrupt.count == 1
    assert threading.get_ident() not in interrupt.threads
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_it_is_not_lost_in_a_finaliser() -> None:
    class Finalised:
        def __del__(self) -> None:
            signal.raise_signal(signal.SIGINT)

    interrupt = Counted()
    with CtrlC(interrupt):
        Finalised()
    assert interrupt.count == 1


def test_while_somebody_is_asked_the_first_one_is_raised_too() -> None:
    interrupt = Counted()
    with CtrlC(interrupt) as ctrl_c:
        with pytest.raises(KeyboardInterrupt), ctrl_c.raised():
            signal.raise_signal(signal.SIGINT)
        assert ctrl_c.count == 1
    assert interrupt.count == 1


def test_without_one_nothing_is_interrupted_and_no_os_thread_is_left() -> None:
    interrupt = Counted()
    with CtrlC(interrupt):
        pass
    assert interrupt.count == 0
    assert "codex-app-server-ctrl-c" not in {thread.name for thread in threading.enumerate()}


def test_where_ctrl_c_is_ignored_it_stays_ignored() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    interrupt = Counted()
    try:
        with CtrlC(interrupt):
            signal.raise_signal(signal.SIGINT)
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)
    assert interrupt.count == 0
