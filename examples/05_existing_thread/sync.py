"""A conversation that goes on later: the id of a thread is all that has to be kept.

python examples/05_existing_thread/sync.py [--live]
"""

from __future__ import annotations

import sys

from codex_app_server import AppServerConfig, Codex
from codex_app_server.testing import Script, scripted_codex

# What the scripted model says.
SCRIPT = Script().when("my name is", "Hello, Rose.").when("my name?", "Your name is Rose.")


def main(config: AppServerConfig) -> None:
    """Run the example."""
    with Codex(config) as codex:
        thread = codex.thread_start()
        print(thread.run("Hello, my name is Rose.").text)
        thread_id = thread.id
    # Another process, another day.
    with Codex(config) as codex:
        thread = codex.thread_resume(thread_id)
        print(thread.run("What is my name?").text)
        print("turns:", len(list(thread.turns())))


if __name__ == "__main__":
    if "--live" in sys.argv:
        main(AppServerConfig())
    else:
        with scripted_codex(SCRIPT) as scripted:
            main(scripted.config)
