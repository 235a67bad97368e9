"""The fake server: scenarios played by a real child program."""

import os
import signal
import subprocess
import threading
from collections.abc import Callable
from typing import Any

import pytest
from codex_app_server.testing import FakeServer, FakeServerError, steps

TIMEOUT_S = 60.0
Launch = Callable[..., Any]
posix_only = pytest.mark.skipif(os.name != "posix", reason="signals and pipes of POSIX")


def test_a_turn_is_played_with_values_of_the_requests(launch: Launch) -> None:
    scenario = [
        *steps.handshake(),
        *steps.thread_start("T1"),
        *steps.turn("Hel", "lo in {turn.params.threadId}"),
    ]
    with FakeServer(scenario) as server:
        probe = launch(server.argv)
        assert probe.initialize()["userAgent"] == "fake/0.163.0 (test)"
        thread = probe.thread()
        turn = probe.turn(thread, "hi")
        assert (thread, turn.text) == ("T1", "Hello in T1")
        assert turn.items("userMessage")[0]["content"] == [{"type": "text", "text": "hi"}]
        assert turn.end["status"] == "completed"
        assert probe.close() == 0
        methods = [message.get("method") for message in server.received]
        assert methods == ["initialize", "initialized", "thread/start", "turn/start"]
        assert server.error is None
        assert server.launch_count == 1


def test_messages_are_kept_until_they_are_expected(launch: Launch) -> None:
    scenario = [
        steps.expect("second", save_as="b"),
        steps.expect("first", save_as="a"),
        steps.reply({"was": "a"}),
        steps.reply_error(-32001, "no", {"more": 1}, to="b"),
    ]
    with FakeServer(scenario) as server:
        probe = launch(server.argv)
        first, second = probe.post("first", {}), probe.post("second", {})
        assert first.get(timeout=TIMEOUT_S) == {"id": 1, "result": {"was": "a"}}
        error = {"code": -32001, "message": "no", "data": {"more": 1}}
        assert second.get(timeout=TIMEOUT_S) == {"id": 2, "error": error}


def test_requests_to_the_client_and_floods(launch: Launch) -> None:
    call = {"threadId": "t", "tool": "clock", "arguments": {}}
    scenario = [
        steps.ask("item/tool/call", call, id=7),
        steps.expect_answer(7, save_as="answer"),
        steps.repeat(
            3,
            [
                steps.notify(
                    "flood/{i}",
                    {"index": "{i}", "text": "#{i} of {{i}}", "said": "{answer.result.contentItems.0.text}"},
                )
            ],
        ),
        steps.exit_with(3),
    ]
    with FakeServer(scenario) as server:
        probe = launch(server.argv)
        assert probe.at_eof.wait(TIMEOUT_S)
        assert [message["method"] for message in probe.messages.queue] == [
            "item/tool/call",
            "flood/0",
            "flood/1",
            "flood/2",
        ]
        assert list(probe.messages.queue)[-1]["params"] == {
            "index": 2,
            "text": "#2 of {i}",
            "said": "clock done",
        }
        assert probe.close() == 3


def test_raw_bytes_and_stderr_are_written_exactly(launch: Launch) -> None:
    scenario = [
        steps.send_raw(b'{"method":', b'"cut","params":{}}\n', b"\xff\x00\n", b"no newline"),
        steps.stderr("text é\n"),
        steps.stderr(b"\xff bytes"),
        steps.exit_with(),
    ]
    with FakeServer(scenario) as server:
        probe = launch(server.argv)
        assert probe.at_eof.wait(TIMEOUT_S)
        probe.close()
        assert probe.raw_lines == [b'{"method":"cut","params":{}}\n', b"\xff\x00\n", b"no newline"]
        assert probe.stderr == "text é\n".encode() + b"\xff bytes"


def test_a_barrier_stops_the_child_until_it_is_released(launch: Launch) -> None:
    scenario = [
        steps.barrier("one"),
        steps.notify("after/one"),
        steps.repeat(2, [steps.barrier("two-{i}")]),
        steps.notify("after/two"),
        steps.exit_with(),
    ]
    before = set(threading.enumerate())
    with FakeServer(scenario) as server:
        server.release("two-1")
        probe = launch(server.argv)
        server.wait_reached("one", TIMEOUT_S)
        assert probe.messages.empty()
        server.release("one")
        assert probe.messages.get(timeout=TIMEOUT_S)["method"] == "after/one"
        server.wait_reached("two-0", TIMEOUT_S)
        with pytest.raises(TimeoutError, match="two-1"):
            server.wait_reached("two-1", 0.01)
        server.release("two-0")
        assert probe.messages.get(timeout=TIMEOUT_S)["method"] == "after/two"
        probe.close()
    assert set(threading.enumerate()) == before


def test_every_start_can_have_a_scenario_of_its_own(launch: Launch) -> None:
    with FakeServer([steps.exit_with(1)], [steps.exit_with(2)]) as server:
        codes = []
        for _ in range(3):
            probe = launch(server.argv)
            assert probe.at_eof.wait(TIMEOUT_S)
            codes.append(probe.close())
        assert codes == [1, 2, 2]
        assert server.launch_count == 3


@pytest.mark.parametrize(
    ("scenario", "said", "error"),
    [
        (
            [steps.expect("never")],
            {"id": 1, "method": "other"},
            "expected a never message; unused: \\['other'\\]",
        ),
        ([steps.expect_answer(5)], {"id": 4, "result": {}}, "expected an answer to request 5"),
        ([steps.notify("x", {"y": "{nobody.params}"})], None, "nothing to put in for {nobody.params}"),
        ([steps.reply({})], None, "no request 'last'"),
    ],
)
def test_a_scenario_that_goes_wrong_is_reported(
    launch: Launch, scenario: Any, said: object, error: str
) -> None:
    with pytest.raises(FakeServerError, match=error), FakeServer(scenario) as server:  # noqa: PT012 - raised at the end
        probe = launch(server.argv)
        # Without something to wait for, the child may be gone before anything could be said.
        if said is not None:
            probe.send(said)
        assert probe.close() == 70
        assert server.error


def test_errors_can_be_left_to_the_test(launch: Launch) -> None:
    with FakeServer([steps.expect("never")], raise_errors=False) as server:
        launch(server.argv).close()
        assert server.error


def test_every_child_ends_with_its_longest_life(launch: Launch) -> None:
    with FakeServer([steps.ignore_eof(), steps.hang()], max_life_s=0.2, raise_errors=False) as server:
        probe = launch(server.argv)
        assert probe.at_eof.wait(TIMEOUT_S)
        assert probe.close() == 70
        assert "longest life" in (server.error or "")


def test_the_end_of_stdin_ends_a_hanging_child(launch: Launch) -> None:
    with FakeServer([steps.hang()]) as server:
        assert launch(server.argv).close() == 0


def test_lines_that_are_not_objects_are_logged_as_they_came(launch: Launch) -> None:
    with FakeServer([steps.expect("go")]) as server:
        probe = launch(server.argv)
        probe.process.stdin.write(b"not json\n[1]\n")
        probe.send({"method": "go"})
        probe.close()
        assert server.received == [{"unreadable": "not json"}, {"unreadable": "[1]"}, {"method": "go"}]


@posix_only
def test_a_child_dies_by_a_signal(launch: Launch) -> None:
    with FakeServer([steps.die()]) as server:
        probe = launch(server.argv)
        assert probe.at_eof.wait(TIMEOUT_S)
        assert probe.process.wait(TIMEOUT_S) == -signal.SIGKILL


@posix_only
def test_sigterm_can_be_ignored(launch: Launch) -> None:
    scenario = [
        steps.ignore_sigterm(),
        steps.notify("ready"),
        steps.expect("still/there"),
        steps.exit_with(5),
    ]
    with FakeServer(scenario) as server:
        probe = launch(server.argv)
        assert probe.messages.get(timeout=TIMEOUT_S)["method"] == "ready"
        probe.process.terminate()
        probe.send({"method": "still/there"})
        assert probe.process.wait(TIMEOUT_S) == 5


@posix_only
def test_pipes_can_be_closed_and_left_unread(launch: Launch) -> None:
    with FakeServer([steps.close_stdout(), steps.expect("go"), steps.exit_with(6)]) as server:
        probe = launch(server.argv)
        assert probe.at_eof.wait(TIMEOUT_S)
        assert probe.process.poll() is None
        probe.send({"method": "go"})
        assert probe.process.wait(TIMEOUT_S) == 6
    with FakeServer([steps.close_stdin(), steps.notify("closed"), steps.barrier("end")]) as server:
        probe = launch(server.argv)
        assert probe.messages.get(timeout=TIMEOUT_S)["method"] == "closed"
        with pytest.raises(BrokenPipeError):
            probe.send({"method": "too/late"})
        probe.process.kill()
    with FakeServer(
        [steps.stop_reading(), steps.notify("stopped"), steps.barrier("end"), steps.exit_with()]
    ) as server:
        probe = launch(server.argv)
        assert probe.messages.get(timeout=TIMEOUT_S)["method"] == "stopped"
        os.set_blocking(probe.process.stdin.fileno(), False)
        with pytest.raises(BlockingIOError):
            fill(probe.process.stdin.fileno())
        server.release("end")
        assert probe.process.wait(TIMEOUT_S) == 0
        assert server.received == []


def fill(pipe: int) -> None:
    while True:
        os.write(pipe, b"x" * 65536)


def test_what_is_not_a_step_is_refused() -> None:
    with pytest.raises(TypeError, match=r"put a \*"):
        FakeServer([steps.handshake()])  # type: ignore[list-item]
    with pytest.raises(TypeError, match="not a step"):
        FakeServer([steps.repeat(2, [{"nothing": 1}])])
    with pytest.raises(TypeError, match="not JSON"):
        steps.notify("x", {"y": object()})


def test_a_server_that_was_not_entered_says_so() -> None:
    server = FakeServer([])
    with pytest.raises(RuntimeError, match="with FakeServer"):
        _ = server.argv
    with server, pytest.raises(ValueError, match="no barriers"):
        server.release("x")


def test_the_configuration_launches_a_child() -> None:
    with FakeServer([steps.exit_with(4)]) as server:
        assert subprocess.run(server.config.argv(), check=False).returncode == 4
