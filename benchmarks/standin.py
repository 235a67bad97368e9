"""A stand-in app-server that is never the bottleneck.

One loop, one write for all that is due, messages that are filled in and not encoded. It does what the text of the
turn's input says, as JSON:

    {"deltas": 20, "every_ms": 20}    that many deltas, one each so many milliseconds; 0 ms is all at once
    {"deltas": 0, "hold": true}       a turn that says nothing until it is interrupted

The text of a delta that is sent on time is when it was due, in seconds on the monotonic clock of the machine.
Run as `python -I -S standin.py [templates.json]`; without templates it prints them (then it needs the package).
"""

from __future__ import annotations

import heapq
import json
import os
import select
import sys
import time

TEMPLATES = {"thread": "@thread@", "turn": "@turn@"}


def templates() -> dict[str, object]:
    """Return the messages, as the testing kit of the core makes them."""
    from codex_app_server.testing import steps

    def told(scenario: list[steps.Step]) -> list[str]:
        text = [json.dumps({"method": step["method"], "params": step["params"]}, separators=(",", ":"))
                for step in scenario if step["do"] == "notify"]  # fmt: skip
        return [line.replace('"{turn.params.input}"', "[]").replace("{turn.params.threadId}", "@thread@")
                for line in text]  # fmt: skip

    def result(scenario: list[steps.Step]) -> str:
        return json.dumps(
            next(step["result"] for step in scenario if step["do"] == "reply"), separators=(",", ":")
        )

    begin, end = steps.turn_begin("@turn@"), steps.turn_end(turn_id="@turn@")
    stopped = steps.turn_end("interrupted", turn_id="@turn@")
    started, delta, finished = told(steps.turn_message("@text@", turn_id="@turn@"))
    # As the true server writes it.
    delta = delta[:-1] + ',"emittedAtMs":1795327531100}'
    return {
        "initialize": result(steps.handshake()),
        "thread": result(steps.thread_start("@thread@")),
        "turn": result(begin),
        "begin": [*told(begin), started],
        "delta": delta,
        "end": [finished, *told(end)],
        "interrupted": told(stopped),
    }


class StandIn:
    """The server."""

    def __init__(self, texts: dict[str, object]) -> None:
        self.texts = texts
        self.out: list[bytes] = []
        self.due: list[tuple[float, int, int, bytes, float]] = []
        self.turns: dict[str, tuple[bytes, bytes]] = {}
        self.threads = 0
        self.count = 0

    def fill(self, template: object, thread: str, turn: str = "") -> bytes:
        """Return a template with its ids, as lines."""
        lines = template if isinstance(template, list) else [template]
        text = "\n".join(lines) + "\n"
        return text.replace("@thread@", thread).replace("@turn@", turn).encode()

    def reply(self, request: dict, template: str, thread: str, turn: str = "") -> None:
        """Answer a request."""
        result = self.fill(self.texts[template], thread, turn).rstrip(b"\n")
        self.out.append(b'{"id":%s,"result":%s}\n' % (json.dumps(request["id"]).encode(), result))

    def handle(self, message: dict) -> None:
        """Do what a message asks for."""
        method = message.get("method")
        if method == "turn/start":
            self.start(message)
        elif method == "turn/interrupt":
            turn = message["params"]["turnId"]
            self.out.append(b'{"id":%s,"result":{}}\n' % json.dumps(message["id"]).encode())
            self.out.append(self.fill(self.texts["interrupted"], message["params"]["threadId"], turn))
        elif method == "thread/start":
            self.threads += 1
            self.reply(message, "thread", f"thread-{self.threads}")
        elif method == "initialize":
            self.reply(message, "initialize", "")
        elif "id" in message and method is not None:
            self.out.append(b'{"id":%s,"result":{}}\n' % json.dumps(message["id"]).encode())

    def start(self, message: dict) -> None:
        """Begin a turn."""
        self.count += 1
        thread, turn = message["params"]["threadId"], f"turn-{self.count}"
        plan = json.loads(message["params"]["input"][0]["text"])
        self.reply(message, "turn", thread, turn)
        self.out.append(self.fill(self.texts["begin"], thread, turn))
        if plan.get("hold"):
            return
        delta = self.fill(self.texts["delta"], thread, turn)
        end = self.fill(self.texts["end"], thread, turn)
        every_s = plan.get("every_ms", 0) / 1000
        if every_s:
            self.turns[turn] = (delta, end)
            heapq.heappush(
                self.due, (time.monotonic() + every_s, self.count, plan["deltas"], turn.encode(), every_s)
            )
            return
        head, tail = delta.split(b"@text@")
        self.out += [b"%bword number %d %b" % (head, number, tail) for number in range(plan["deltas"])]
        self.out.append(end)

    def tick(self) -> None:
        """Send what is due."""
        now = time.monotonic()
        while self.due and self.due[0][0] <= now:
            at, number, left, turn, every_s = heapq.heappop(self.due)
            delta, end = self.turns[turn.decode()]
            self.out.append(delta.replace(b"@text@", b"%.6f " % at))
            if left > 1:
                heapq.heappush(self.due, (at + every_s, number, left - 1, turn, every_s))
            else:
                self.out.append(end)
                del self.turns[turn.decode()]

    def run(self) -> None:
        """Serve until stdin is closed."""
        rest = b""
        while True:
            wait = max(0.0, self.due[0][0] - time.monotonic()) if self.due else None
            if select.select([0], [], [], wait)[0]:
                chunk = os.read(0, 1 << 20)
                if not chunk:
                    return
                *lines, rest = (rest + chunk).split(b"\n")
                for line in lines:
                    self.handle(json.loads(line))
            self.tick()
            if self.out:
                data = memoryview(b"".join(self.out))
                self.out = []
                while data:
                    data = data[os.write(1, data) :]


if __name__ == "__main__":
    if len(sys.argv) == 1:
        print(json.dumps(templates()))
    else:
        with open(sys.argv[1]) as file:
            StandIn(json.load(file)).run()
