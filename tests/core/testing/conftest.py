"""A raw JSON-RPC probe, so that the kit is tested without the library it serves."""

import json
import os
import queue
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, suppress
from typing import Any, cast

import pytest
from codex_cli_bin import bundled_codex_path

TIMEOUT_S = 60.0
Message = dict[str, Any]


class Turn:
    """What the server said about one turn."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.done = threading.Event()

    def params(self, method: str) -> list[Message]:
        return [message["params"] for message in self.messages if message["method"] == method]

    def items(self, kind: str) -> list[Message]:
        return [params["item"] for params in self.params("item/completed") if params["item"]["type"] == kind]

    @property
    def text(self) -> str:
        return "".join(item["text"] for item in self.items("agentMessage"))

    @property
    def deltas(self) -> list[str]:
        return [params["delta"] for params in self.params("item/agentMessage/delta")]

    @property
    def end(self) -> Message:
        return self.params("turn/completed")[-1]["turn"]

    @property
    def error(self) -> Message:
        assert self.end["status"] == "failed", self.end
        return self.end["error"]


class Probe:
    """A child process that speaks JSON-RPC on its pipes; a reader thread sorts what it says."""

    def __init__(self, argv: tuple[str, ...], env: Mapping[str, str], cwd: str | None) -> None:
        self.process = subprocess.Popen(
            argv,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, **env},
            cwd=cwd,
        )
        self.messages: queue.Queue[Message] = queue.Queue()
        self.raw_lines: list[bytes] = []
        self.stderr = b""
        self.at_eof = threading.Event()
        self._answers: dict[int, queue.Queue[Message]] = {}
        self._turns: dict[str, Turn] = {}
        self._tools: Callable[[Message], str] = lambda params: f"{params['tool']} done"
        self._lock = threading.Lock()
        self._next_id = 0
        self._threads = [threading.Thread(target=run, daemon=True) for run in (self._read, self._read_stderr)]
        for thread in self._threads:
            thread.start()

    def answer_tools_with(self, function: Callable[[Message], str]) -> None:
        self._tools = function

    def send(self, message: object) -> None:
        assert self.process.stdin is not None
        with self._lock:
            self.process.stdin.write(json.dumps(message).encode() + b"\n")
            self.process.stdin.flush()

    def post(self, method: str, params: object) -> "queue.Queue[Message]":
        answers: queue.Queue[Message] = queue.Queue()
        with self._lock:
            self._next_id += 1
            number = self._next_id
            self._answers[number] = answers
        self.send({"id": number, "method": method, "params": params})
        return answers

    def request(self, method: str, params: object) -> Message:
        answer = self.post(method, params).get(timeout=TIMEOUT_S)
        assert "result" in answer, answer
        return cast("Message", answer["result"])

    def initialize(self) -> Message:
        client = {"name": "probe", "version": "0"}
        result = self.request("initialize", {"clientInfo": client, "capabilities": {"experimentalApi": True}})
        self.send({"method": "initialized"})
        return result

    def thread(self, *tools: Message, **params: object) -> str:
        more = {"dynamicTools": list(tools)} if tools else {}
        return self.request("thread/start", {"ephemeral": True, **more, **params})["thread"]["id"]

    def start_turn(self, thread_id: str, text: str, **params: object) -> Turn:
        turn = self._turns[thread_id] = Turn()
        content = [{"type": "text", "text": text}] if text else []
        self.post("turn/start", {"threadId": thread_id, "input": content, **params})
        return turn

    def turn(self, thread_id: str, text: str, **params: object) -> Turn:
        turn = self.start_turn(thread_id, text, **params)
        assert turn.done.wait(TIMEOUT_S), f"no turn/completed: {turn.messages}"
        return turn

    def close(self) -> int:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        with suppress(OSError):
            self.process.stdin.close()
        try:
            code = self.process.wait(TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        for thread in self._threads:
            thread.join(TIMEOUT_S)
        self.process.stdout.close()
        self.process.stderr.close()
        return code

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.raw_lines.append(line)
            try:
                message: Message = json.loads(line)
            except ValueError:
                continue
            self._sort(message)
        self.at_eof.set()

    def _sort(self, message: Message) -> None:
        self.messages.put(message)
        method = message.get("method")
        if method is None:
            self._answers.get(message["id"], queue.Queue()).put(message)
        elif method == "item/tool/call":
            content = [{"type": "inputText", "text": self._tools(message["params"])}]
            self.send({"id": message["id"], "result": {"contentItems": content, "success": True}})
        else:
            turn = self._turns.get(message["params"].get("threadId", ""))
            if turn is not None:
                turn.messages.append(message)
                if method == "turn/completed":
                    turn.done.set()

    def _read_stderr(self) -> None:
        assert self.process.stderr is not None
        self.stderr = self.process.stderr.read()


@pytest.fixture
def launch() -> Iterator[Callable[..., Probe]]:
    """Start a child; it is ended with the test."""
    with ExitStack() as stack:

        def start(
            argv: tuple[str, ...], env: Mapping[str, str] | None = None, cwd: str | None = None
        ) -> Probe:
            probe = Probe(argv, env or {}, cwd)
            stack.callback(probe.close)
            return probe

        yield start


@pytest.fixture
def codex(launch: Callable[..., Probe]) -> Callable[..., Probe]:
    """Start the true app-server in a scripted set-up and greet it."""

    def start(scripted: Any) -> Probe:
        probe = launch((str(bundled_codex_path()), "app-server"), scripted.env, str(scripted.workspace))
        probe.initialize()
        return probe

    return start
