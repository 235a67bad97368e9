"""A small chat: a line is a turn, an empty one ends it. `python -m codex_app_server chat` is the large one.

python examples/11_cli_mini_app/sync.py [--live]
"""

from __future__ import annotations

import sys

from codex_app_server import AppServerConfig, Codex, TextDelta, ask_on_terminal
from codex_app_server.testing import Script, scripted_codex, text

# What the scripted model says.
SCRIPT = Script().when("hello", "Hello yourself.").otherwise(text("Tell me more.", pace_s=0.02))


def main(config: AppServerConfig) -> None:
    """Run the example."""
    with Codex(config, approval_handler=ask_on_terminal) as codex:
        thread = codex.thread_start()
        while prompt := input("you> ").strip():
            print("codex> ", end="")
            for event in thread.turn(prompt).events():
                if isinstance(event, TextDelta):
                    print(event.text, end="", flush=True)
            print()
    print("bye")


if __name__ == "__main__":
    if "--live" in sys.argv:
        main(AppServerConfig())
    else:
        with scripted_codex(SCRIPT) as scripted:
            main(scripted.config)
