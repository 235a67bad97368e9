"""`python -m codex_app_server`: doctor, run, chat, demo, and the Codex binary itself; see `_cli`."""

from __future__ import annotations

import sys

from codex_app_server._cli.arguments import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
