"""What happens in a turn, while it happens: text, a command and its output.

python examples/03_turn_stream_events/sync.py [--live]
"""

from __future__ import annotations

import sys

from codex_app_server import AppServerConfig, Codex, TextDelta, ToolFinished, ToolStarted, TurnFinished
from codex_app_server.testing import call, scripted_codex, text

# What the scripted model says.
SCRIPT = [call("exec_command", cmd="echo hello"), text("The command printed hello.", pace_s=0.01)]


def main(config: AppServerConfig) -> None:
    """Run the example."""
    with Codex(config) as codex:
        turn = codex.thread_start().turn("Run `echo hello`.")
        for event in turn.events():
            match event:
                case TextDelta():
                    print(event.text, end="", flush=True)
                case ToolStarted():
                    print(f"[{event.name} ...", end=" ")
                case ToolFinished():
                    print(f"{event.status}: {event.output.strip()}]")
                case TurnFinished():
                    print(f"\n{event.result.status}")
                case _:
                    pass  # reasoning, plans, diffs and more: see codex_app_server.events


if __name__ == "__main__":
    if "--live" in sys.argv:
        main(AppServerConfig())
    else:
        with scripted_codex(SCRIPT) as scripted:
            main(scripted.config)
