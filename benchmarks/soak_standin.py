"""The stand-in app-server of the soak: a turn goes as its input asks for, well or badly.

The text of the input is JSON: `{"do": "stream", "deltas": 3}` is a turn of `standin.py`, the others are the `do_`
methods below. `soak/state` tells what is open. Run as `python -E -S soak_standin.py templates.json`.
"""

from __future__ import annotations

import json
import sys

from standin import StandIn

LATE = '{"method":"item/agentMessage/delta","params":{"threadId":"@thread@","turnId":"@turn@","itemId":"x","delta":"late"}}'
# No message, a message of nobody, or one about what does not exist.
NOISE = [
    b"garbage\n",
    b"\xff\xfe\x00\n",
    b"[1, 2]\n",
    b'{"method": 7, "params": []}\n',
    b'{"id":99999999,"result":{}}\n',
    b'{"id":"nobody","error":{"code":-32600,"message":"no"}}\n',
    b'{"method":"brand/new","params":{"a":1}}\n',
    b'{"method":"turn/completed","params":{"threadId":"no","turn":{"id":"no","items":[],"status":"completed"}}}\n',
    b'{"method":"turn/started","params":{"threadId":"no","turn":{"id":"no","items":[],"status":"inProgress"}}}\n',
]


class SoakStandIn(StandIn):
    """The server.

    Attributes:
        open: The turns that have not ended: their threads and plans.
        asked: The questions that wait for an answer: their turns.
        forbidden: How many turns were started that should never have been.
    """

    def __init__(self, texts: dict[str, object]) -> None:
        super().__init__(texts)
        self.open: dict[str, tuple[str, dict]] = {}
        self.asked: dict[str, str] = {}
        self.recorded: dict[str, list[dict]] = {}
        self.questions = self.forbidden = 0

    # --- what is sent ---

    def send(self, message: dict) -> None:
        """Send a message."""
        self.out.append(json.dumps(message).encode() + b"\n")

    def say(self, thread: str, turn: str, text: str) -> None:
        """Send a delta."""
        self.out.append(self.fill(self.texts["delta"], thread, turn).replace(b"@text@", text.encode()))

    def end(self, turn: str, text: str = "", *, error: str = "") -> None:
        """End a turn."""
        thread, _ = self.open.pop(turn)
        *others, completed = self.texts["end"]
        message = json.loads(completed)
        if error:
            told = {"message": error, "codexErrorInfo": None, "additionalDetails": None}
            message["params"]["turn"].update(status="failed", error=told)
        lines = self.fill([*others, json.dumps(message)], thread, turn)
        self.out.append(lines.replace(b"@text@", text.encode()))

    def ask(self, method: str, turn: str, **params: object) -> None:
        """Ask the client something; its turn waits."""
        self.questions += 1
        request_id = f"q{self.questions}"
        self.asked[request_id] = turn
        self.send(
            {
                "id": request_id,
                "method": method,
                "params": {"threadId": self.open[turn][0], "turnId": turn, **params},
            }
        )

    # --- what comes ---

    def handle(self, message: dict) -> None:
        """Do what a message asks for."""
        method = message.get("method")
        if method is None:
            self.answered(message)
        elif method == "turn/interrupt":
            self.interrupt(message)
        elif method == "thread/turns/list":
            data = self.recorded.pop(message["params"]["threadId"], [])
            self.send({"id": message["id"], "result": {"data": data, "nextCursor": None}})
        elif method == "soak/state":
            state = {"open": list(self.open), "asked": list(self.asked), "forbidden": self.forbidden}
            self.send({"id": message["id"], "result": state})
        else:
            super().handle(message)

    def reply(self, request: dict, template: str, thread: str, turn: str = "") -> None:
        """Answer a request; a thread is as ephemeral as was asked for."""
        super().reply(request, template, thread, turn)
        if template == "thread" and not request["params"].get("ephemeral"):
            self.out[-1] = self.out[-1].replace(b'"ephemeral":true', b'"ephemeral":false')

    def start(self, message: dict) -> None:
        """Begin a turn."""
        plan = json.loads(message["params"]["input"][0]["text"])
        if plan["do"] == "stream":
            super().start(message)
            return
        if plan["do"] == "refuse":
            self.send(
                {"id": message["id"], "error": {"code": -32600, "message": "refused, as was asked for"}}
            )
            return
        self.count += 1
        thread, turn = message["params"]["threadId"], f"turn-{self.count}"
        self.open[turn] = (thread, plan)
        begin = self.fill(self.texts["begin"], thread, turn)
        if plan.get("early"):
            self.out.append(begin)
        self.reply(message, "turn", thread, turn)
        if not plan.get("early"):
            self.out.append(begin)
        getattr(self, f"do_{plan['do']}")(thread, turn, plan)

    def interrupt(self, message: dict) -> None:
        """End a turn for the client, unless the turn is deaf."""
        thread, turn = message["params"]["threadId"], message["params"]["turnId"]
        if turn not in self.open:
            self.send(
                {"id": message["id"], "error": {"code": -32600, "message": "no active turn to interrupt"}}
            )
            return
        self.send({"id": message["id"], "result": {}})
        _, plan = self.open.pop(turn)
        self.asked = {request_id: of for request_id, of in self.asked.items() if of != turn}
        if not plan.get("deaf"):
            self.out.append(self.fill(self.texts["interrupted"], thread, turn))

    def answered(self, message: dict) -> None:
        """Go on with the turn that waited; its text is the answer."""
        turn = self.asked.pop(message["id"], None)
        if turn is None:
            return
        if "error" in message:
            text = f"refused {message['error']['code']}"
        else:
            result = message["result"]
            text = result.get("decision") or ("success" if result["success"] else "failure")
        self.say(self.open[turn][0], turn, text)
        self.end(turn, text)

    # --- how turns go ---

    def do_hold(self, thread: str, turn: str, _plan: dict) -> None:
        """One delta, and nothing more until it is interrupted."""
        self.say(thread, turn, "held")

    def do_forbidden(self, _thread: str, turn: str, _plan: dict) -> None:
        """Nobody should have started it."""
        self.forbidden += 1
        self.end(turn)

    def do_fail(self, thread: str, turn: str, _plan: dict) -> None:
        """It fails in the middle."""
        self.say(thread, turn, "half")
        self.end(turn, "half", error="as was asked for")

    def do_approve(self, thread: str, turn: str, _plan: dict) -> None:
        """It wants to run a command."""
        self.say(thread, turn, "held")
        self.ask(
            "item/commandExecution/requestApproval", turn, itemId=f"{turn}-command", command="true", cwd="/"
        )

    def do_call(self, thread: str, turn: str, plan: dict) -> None:
        """It calls a tool of the client."""
        self.say(thread, turn, "held")
        self.ask(
            "item/tool/call", turn, callId=f"{turn}-call", tool=plan["tool"], namespace=None, arguments={}
        )

    def do_question(self, _thread: str, turn: str, _plan: dict) -> None:
        """It asks what no client knows."""
        self.ask("brand/new/question", turn)

    def do_lose(self, thread: str, turn: str, plan: dict) -> None:
        """It has ended without saying so; its record tells, if it is kept."""
        self.say(thread, turn, "half")
        params = {"threadId": thread, "status": {"type": "idle"}}
        self.send({"method": "thread/status/changed", "params": params})
        del self.open[turn]
        if plan["is_recorded"]:
            item = {"type": "agentMessage", "id": f"{turn}-message", "text": "recorded", "phase": None}
            told = {"id": turn, "items": [item], "itemsView": "full", "status": "completed", "error": None}
            self.recorded[thread] = [told]

    def do_noise(self, thread: str, turn: str, plan: dict) -> None:
        """It completes, among messages that nobody understands, and ends twice."""
        self.out += NOISE[: plan["lines"]]
        self.say(thread, turn, "noise")
        self.out += NOISE[plan["lines"] :]
        self.send({"method": "brand/new", "params": {"threadId": thread, "turnId": turn}})
        self.end(turn, "noise")
        self.out += [self.out[-1], self.fill(LATE, thread, turn)]


if __name__ == "__main__":
    with open(sys.argv[1]) as file:
        SoakStandIn(json.load(file)).run()
