"""Guard: faults of tracing are told once, and never reach a turn."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from codex_app_server._logs import about

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["Guard"]

_log = logging.getLogger("codex_app_server.otel")


class Guard:
    """Keeps what goes wrong in providers, processors, samplers and propagators away from turns."""

    def __init__(self) -> None:
        self._told: set[str] = set()

    def __call__(self, what: str) -> _Guarded:
        """Return a context in which something may fail.

        Args:
            what: What it is, for the log.
        """
        return _Guarded(self._told, what)


class _Guarded:
    __slots__ = ("_told", "_what")

    def __init__(self, told: set[str], what: str) -> None:
        self._told = told
        self._what = what

    def __enter__(self) -> None:
        return

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        if not isinstance(exc, Exception):
            return False
        # Once for each thing that is done, and not for each time: a broken exporter breaks every time.
        if self._what not in self._told:
            self._told.add(self._what)
            _log.error(
                "OpenTelemetry: %s failed; turns go on, and this is not told again",
                self._what,
                exc_info=exc,
                extra=about(),
            )
        return True
