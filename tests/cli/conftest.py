"""What the tests of the command line share: a Codex binary that plays a scenario, and a turn with something of everything."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any, Protocol

import pytest
from codex_app_server.testing import steps

if TYPE_CHECKING:
    from pathlib import Path

    from codex_app_server.testing import FakeServer, FakeServerFactory
    from codex_app_server.testing.steps import Step

PLACE = {"threadId": "thread-1", "turnId": "turn-1"}
HOSTILE = "<b>bold</b>[red]\x1b[2J\x1b]8;;http://x\x07\u202e\u200b![i](http://x/i.png)\r"


def item(item: dict[str, Any], *, is_done: bool = True) -> Step:
    """Tell that an item began, or that it is complete."""
    method, time = ("item/completed", "completedAtMs") if is_done else ("item/started", "startedAtMs")
    return steps.notify(method, {**PLACE, "item": item, time: 0})


def command(text: str, **members: object) -> dict[str, Any]:
    """A command that runs, or has run."""
    return {
        "type": "commandExecution",
        "id": "call-1",
        "command": f"/bin/bash -lc {shlex.quote(text)}",
        "cwd": "/fake/workspace",
        "processId": None,
        "source": "agent",
        "status": "inProgress",
        "commandActions": [],
        "aggregatedOutput": None,
        "exitCode": None,
        "durationMs": None,
        **members,
    }


CHANGE = {
    "type": "fileChange",
    "id": "call-2",
    "status": "completed",
    "changes": [
        {"path": "a.py", "kind": {"type": "update", "move_path": None}, "diff": "@@ -1 +1 @@\n-old\n+new\n"},
        {"path": "b.txt", "kind": {"type": "add"}, "diff": "one\ntwo\n"},
    ],
}
PLAN = [{"step": "Look", "status": "completed"}, {"step": f"Write {HOSTILE}", "status": "inProgress"}]
OUTPUT = "\x1b[32mgreen\x1b[0m\n" + "\n".join(f"line {n}" for n in range(30)) + "\n" + "w" * 500 + HOSTILE

# Something of everything that a view has to show.
TURN = [
    *steps.handshake(),
    *steps.thread_start(),
    *steps.turn_begin(),
    steps.notify("warning", {"threadId": "thread-1", "message": f"careful {HOSTILE}"}),
    steps.notify(
        "item/reasoning/summaryTextDelta",
        {**PLACE, "itemId": "r", "summaryIndex": 0, "delta": f"think {HOSTILE}"},
    ),
    item({"type": "reasoning", "id": "r", "summary": [f"think {HOSTILE}"], "content": []}),
    steps.notify("turn/plan/updated", {**PLACE, "explanation": None, "plan": PLAN}),
    item(command("echo a\necho b"), is_done=False),
    steps.notify("item/commandExecution/outputDelta", {**PLACE, "itemId": "call-1", "delta": "green"}),
    item(
        command("echo a\necho b", status="failed", aggregatedOutput=OUTPUT, exitCode=3, durationMs=65_000),
        is_done=True,
    ),
    item({**CHANGE, "status": "inProgress"}, is_done=False),
    item(CHANGE),
    steps.notify(
        "turn/diff/updated",
        {**PLACE, "diff": "diff --git a/a.py b/a.py\n--- a/a.py\n+++ b/a.py\n@@ -1 +1 @@\n-old\n+new\n"},
    ),
    item(
        {
            "type": "mcpToolCall",
            "id": "call-3",
            "server": "web",
            "tool": f"get{HOSTILE}",
            "arguments": {"url": "x\ny"},
            "status": "completed",
            "result": {"content": [{"type": "text", "text": "page"}]},
        }
    ),
    *steps.turn_message("Done:\n", HOSTILE, " end"),
    *steps.turn_end(),
]


# What the model asks, with options, with words of one's own, and in secret; and what MCP servers ask.
ASKED = {
    **PLACE,
    "itemId": "call-9",
    "questions": [
        {
            "id": "db",
            "header": "Storage",
            "question": f"Which {HOSTILE}?",
            "isOther": False,
            "isSecret": False,
            "options": [
                {"label": "sqlite", "description": "a file"},
                {"label": "postgres", "description": ""},
            ],
        },
        {"id": "name", "header": "", "question": "Its name?", "isOther": True, "isSecret": False},
        {"id": "key", "header": "Key", "question": "The key?", "isOther": True, "isSecret": True},
        {"id": "note", "header": "", "question": "A note?", "isOther": True, "isSecret": False},
    ],
}
FORM = {
    **PLACE,
    "serverName": "web",
    "mode": "form",
    "message": f"Book {HOSTILE}",
    "requestedSchema": {
        "type": "object",
        "required": ["seats", "window"],
        "properties": {
            "seats": {"type": "integer", "title": "Seats"},
            "window": {"type": "boolean", "description": "At the window?"},
            "meal": {"type": "string", "enum": ["pasta", "rice"], "default": "rice"},
            "price": {"type": "number"},
            "tags": {"type": "array"},
            "remark": {"type": "string"},
        },
    },
}
LINK = {
    **PLACE,
    "serverName": "web",
    "mode": "url",
    "message": "Log in.",
    "url": "https://example.invalid/\x1b[2J",
    "elicitationId": "e",
}
QUESTIONS = [
    *steps.handshake(),
    *steps.thread_start(),
    *steps.turn_begin(),
    steps.ask("item/tool/requestUserInput", ASKED, id=7),
    steps.expect_answer(7),
    steps.ask("mcpServer/elicitation/request", FORM, id=8),
    steps.expect_answer(8),
    steps.ask("mcpServer/elicitation/request", LINK, id=9),
    steps.expect_answer(9),
    *steps.turn_message("Done."),
    *steps.turn_end(),
]


def answers(server: FakeServer) -> dict[int, Any]:
    """Return what the server was answered, by the id of its request."""
    found = {
        message.get("id"): message.get("result") for message in server.received if "method" not in message
    }
    return {number: found.get(number) for number in (7, 8, 9)}


class BinaryFor(Protocol):
    def __call__(self, scenario: list[Step]) -> FakeServer: ...


@pytest.fixture
def binary_for(fake_codex: FakeServerFactory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> BinaryFor:
    """Let CODEX_BIN be a program whose `app-server` plays a scenario, and which can do nothing else.

    Its arguments are left in the file `arguments` beside it.
    """

    def make(scenario: list[Step]) -> FakeServer:
        server = fake_codex(scenario)
        path = tmp_path / "bin" / "codex"
        path.parent.mkdir(mode=0o755, exist_ok=True)
        seen = shlex.quote(str(path.with_name("arguments")))
        path.write_text(
            f'#!/bin/sh\n[ "$1" = app-server ] || exit 2\n'
            f"""printf '%s\\n' "$@" > {seen}\nexec {shlex.join(server.argv)}\n"""
        )
        path.chmod(0o755)
        monkeypatch.setenv("CODEX_BIN", str(path))
        return server

    return make
