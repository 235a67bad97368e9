"""A stand-in app-server that does one thing wrong; `peer_faults.py` starts it.

Run as `python -S faulty.py TEMPLATES LOG FAULT`. It answers as `standin.py` does, writes its process id and each message
that it gets into LOG, and does FAULT at its start, at its end or in a turn whose input is the text `fault`. A turn with
the text `hold` says one word and is silent until it is interrupted; any other one answers `hello`.
It ends with its stdin, as the true server does, and after a minute at the latest.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from typing import NamedTuple

WORD = "hello"
FLOOD = 100_000


class Turn(NamedTuple):
    """A turn that something is to happen to: its ids, and what a turn without a fault would send."""

    thread: str
    name: str
    reply: bytes
    begin: bytes
    end: bytes


class Faulty:
    """The server."""

    def __init__(self, texts: dict, log: int, fault: str) -> None:
        self.texts = texts
        self.log = log
        self.fault = fault
        self.turns: dict[str, str] = {}
        self.threads = 0
        self.refused = 0
        self.late: list[bytes] = []

    def note(self, value: object) -> None:
        """Write a line into the log."""
        os.write(self.log, json.dumps(value).encode() + b"\n")

    def send(self, data: bytes) -> None:
        """Write all of some bytes."""
        view = memoryview(data)
        while view:
            view = view[os.write(1, view) :]

    def lines(self, template: object, thread: str, turn: str = "", text: str = WORD) -> bytes:
        """Return a template with its ids, as lines."""
        parts = template if isinstance(template, list) else [template]
        filled = "".join(f"{part}\n" for part in parts)
        return filled.replace("@thread@", thread).replace("@turn@", turn).replace("@text@", text).encode()

    def answer(self, request: dict, result: str) -> bytes:
        """Return an answer as a line."""
        return f'{{"id":{json.dumps(request["id"])},"result":{result}}}\n'.encode()

    def handle(self, message: dict) -> None:
        """Do what a message asks for."""
        self.note(message)
        method = message.get("method")
        params = message.get("params") or {}
        if method is None:
            self.decided(str(message.get("id")))
        elif method == "initialize":
            self.greet(message)
        elif method == "thread/start" and self.fault == "busy" and self.refused < 2:
            self.refused += 1
            error = {"code": -32001, "message": "Server overloaded; retry later."}
            self.send(json.dumps({"id": message["id"], "error": error}).encode() + b"\n")
        elif method == "thread/start":
            self.threads += 1
            # A thread of which the server keeps a record.
            result = self.texts["thread"].replace("@thread@", f"thread-{self.threads}")
            self.send(self.answer(message, result.replace('"ephemeral":true', '"ephemeral":false')))
        elif method == "turn/start":
            self.start(message)
        elif method == "turn/interrupt":
            place = params["threadId"], params["turnId"]
            self.send(self.answer(message, "{}") + self.lines(self.texts["interrupted"], *place))
        elif method in {"thread/turns/list", "thread/read"}:
            self.record(message)
        elif "id" in message:
            self.send(self.answer(message, "{}"))

    def greet(self, message: dict) -> None:
        """Answer `initialize`, unless that is what is wrong."""
        if self.fault == "silent":
            return
        if self.fault == "dies":
            os.write(2, b"cannot read the configuration\n")
            os._exit(3)
        if self.fault == "stubborn":
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
        self.send(self.answer(message, self.texts["initialize"]))

    def record(self, message: dict) -> None:
        """Answer with the record of the thread, where nothing is wrong with it."""
        if self.fault == "mute":
            return
        items = [{"type": "agentMessage", "id": f"{turn}-message", "text": WORD} for turn in self.turns]
        turns = [
            {"id": turn, "items": [item], "itemsView": "full", "status": "completed", "error": None}
            for turn, item in zip(self.turns, items, strict=True)
        ]
        if message["method"] == "thread/turns/list":
            self.send(self.answer(message, json.dumps({"data": turns[::-1], "nextCursor": None})))
            return
        thread = json.loads(self.texts["thread"].replace("@thread@", message["params"]["threadId"]))["thread"]
        self.send(self.answer(message, json.dumps({"thread": {**thread, "turns": turns}})))

    def start(self, message: dict) -> None:
        """Begin a turn."""
        thread, turn = message["params"]["threadId"], f"turn-{len(self.turns) + 1}"
        self.turns[turn] = thread
        text = message["params"]["input"][0]["text"]
        reply = self.answer(message, self.lines(self.texts["turn"], thread, turn).decode().strip())
        begin = self.lines(self.texts["begin"], thread, turn)
        delta = self.lines(self.texts["delta"], thread, turn)
        end = self.lines(self.texts["end"], thread, turn)
        if text == "hold":
            self.send(reply + begin + delta)
        elif text == "fault":
            getattr(self, f"turn_{self.fault}")(Turn(thread, turn, reply, begin + delta, end))
        else:
            self.send(reply + begin + delta + end)

    def turn_exits(self, turn: Turn) -> None:
        """End as if all were well."""
        self.send(turn.reply + turn.begin)
        os._exit(0)

    def turn_half(self, turn: Turn) -> None:
        """Die in the middle of a line."""
        self.send(turn.reply + turn.begin + turn.end[:40])
        os._exit(1)

    def turn_pieces(self, turn: Turn) -> None:
        """Write each byte by itself, with other line ends."""
        data = (turn.reply + turn.begin + turn.end).replace(b"\n", b"\r\n")
        for at in range(len(data)):
            self.send(data[at : at + 1])

    def turn_blank(self, turn: Turn) -> None:
        """Write blank lines between the messages."""
        self.send((turn.reply + turn.begin + turn.end).replace(b"\n", b"\n\n"))

    def turn_long(self, turn: Turn) -> None:
        """Finish with a message of 10 MB."""
        self.send(
            turn.reply + turn.begin + self.lines(self.texts["end"], turn.thread, turn.name, WORD * 2_000_000)
        )

    def turn_garbage(self, turn: Turn) -> None:
        """Write a line that is no message."""
        self.send(turn.reply + turn.begin + b"warning: something prints to stdout\n" + turn.end)

    def turn_no_objects(self, turn: Turn) -> None:
        """Write JSON that is no message."""
        self.send(turn.reply + turn.begin + b"[]\n1\nnull\n" + turn.end)

    def turn_bytes(self, turn: Turn) -> None:
        """Write to stderr what is no UTF-8, then more than a pipe holds."""
        self.send(turn.reply + turn.begin)
        os.write(2, b"\xff\xfe\n")
        for _ in range(1000):
            os.write(2, b"x" * 999 + b"\n")
        self.send(turn.end)

    def turn_flood(self, turn: Turn) -> None:
        """Write very many deltas."""
        delta = self.lines(self.texts["delta"], turn.thread, turn.name, "@text@")
        head, tail = delta.split(b"@text@")
        self.send(turn.reply + turn.begin)
        for first in range(0, FLOOD, 1000):
            self.send(b"".join(b"%b%d %b" % (head, number, tail) for number in range(first, first + 1000)))
        self.send(turn.end)

    def turn_strays(self, turn: Turn) -> None:
        """Answer twice, and what nobody has asked."""
        strays = b'{"id":"nobody","result":{}}\n{"id":12345,"result":{}}\n{"result":{}}\n'
        self.send(turn.reply + turn.begin + turn.reply + strays + turn.end)

    def turn_early(self, turn: Turn) -> None:
        """Tell of the whole turn before its start is answered."""
        self.send(turn.begin + turn.end)
        time.sleep(0.2)
        self.send(turn.reply)

    def turn_endless(self, turn: Turn) -> None:
        """Leave out the end of the turn."""
        kept = [line for line in turn.end.splitlines(keepends=True) if b'"turn/completed"' not in line]
        self.send(turn.reply + turn.begin + b"".join(kept))

    def turn_newer(self, turn: Turn) -> None:
        """Tell what no client knows yet."""
        place = f'"threadId":"{turn.thread}","turnId":"{turn.name}"'
        item = '"item":{"type":"hologram","id":"new-1","depth":3}'
        new = f'{{"method":"item/shimmered","params":{{{place}}}}}\n'
        new += f'{{"method":"item/completed","params":{{{place},{item},"completedAtMs":"soon"}}}}\n'
        self.send(turn.reply + turn.begin + new.encode() + turn.end)

    def turn_approval(self, turn: Turn) -> None:
        """Ask whether a command may run."""
        self.ask(
            turn,
            method="item/commandExecution/requestApproval",
            command="rm -rf build",
            cwd="/fake/workspace",
        )

    def turn_unknown(self, turn: Turn) -> None:
        """Ask what no client knows yet."""
        self.ask(turn, method="item/hologram/requestProjection")

    def ask(self, turn: Turn, *, method: str, **params: str) -> None:
        """Ask a question; the turn ends with its answer."""
        place = {"threadId": turn.thread, "turnId": turn.name}
        params = {**place, "itemId": "item-1", "startedAtMs": 0, **params}
        self.late = [turn.end]
        self.send(
            turn.reply
            + turn.begin
            + json.dumps({"id": "question", "method": method, "params": params}).encode()
            + b"\n"
        )

    def decided(self, name: str) -> None:
        """End the turn whose question has got an answer."""
        if name == "question" and self.late:
            self.send(self.late.pop())

    def run(self) -> None:
        """Serve until stdin is closed."""
        self.note({"pid": os.getpid()})
        for line in sys.stdin.buffer:
            self.handle(json.loads(line))
        while self.fault == "stubborn":
            time.sleep(60)


if __name__ == "__main__":
    signal.alarm(60)
    with open(sys.argv[1]) as file:
        templates = json.load(file)
    Faulty(templates, os.open(sys.argv[2], os.O_WRONLY | os.O_CREAT | os.O_APPEND), sys.argv[3]).run()
