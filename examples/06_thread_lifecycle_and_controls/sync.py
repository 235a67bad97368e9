"""What can be done with a thread: name, list, fork, compact, archive; and with a turn: steer, interrupt.

python examples/06_thread_lifecycle_and_controls/sync.py [--live]
"""

from __future__ import annotations

import sys

from codex_app_server import AppServerConfig, Codex, TextDelta
from codex_app_server.testing import Script, scripted_codex, text

# What the scripted model says.
SCRIPT = (
    Script()
    .when("long", text("On and on and on and on and on it goes. " * 20, pace_s=0.02))
    .when("shorter", "Made short.")
    .otherwise("Done.")
)


def main(config: AppServerConfig) -> None:
    """Run the example."""
    with Codex(config) as codex:
        thread = codex.thread_start()
        thread.run("Remember the number 7.")
        thread.set_name("the number")
        print("listed as:", [entry.name for entry in codex.threads(limit=10) if entry.id == thread.id])

        fork = thread.fork()
        print("a fork:", fork.run("What was the number?").status, fork.id != thread.id)

        turn = thread.turn("Write something long.")
        for event in turn.events(detach=True):
            if isinstance(event, TextDelta):
                turn.steer("Make it shorter.")
                break
        print("steered:", turn.run().text)

        turn = thread.turn("Write something long again.")
        for event in turn.events(detach=True):
            if isinstance(event, TextDelta):
                turn.interrupt()
                break
        print("interrupted:", turn.run().status)

        print("compacted:", thread.compact().run().status)
        thread.archive()
        print("archived:", any(entry.id == thread.id for entry in codex.threads(archived=True)))


if __name__ == "__main__":
    if "--live" in sys.argv:
        main(AppServerConfig())
    else:
        with scripted_codex(SCRIPT) as scripted:
            main(scripted.config)
