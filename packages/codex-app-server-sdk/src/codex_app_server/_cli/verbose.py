"""`-v`: what the client logs, on stderr: threads and turns, or each message by its name too. No content, no secrets."""

from __future__ import annotations

import logging
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from codex_app_server._engine.diagnostics import without_secrets
from codex_app_server._escape import one_line, visible

if TYPE_CHECKING:
    from collections.abc import Generator

__all__ = ["logged"]

# The client logs its turns below INFO, since a healthy program is to be quiet; here somebody has asked for them.
_LEVELS: tuple[dict[str, int], ...] = (
    {},
    {"codex_app_server": logging.INFO, "codex_app_server.turns": logging.DEBUG},
    {"codex_app_server": logging.DEBUG},
)


class _Stderr(logging.Handler):
    """Writes to whatever `sys.stderr` is at the time: a live view puts itself between."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            sys.stderr.write(f"{self.format(record)}\n")
        except Exception:
            # What a handler does with what it cannot write.
            self.handleError(record)


class _Formatter(logging.Formatter):
    """Time, logger, message; the level where somebody should look. Nothing in it can do anything to a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        level = f" {record.levelname}" if record.levelno >= logging.WARNING else ""
        said = one_line(without_secrets(record.getMessage()))
        line = f"{self.formatTime(record, '%H:%M:%S')} {record.name}{level}: {said}"
        if record.exc_info:
            line += f"\n{visible(without_secrets(self.formatException(record.exc_info)))}"
        return line


@contextmanager
def logged(verbosity: int) -> Generator[None]:
    """Show the log on stderr while the block runs: 0 shows nothing, 1 threads and turns, 2 each message too."""
    levels = _LEVELS[min(verbosity, len(_LEVELS) - 1)]
    before = {name: logging.getLogger(name).level for name in levels}
    handler = _Stderr()
    handler.setFormatter(_Formatter())
    logger = logging.getLogger("codex_app_server")
    if levels:
        logger.addHandler(handler)
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        for name, level in before.items():
            logging.getLogger(name).setLevel(level)
