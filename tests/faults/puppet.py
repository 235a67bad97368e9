"""A server that says what it is told to say: `puppet/send` has the bytes, chunk by chunk, that go to stdout as they are.

It opens threads and turns as they are asked for, and is told of everything else that happens in them. Run as
`python -I -S puppet.py`; one process serves all examples of a test.
"""

from __future__ import annotations

import base64
import json
import sys
from typing import Any


class Puppet:
    """The server."""

    def __init__(self) -> None:
        self.threads = 0
        # What was asked to be started, as thread and turn, in order.
        self.turns: list[tuple[str, str]] = []

    def run(self) -> None:
        """Serve until stdin is closed."""
        for line in sys.stdin.buffer:
            message: dict[str, Any] = json.loads(line)
            if "method" in message and "id" in message:
                self.handle(message["method"], message["id"], message.get("params") or {})

    def handle(self, method: str, request_id: object, params: dict[str, Any]) -> None:
        """Do what a request asks for, and answer it."""
        result: Any = {}
        if method == "initialize":
            result = {"userAgent": "fake/0.163.0 (test)", "codexHome": "/fake", "platformFamily": "unix", "platformOs": "linux"}  # fmt: skip
        elif method == "thread/start":
            self.threads += 1
            result = {"thread": thread(f"thread-{self.threads}")}
        elif method in {"thread/resume", "thread/read"}:
            result = {"thread": thread(params["threadId"])}
        elif method == "turn/start":
            turn_id = f"turn-{len(self.turns) + 1}"
            self.turns.append((params["threadId"], turn_id))
            result = {"turn": turn(turn_id, "inProgress")}
        elif method == "turn/interrupt":
            self.end(params["threadId"], params["turnId"])
        elif method == "puppet/send":
            for chunk in params["chunks"]:
                self.write(base64.b64decode(chunk))
        elif method == "puppet/turns":
            result = [turn_id for thread_id, turn_id in self.turns if thread_id == params["threadId"]]
        self.write(json.dumps({"id": request_id, "result": result}).encode() + b"\n")

    def end(self, thread_id: str, turn_id: str) -> None:
        """Say that a turn was interrupted."""
        params = {"threadId": thread_id, "turn": turn(turn_id, "interrupted")}
        self.write(json.dumps({"method": "turn/completed", "params": params}).encode() + b"\n")

    def write(self, data: bytes) -> None:
        """Write, at once."""
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()


def thread(thread_id: str) -> dict[str, Any]:
    """Return an idle thread."""
    return {"id": thread_id, "ephemeral": True, "status": {"type": "idle"}, "turns": []}


def turn(turn_id: str, status: str) -> dict[str, Any]:
    """Return a turn."""
    return {"id": turn_id, "items": [], "status": status, "error": None}


if __name__ == "__main__":
    Puppet().run()
