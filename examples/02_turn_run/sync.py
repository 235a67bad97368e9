"""A turn as an object: start it, do something else, wait for its result.

python examples/02_turn_run/sync.py [--live]
"""

from __future__ import annotations

import sys

from codex_app_server import AppServerConfig, Codex
from codex_app_server.testing import scripted_codex

# What the scripted model says.
SCRIPT = "Roses are red."


def main(config: AppServerConfig) -> None:
    """Run the example."""
    with Codex(config) as codex:
        thread = codex.thread_start()
        turn = thread.turn("Write one line of a poem.")
        print("running:", turn.so_far.status in {"inProgress", "completed"})
        result = turn.run()
        print(f"{result.status}: {result.text}")
        print("items:", [item.type for item in result.items])
        print("tokens were counted:", result.usage.total_tokens > 0)


if __name__ == "__main__":
    if "--live" in sys.argv:
        main(AppServerConfig())
    else:
        with scripted_codex(SCRIPT) as scripted:
            main(scripted.config)
