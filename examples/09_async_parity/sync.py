"""Both faces do the same with the same names; put the two files of this folder side by side.

python examples/09_async_parity/sync.py [--live]
"""

from __future__ import annotations

import sys

from codex_app_server import AppServerConfig, Codex, MessageFinished, tool
from codex_app_server.testing import call, scripted_codex

# What the scripted model says.
SCRIPT = [call("add", first=20, second=22), "It is 42."]


@tool
def add(first: int, second: int) -> int:
    """Add two numbers."""
    print(f"add({first}, {second})")
    return first + second


def main(config: AppServerConfig) -> None:
    """Run the example."""
    with Codex(config) as codex:
        thread = codex.thread_start(tools=[add])
        with thread.turn("How much is 20 and 22?").events() as events:
            for event in events:
                if isinstance(event, MessageFinished):
                    print(event.text)
        print("turns:", len(list(thread.turns())))
        print("models:", len(codex.models().data) > 0)


if __name__ == "__main__":
    if "--live" in sys.argv:
        main(AppServerConfig())
    else:
        with scripted_codex(SCRIPT) as scripted:
            main(scripted.config)
