"""`python -m codex_app_server codex ...` runs the Codex binary that the client would use, for example to log in."""

from __future__ import annotations

import subprocess
import sys

from codex_app_server.config import find_codex
from codex_app_server.errors import LaunchError

_USAGE = """\
usage: python -m codex_app_server codex [ARGUMENT ...]

Runs the Codex binary that AppServerConfig() finds: CODEX_BIN, the runtime package, then PATH.
For example: python -m codex_app_server codex login
"""


def main(arguments: list[str]) -> int:
    """Run the command line; return the exit code."""
    if not arguments or arguments[0] != "codex":
        is_help = bool(arguments) and arguments[0] in {"-h", "--help"}
        (sys.stdout if is_help else sys.stderr).write(_USAGE)
        return 0 if is_help else 2
    try:
        binary = find_codex()
    except LaunchError as exc:
        sys.stderr.write(f"{exc}\n")
        return 1
    try:
        return subprocess.call([str(binary), *arguments[1:]])
    except KeyboardInterrupt:
        # Codex got the same Ctrl-C, and has said what it had to say.
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
