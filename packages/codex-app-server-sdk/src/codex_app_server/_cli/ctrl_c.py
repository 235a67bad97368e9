"""Ctrl-C while a turn is shown: the first one interrupts the turn and nothing else, the next one is raised."""

from __future__ import annotations

import queue
import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from types import FrameType

    from typing_extensions import Self

__all__ = ["CtrlC"]

# The wait of an OS thread is not ended by a signal that comes just before it.
_SLICE_S = 0.5


class CtrlC:
    """Has a turn interrupted by Ctrl-C, on the main OS thread, while its body runs.

    As Python raises it, Ctrl-C may come in the middle of drawing, and is lost in a finaliser. So the first one raises
    nothing: an OS thread is woken that interrupts the turn, and whoever shows the turn goes on to its end.

    Args:
        interrupt: Called once at most, on that OS thread; before the body is left, unless by an exception.

    Attributes:
        count: How often it came.
    """

    def __init__(self, interrupt: Callable[[], object]) -> None:
        self._interrupt = interrupt
        # Its `put` may be called in a signal handler, whatever the interrupted code holds.
        self._presses: queue.SimpleQueue[bool] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="codex-app-server-ctrl-c", daemon=True)
        self._is_installed = False
        self._is_raised = False
        self.count = 0

    def __enter__(self) -> Self:
        self._thread.start()
        # Where Ctrl-C means something else, as in a program that was started with it ignored, that stays.
        if (
            threading.current_thread() is threading.main_thread()
            and signal.getsignal(signal.SIGINT) is signal.default_int_handler
        ):
            self._is_installed = True
            signal.signal(signal.SIGINT, self._on_signal)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._presses.put(False)
        try:
            while kind is None and self._thread.is_alive():
                self._thread.join(_SLICE_S)
        finally:
            if self._is_installed:
                signal.signal(signal.SIGINT, signal.default_int_handler)

    @contextmanager
    def raised(self) -> Generator[None]:
        """Have the first Ctrl-C raised too: the read of a terminal would go on otherwise."""
        self._is_raised = True
        try:
            yield
        finally:
            self._is_raised = False

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self.count += 1
        if self.count == 1:
            self._presses.put(True)
        if self.count > 1 or self._is_raised:
            raise KeyboardInterrupt

    def _run(self) -> None:
        if self._presses.get():
            self._interrupt()
