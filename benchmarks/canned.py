"""A stand-in server of canned frames for the adapters' figures, and its paces: `python canned.py <pace>`.

The first turn is one message of a few deltas, to warm up; further ones are of as many as the pace says.
"""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from codex_app_server import AppServerConfig

WARM_UP = 200
# Deltas, and the seconds before each. A burst stays below what a reader may fall behind before deltas are joined.
PACES = {"burst": (4000, 0.0), "paced": (1500, 0.001)}


def config(pace: str) -> AppServerConfig:
    """Return what launches it."""
    from codex_app_server import AppServerConfig

    return AppServerConfig(launch_args_override=(sys.executable, __file__, pace))


def serve(count: int, pause_s: float) -> None:
    """Be the server."""
    from codex_app_server.testing import steps

    results = {
        "initialize": steps.handshake()[1]["result"],
        "thread/start": steps.thread_start()[1]["result"],
    }
    turns = 0
    for line in sys.stdin.buffer:
        message = json.loads(line)
        if message.get("method") == "turn/start":
            turns += 1
            turn_id = f"turn-{turns}"
            _send({"id": message["id"], "result": steps.turn_begin(turn_id)[1]["result"]})
            _send_turn(turn_id, count if turns > 1 else WARM_UP, pause_s)
        elif "id" in message:
            _send({"id": message["id"], "result": results.get(message["method"], {})})


def _send(message: dict[str, object]) -> None:
    # As the true server writes it.
    sys.stdout.buffer.write(json.dumps(message, separators=(",", ":")).encode() + b"\n")
    sys.stdout.buffer.flush()


def _send_turn(turn_id: str, count: int, pause_s: float) -> None:
    from codex_app_server.testing import steps

    place = {"threadId": "thread-1", "turnId": turn_id}
    begin, delta, end = (dict[str, Any](step) for step in steps.turn_message("word ", turn_id=turn_id))
    end["params"]["item"]["text"] = "word " * count
    ending = steps.turn_end(turn_id=turn_id)
    for step in [*steps.turn_begin(turn_id)[2:4], begin, *[delta] * count, end, *ending]:
        if step is delta and pause_s:
            time.sleep(pause_s)
        _send({"method": step["method"], "params": {**step["params"], **place}})


if __name__ == "__main__":
    serve(*PACES[sys.argv[1]])
