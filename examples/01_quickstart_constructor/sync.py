"""The first turn: launch the server, start a thread, run a turn.

python examples/01_quickstart_constructor/sync.py [--live]
"""

from __future__ import annotations

import sys

from codex_app_server import AppServerConfig, Codex
from codex_app_server.testing import scripted_codex

# What the scripted model says.
SCRIPT = "Hello, nice to meet you."


def main(config: AppServerConfig) -> None:
    """Run the example."""
    with Codex(config) as codex:
        print("server:", codex.metadata.server_name)
        thread = codex.thread_start()
        result = thread.run("Say hello in one sentence.")
        print(f"{result.status}: {result.text}")


if __name__ == "__main__":
    if "--live" in sys.argv:
        main(AppServerConfig())
    else:
        with scripted_codex(SCRIPT) as scripted:
            main(scripted.config)
