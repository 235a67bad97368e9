"""What the exit codes of the command line mean."""

from __future__ import annotations

__all__ = ["COMPLETED", "EXIT_CODES", "FAILED", "INTERRUPTED", "NO_SERVER", "WRONG_USAGE"]

COMPLETED = 0
FAILED = 1
WRONG_USAGE = 2
NO_SERVER = 3
INTERRUPTED = 130

EXIT_CODES = """\
exit codes:
  0    the turn completed
  1    the turn failed; the reason is shown
  2    the command line was wrong
  3    the server could not be started, refused the turn, or went away
  130  the turn was interrupted
"""
