"""The child program of FakeServer: it plays a scenario on its standard streams.

It runs by itself (`python -I -S _fake_child.py <scenario>`), imports nothing of the package, and only what a start
within milliseconds allows. One OS thread reads stdin and files the messages; the main thread plays the steps.
"""

from __future__ import annotations

import base64
import json
import os
import re
import sys
import threading

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket
    from collections.abc import Callable
    from typing import Any, NoReturn, TypeAlias

    Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"

_PLACEHOLDER = re.compile(r"\{\{(\w+(?:\.\w+)*)\}\}|\{(\w+(?:\.\w+)*)\}")
_EXIT_SCENARIO_ERROR = 70
# How long the main thread may finish what it does when stdin has closed; the true server ends in about 30 ms.
_FAREWELL_S = 1.0


class ScenarioError(Exception):
    """The client did something else than the scenario says, or the scenario is wrong."""


class _Ended(Exception):  # noqa: N818 - the ordinary end
    """Stdin has closed, and the scenario does not go on after that."""


class _Input:
    """What the client sent; a reader thread fills it."""

    def __init__(self, log_path: str) -> None:
        self.changed = threading.Condition()
        self.messages: list[dict[str, Any]] = []
        self.answered: set[object] = set()
        self.at_eof = False
        self.is_fatal_eof = True
        self.finished = threading.Event()
        # Only where select() knows pipes can the reader be stopped while it waits.
        self._stop_read, self._stop_write = os.pipe() if os.name == "posix" else (-1, -1)
        self._stopped = threading.Event()
        self._log = os.open(log_path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def stop(self) -> None:
        self._stopped.set()
        if self._stop_write >= 0:
            os.write(self._stop_write, b"x")
            self.thread.join()

    def _wait_readable(self) -> bool:
        if self._stop_read < 0:
            return True
        import select  # noqa: PLC0415 - of use on POSIX only

        ready, _, _ = select.select([0, self._stop_read], [], [])
        return self._stop_read not in ready

    def _read(self) -> None:
        buffer = b""
        while self._wait_readable() and not self._stopped.is_set():
            try:
                data = os.read(0, 65536)
            except OSError:
                data = b""
            if not data:
                self._end()
                return
            *lines, buffer = (buffer + data).split(b"\n")
            for line in lines:
                self._file(line)

    def _file(self, line: bytes) -> None:
        try:
            message: Json = json.loads(line)
        except ValueError:
            message = None
        if not isinstance(message, dict):
            message = {"unreadable": line.decode("utf-8", "replace")}
        os.write(self._log, json.dumps(message).encode() + b"\n")
        with self.changed:
            self.messages.append(message)
            if "method" not in message:
                self.answered.add(message.get("id"))
            self.changed.notify_all()

    def _end(self) -> None:
        with self.changed:
            self.at_eof = True
            self.changed.notify_all()
        # The step that asks for a life after the end of stdin may come within that time.
        if not self.finished.wait(_FAREWELL_S) and self.is_fatal_eof:
            os._exit(0)


class Player:
    """Plays the steps of one scenario."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self._settings = settings
        self._folder: str = settings["folder"]
        self._saved: dict[str, Json] = {}
        self._last: dict[str, Any] | None = None
        # What was asked, by its id, and the turn that it is about.
        self._asked: dict[Any, Any] = {}
        # Tokens by thread.
        self._used: dict[Any, dict[str, int]] = {}
        self._number = self._take_number()
        self._input = _Input(os.path.join(self._folder, f"received-{self._number:04d}.jsonl"))  # noqa: PTH118
        threading.Thread(target=self._end_of_life, daemon=True).start()

    def run(self) -> NoReturn:
        scenarios = self._settings["scenarios"]
        code = 0
        try:
            self._play(scenarios[min(self._number, len(scenarios) - 1)])
            self._wait_for_end()
        except (_Ended, BrokenPipeError):
            self._report_unanswered()
        except Exception as error:
            self._report(
                f"{type(error).__name__}: {error}" if not isinstance(error, ScenarioError) else str(error)
            )
            code = _EXIT_SCENARIO_ERROR
        self._input.finished.set()
        os._exit(code)

    def _play(self, steps: list[dict[str, Any]]) -> None:
        for step in steps:
            getattr(self, "_do_" + step["do"])(step)

    # One method for each kind of step; `steps.py` says what they mean.

    def _do_expect(self, step: dict[str, Any]) -> None:
        method = step["method"]
        message = self._take(lambda message: message.get("method") == method, f"a {method} message")
        self._keep(message, step)

    def _do_expect_answer(self, step: dict[str, Any]) -> None:
        number = self._filled(step["id"])
        message = self._take(
            lambda message: "method" not in message and message.get("id") == number,
            f"an answer to request {number!r}",
        )
        self._keep(message, step)

    def _do_reply(self, step: dict[str, Any]) -> None:
        body = (
            {"error": self._filled(step["error"])}
            if "error" in step
            else {"result": self._filled(step["result"])}
        )
        self._send({"id": self._request_id(step.get("to")), **body})

    def _do_notify(self, step: dict[str, Any]) -> None:
        method, params = self._filled(step["method"]), _members(self._filled(step["params"]))
        # These say that no answer is needed any more.
        if method == "serverRequest/resolved":
            self._asked.pop(params.get("requestId"), None)
        elif method == "turn/completed":
            ended = _members(params.get("turn")).get("id")
            self._asked = {number: turn for number, turn in self._asked.items() if turn != ended}
        elif method == "thread/tokenUsage/updated":
            self._add_up(params.get("threadId"), _members(params.get("tokenUsage")))
        self._send({"method": method, "params": params})

    def _add_up(self, thread: Json, usage: dict[str, Any]) -> None:
        last = {name: n for name, n in _members(usage.get("last")).items() if isinstance(n, int)}
        if usage.get("total", last) is None:
            before = self._used.get(thread, {})
            self._used[thread] = {name: before.get(name, 0) + tokens for name, tokens in last.items()}
            usage["total"] = self._used[thread]

    def _do_ask(self, step: dict[str, Any]) -> None:
        number, method = self._filled(step["id"]), self._filled(step["method"])
        params = self._filled(step["params"])
        self._asked[number] = _members(params).get("turnId")
        self._send({"id": number, "method": method, "params": params})

    def _do_send_raw(self, step: dict[str, Any]) -> None:
        for chunk in step["chunks"]:
            _write(1, base64.b64decode(chunk))

    def _do_stderr(self, step: dict[str, Any]) -> None:
        if "text" in step:
            _write(2, str(self._filled(step["text"])).encode("utf-8", "surrogatepass"))
        else:
            _write(2, base64.b64decode(step["bytes"]))

    def _do_repeat(self, step: dict[str, Any]) -> None:
        for index in range(step["count"]):
            self._saved[step["name"]] = index
            self._play(step["steps"])

    def _do_barrier(self, step: dict[str, Any]) -> None:
        link = self._connect(str(self._filled(step["name"])))
        released = threading.Event()

        def listen() -> None:
            link.recv(1)
            released.set()
            with self._input.changed:
                self._input.changed.notify_all()

        threading.Thread(target=listen, daemon=True).start()
        with self._input.changed:
            self._input.changed.wait_for(lambda: released.is_set() or self._has_ended())
        if not released.is_set():
            raise _Ended

    def _do_exit(self, step: dict[str, Any]) -> None:
        self._input.finished.set()
        os._exit(step["code"])

    def _do_die(self, step: dict[str, Any]) -> None:
        os.kill(os.getpid(), step["signal"])
        threading.Event().wait()

    def _do_close_stdout(self, step: dict[str, Any]) -> None:  # noqa: ARG002 - all steps are called alike
        os.close(1)

    def _do_close_stdin(self, step: dict[str, Any]) -> None:  # noqa: ARG002 - as above
        self._input.stop()
        os.close(0)

    def _do_stop_reading(self, step: dict[str, Any]) -> None:  # noqa: ARG002 - as above
        self._input.stop()

    def _do_ignore_sigterm(self, step: dict[str, Any]) -> None:  # noqa: ARG002 - as above
        import signal  # noqa: PLC0415 - of use to few scenarios

        signal.signal(signal.SIGTERM, signal.SIG_IGN)

    def _do_ignore_eof(self, step: dict[str, Any]) -> None:  # noqa: ARG002 - as above
        self._input.is_fatal_eof = False

    def _do_hang(self, step: dict[str, Any]) -> None:  # noqa: ARG002 - as above
        self._wait_for_end()

    def _wait_for_end(self) -> None:
        with self._input.changed:
            self._input.changed.wait_for(self._has_ended)
        raise _Ended

    def _has_ended(self) -> bool:
        return self._input.at_eof and self._input.is_fatal_eof

    def _take(self, matches: Callable[[dict[str, Any]], bool], what: str) -> dict[str, Any]:
        messages = self._input.messages
        with self._input.changed:
            while True:
                for index, message in enumerate(messages):
                    if matches(message):
                        return messages.pop(index)
                if self._input.at_eof:
                    others = [message.get("method", "an answer") for message in messages]
                    raise ScenarioError(
                        f"stdin was closed while the scenario expected {what}; unused: {others}"
                    )
                self._input.changed.wait()

    def _keep(self, message: dict[str, Any], step: dict[str, Any]) -> None:
        self._last = self._saved["last"] = message
        if step.get("save_as"):
            self._saved[step["save_as"]] = message

    def _request_id(self, name: str | None) -> Any:
        request = self._last if name is None else _members(self._saved.get(name))
        if request is None or "id" not in request:
            raise ScenarioError(f"there is no request {name or 'last'!r} to reply to")
        return request["id"]

    def _filled(self, value: Json) -> Json:
        if isinstance(value, str):
            whole = _PLACEHOLDER.fullmatch(value)
            if whole and whole.group(2):
                return self._look_up(whole.group(2))
            return _PLACEHOLDER.sub(self._as_text, value)
        if isinstance(value, list):
            return [self._filled(entry) for entry in value]
        if isinstance(value, dict):
            return {str(self._filled(key)): self._filled(member) for key, member in value.items()}
        return value

    def _as_text(self, match: re.Match[str]) -> str:
        if match.group(1):
            return "{" + match.group(1) + "}"
        value = self._look_up(match.group(2))
        return value if isinstance(value, str) else json.dumps(value)

    def _look_up(self, path: str) -> Json:
        value: Json = self._saved
        try:
            for key in path.split("."):
                value = _member(value, key)
        except (KeyError, IndexError, ValueError):
            raise ScenarioError(
                f"nothing to put in for {{{path}}}; saved are {sorted(self._saved)} "
                f"(write {{{{{path}}}}} for the text itself)"
            ) from None
        return value

    def _connect(self, name: str) -> socket.socket:
        import socket  # noqa: PLC0415 - takes time, and few scenarios need it

        link = socket.create_connection(("127.0.0.1", self._settings["port"]), timeout=10)
        link.settimeout(None)
        link.sendall(json.dumps([self._settings["token"], name]).encode() + b"\n")
        return link

    @staticmethod
    def _send(message: dict[str, Any]) -> None:
        _write(1, json.dumps(message, separators=(",", ":")).encode() + b"\n")

    def _take_number(self) -> int:
        """Return how many children were started in this folder before, and count this one."""
        number = 0
        while not _created(os.path.join(self._folder, f"child-{number:04d}")):  # noqa: PTH118 - pathlib takes time
            number += 1
        return number

    def _report_unanswered(self) -> None:
        """Tell what the client left open when it closed stdin."""
        left = [number for number in self._asked if number not in self._input.answered]
        if left and self._input.at_eof:
            path = os.path.join(self._folder, f"unanswered-{self._number:04d}")  # noqa: PTH118 - as above
            with open(path, "w", encoding="utf-8") as file:  # noqa: PTH123 - as above
                json.dump(left, file)

    def _report(self, text: str) -> None:
        path = os.path.join(self._folder, f"error-{self._number:04d}")  # noqa: PTH118 - as above
        with open(path, "w", encoding="utf-8") as file:  # noqa: PTH123 - as above
            file.write(text)

    def _end_of_life(self) -> None:
        life_s = self._settings["max_life_s"]
        if not self._input.finished.wait(life_s):
            self._report(f"the child was still there after its longest life of {life_s} s")
            os._exit(_EXIT_SCENARIO_ERROR)


def _members(value: Json) -> dict[str, Json]:
    return value if isinstance(value, dict) else {}


def _member(value: Json, key: str) -> Json:
    if isinstance(value, list):
        return value[int(key)]
    return _members(value)[key]


def _created(path: str) -> bool:
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        return False
    return True


def _write(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as _file:  # noqa: PTH123 - pathlib takes time
        Player(json.load(_file)).run()
