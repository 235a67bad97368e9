"""Which binary is started, how much is in flight at once, and whose turns are waited for; tests/faults has what goes wrong."""

from __future__ import annotations

import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from codex_app_server import (
    AppServerConfig,
    Codex,
    CodexNotFoundError,
    RequestTimeoutError,
)
from codex_app_server.testing import FakeServer, steps


def test_the_binary_is_looked_for_in_the_documented_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def binary(name: str) -> str:
        path = tmp_path / name / "codex"
        path.parent.mkdir()
        path.write_text("#!/bin/sh\n")
        path.chmod(0o700)
        return str(path)

    named, from_env, on_path = binary("named"), binary("env"), binary("path")
    monkeypatch.setenv("CODEX_BIN", from_env)
    monkeypatch.setenv("PATH", str(Path(on_path).parent))
    assert AppServerConfig(codex_bin=named, config_overrides={"a.b": ["x", 1, True]}).argv() == [
        named, "app-server", "-c", 'a.b=["x", 1, true]',
    ]  # fmt: skip
    assert AppServerConfig().argv() == [from_env, "app-server"]
    monkeypatch.delenv("CODEX_BIN")
    runtime = AppServerConfig().argv()[0]
    assert "codex_cli_bin" in runtime
    monkeypatch.setitem(sys.modules, "codex_cli_bin", None)
    assert AppServerConfig().argv() == [on_path, "app-server"]
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CodexNotFoundError, match=r"no Codex binary was found: install the runtime"):
        AppServerConfig().argv()


def test_a_request_without_an_answer_times_out_and_the_client_stays_usable() -> None:
    scenario = [*steps.handshake(), steps.expect("account/read"), *steps.thread_start()]
    with FakeServer(scenario) as server, Codex(server.config) as codex:
        with pytest.raises(RequestTimeoutError, match=r"no answer to 'account/read' within 0\.1 s") as caught:
            codex.request_raw("account/read", timeout_s=0.1)
        assert isinstance(caught.value, TimeoutError)
        assert codex.thread_start().id == "thread-1"


def test_requests_in_flight_are_bounded() -> None:
    answers = [
        part
        for number in range(10)
        for part in (
            steps.expect("account/read", save_as=f"r{number}"),
            steps.reply({"n": number}, to=f"r{number}"),
        )
    ]
    scenario = [
        *steps.handshake(), *(steps.expect("account/read", save_as=f"first{n}") for n in range(4)), steps.barrier("full"),
        *(steps.reply({}, to=f"first{n}") for n in range(4)), *answers,
    ]  # fmt: skip
    with FakeServer(scenario) as server:
        config = AppServerConfig(launch_args_override=server.argv, max_requests_in_flight=4)
        with Codex(config) as codex:
            workers = [threading.Thread(target=codex.request_raw, args=("account/read",)) for _ in range(14)]
            for worker in workers:
                worker.start()
            server.wait_reached("full")
            assert (
                len([message for message in server.received if message.get("method") == "account/read"]) == 4
            )
            server.release("full")
            for worker in workers:
                worker.join()


def test_running_commands_do_not_keep_other_requests_from_being_sent() -> None:
    def command(number: int) -> list[Any]:
        return [steps.expect("command/exec", save_as=f"c{number}")]

    scenario = [
        *steps.handshake(), *command(1), *command(2), steps.barrier("both run"),
        steps.expect("account/read", save_as="r"), steps.reply({"n": 1}, to="r"),
        # The third one of two waits for its turn.
        steps.reply({}, to="c1"), *command(3), steps.reply({}, to="c2"), steps.reply({}, to="c3"),
    ]  # fmt: skip
    with FakeServer(scenario) as server:
        config = AppServerConfig(launch_args_override=server.argv, max_requests_in_flight=2)
        with Codex(config) as codex, ThreadPoolExecutor() as pool:
            running = [pool.submit(codex.request_raw, "command/exec", {"command": ["x"]}) for _ in range(3)]
            server.wait_reached("both run")
            server.release("both run")
            assert codex.request_raw("account/read") == {"n": 1}
            assert [done.result(30) for done in running] == [{}, {}, {}]


def test_two_threads_at_most_are_being_started_at_once() -> None:
    scenario = [
        *steps.handshake(), steps.expect("thread/start", save_as="a"), steps.expect("thread/start", save_as="b"), steps.barrier("two"),
        steps.reply({"thread": {"id": "thread-a"}}, to="a"), steps.expect("thread/start", save_as="c"),
        steps.reply({"thread": {"id": "thread-b"}}, to="b"), steps.reply({"thread": {"id": "thread-c"}}, to="c"),
    ]  # fmt: skip
    with FakeServer(scenario) as server, Codex(server.config) as codex:
        workers = [threading.Thread(target=codex.thread_start) for _ in range(3)]
        for worker in workers:
            worker.start()
        server.wait_reached("two")
        assert len([message for message in server.received if message.get("method") == "thread/start"]) == 2
        server.release("two")
        for worker in workers:
            worker.join()


def test_a_turn_of_somebody_else_is_waited_for_and_not_steered() -> None:
    def foreign(method: str, **fields: Any) -> Any:
        return steps.notify(
            method,
            {
                "threadId": "thread-1",
                "turn": {"id": "foreign", "items": [], "status": "inProgress"},
                **fields,
            },
        )

    scenario = [
        *steps.handshake(), *steps.thread_start(), foreign("turn/started"),
        steps.expect("account/read", save_as="look"), steps.reply({}, to="look"), steps.barrier("waiting"),
        steps.notify("thread/status/changed", {"threadId": "thread-1", "status": {"type": "idle"}}),
        *steps.turn("mine"),
    ]  # fmt: skip
    with FakeServer(scenario) as server, Codex(server.config) as codex:
        thread = codex.thread_start()
        codex.request_raw("account/read")
        texts: list[str] = []
        worker = threading.Thread(target=lambda: texts.append(thread.run("x").text))
        worker.start()
        server.wait_reached("waiting")
        assert [message for message in server.received if message.get("method") == "turn/start"] == []
        server.release("waiting")
        worker.join()
        assert texts == ["mine"]
