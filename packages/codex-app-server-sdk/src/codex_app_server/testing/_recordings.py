"""The recorded turns of the conformance kit: short ones of our own, in the shape of what the true server sends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codex_app_server.testing import steps
from codex_app_server.testing._recorded import Tape, command_item, turn_error

if TYPE_CHECKING:
    from codex_app_server.json_types import JsonObject
    from codex_app_server.testing._recorded import RecordedTurn
    from codex_app_server.testing._trace import Facet

__all__ = ["RECORDED_TURNS"]


def _plain_text() -> RecordedTurn:
    tape = Tape("plain_text", "One message in several deltas.")
    text = tape.message("Hel", "lo, ", "world", "!")
    tape.used()
    return tape.end(text)


def _unicode() -> RecordedTurn:
    tape = Tape(
        "unicode", "Deltas that cut between characters which are drawn as one; the text is kept as it is."
    )
    text = tape.message(
        "Gr\u00fc\u00dfe e", "\u0301 \U0001f469", "\u200d", "\U0001f4bb\u65e5", "\u672c\n", "\t."
    )
    tape.used()
    return tape.end(text)


def _no_message() -> RecordedTurn:
    tape = Tape("no_message", "A turn without any message of the agent: its final text is empty.")
    tape.command("done\n")
    tape.used()
    return tape.end()


def _reasoning() -> RecordedTurn:
    tape = Tape(
        "reasoning", "A summary of two parts and a raw part before the answer. Reasoning is not text."
    )
    tape.reasoning(["**Reading** the question", "**Counting** the words"], ["Raw thoughts."])
    text = tape.message("Two", " words.")
    tape.used()
    return tape.end(text)


def _command_with_deltas() -> RecordedTurn:
    tape = Tape(
        "command_with_deltas",
        "A command between two messages. Its deltas are only a part of its output: all of it is in the item that "
        "completes (`ToolFinished.output`).",
    )
    tape.message("I run", " the tests.")
    tape.command("collecting\n2 passed\n", "collecting\n")
    tape.used(8, 4)
    text = tape.message("They", " pass.")
    tape.used(20, 6)
    return tape.end(text)


def _short_command() -> RecordedTurn:
    tape = Tape("short_command", "A command that is too short for output deltas, and one that fails.")
    tape.command("hi\n", number=1)
    tape.command("no such file\n", exit_code=3, number=2)
    text = tape.message("One of two.")
    tape.used()
    return tape.end(text)


def _parallel_tools() -> RecordedTurn:
    tape = Tape("parallel_tools", "Two commands at the same time; the first to begin is the last to end.")
    first, second = command_item(1), command_item(2)
    tape.tool_began(first)
    tape.tool_began(second)
    ended: JsonObject = {"status": "completed", "exitCode": 0, "durationMs": 1}
    tape.tool_ended({**second, **ended, "aggregatedOutput": "second\n"}, "second\n")
    tape.tool_ended({**first, **ended, "aggregatedOutput": "first\n"}, "first\n")
    text = tape.message("Both", " done.")
    tape.used()
    return tape.end(text)


_DIFF = "diff --git a/new.txt b/new.txt\nnew file mode 100644\n--- /dev/null\n+++ b/new.txt\n@@ -0,0 +1 @@\n+hello\n"


def _file_change() -> RecordedTurn:
    tape = Tape(
        "file_change", "A change of files. The diff of the turn is told again after each model request."
    )
    changes: list[JsonObject] = [
        {"path": "new.txt", "kind": {"type": "add"}, "diff": "hello\n"},
        {"path": "old.txt", "kind": {"type": "delete"}, "diff": "bye\n"},
    ]
    item: JsonObject = {"type": "fileChange", "id": "change-1", "changes": changes, "status": "inProgress"}
    tape.tool_began(item)
    tape.tool_ended({**item, "status": "completed"}, "new.txt\nhello\n\nold.txt\nbye\n")
    tape.diff(_DIFF)
    tape.used()
    text = tape.message("Changed.")
    tape.diff(_DIFF)
    tape.used()
    return tape.end(text)


def _mcp_tool() -> RecordedTurn:
    tape = Tape("mcp_tool", "A tool of an MCP server that tells its progress, and one that fails.")
    item: JsonObject = {
        "type": "mcpToolCall",
        "id": "mcp-1",
        "server": "numbers",
        "tool": "add",
        "status": "inProgress",
        "arguments": {"a": 1, "b": 2},
        "result": None,
        "error": None,
        "durationMs": None,
    }
    tape.tool_began(item)
    tape.notify("item/mcpToolCall/progress", itemId="mcp-1", message="adding")
    result = {"content": [{"type": "text", "text": "three"}], "structuredContent": {"result": 3}}
    tape.tool_ended({**item, "status": "completed", "result": result, "durationMs": 4}, "three")
    bad = {**item, "id": "mcp-2", "tool": "divide"}
    tape.tool_began(bad)
    error = {"message": "division by zero"}
    tape.tool_ended({**bad, "status": "failed", "error": error}, "division by zero", is_error=True)
    text = tape.message("Three.")
    tape.used()
    return tape.end(text)


def _python_tool() -> RecordedTurn:
    tape = Tape(
        "python_tool",
        "The model calls a tool of the program, `get_weather`, and the turn waits for its result.",
    )
    item: JsonObject = {
        "type": "dynamicToolCall",
        "id": "call-1",
        "namespace": None,
        "tool": "get_weather",
        "arguments": {"city": "Paris"},
        "status": "inProgress",
        "contentItems": None,
        "success": None,
        "durationMs": None,
    }
    tape.tool_began(item)
    content: list[JsonObject] = [{"type": "inputText", "text": "Paris: sunny"}]
    tape.ask(
        1,
        "item/tool/call",
        "the result of get_weather(city='Paris')",
        {"contentItems": content, "success": True},
        callId="call-1",
        namespace=None,
        tool="get_weather",
        arguments={"city": "Paris"},
    )
    ended = {**item, "status": "completed", "contentItems": content, "success": True, "durationMs": 1}
    tape.tool_ended(ended, "Paris: sunny")
    tape.used(8, 4)
    text = tape.message("It is", " sunny.")
    tape.used(20, 6)
    return tape.end(text, needs=frozenset({"python_tools"}))


def _plan() -> RecordedTurn:
    tape = Tape("plan", "A plan that changes; each update is all of it.")
    tape.plan(("Read", "inProgress"), ("Write", "pending"))
    tape.command("read\n")
    tape.plan(("Read", "completed"), ("Write", "inProgress"), ("Check", "pending"))
    text = tape.message("Done.")
    tape.used()
    return tape.end(text)


def _commentary_and_answer() -> RecordedTurn:
    tape = Tape(
        "commentary_and_answer",
        "A message of phase `commentary`, a command, then the message of phase `final_answer`, which alone is the "
        "final text (`TurnResult.text`).",
    )
    tape.message("Let me", " look.", phase="commentary", is_optional=True)
    tape.command("a.txt\n")
    text = tape.message("There is", " one file.", phase="final_answer")
    tape.used()
    return tape.end(text)


def _retry() -> RecordedTurn:
    tape = Tape(
        "retry",
        "The stream of the model is lost: its partial message completes, the server says that it tries again, and "
        "the whole message follows. The final text is the last message, and not the join of all deltas.",
    )
    tape.message("The answer", " is", is_optional=True)
    tape.notify("error", error=turn_error("Reconnecting... 1/2"), willRetry=True)
    text = tape.message("The answer", " is", " 42.")
    tape.used()
    return tape.end(text)


def _steered() -> RecordedTurn:
    tape = Tape(
        "steered",
        "The turn is steered: the message that was being written is cut off and never completes, and another follows.",
    )
    tape.message("Once upon", " a ti", is_open=True, is_optional=True)
    user: JsonObject = {
        "type": "userMessage",
        "id": "user-2",
        "clientId": None,
        "content": [{"type": "text", "text": tape.foreign("Shorter, please."), "text_elements": []}],
    }
    tape.started(user)
    tape.completed(user)
    text = tape.message("The", " end.")
    tape.used()
    return tape.end(text)


def _failed() -> RecordedTurn:
    tape = Tape(
        "failed",
        "The turn fails after a part of the answer: the drive raises, or reports `Final(..., status='failed')`, with "
        "the server's reason.",
    )
    text = tape.message("I will", is_open=True)
    message = "The model is overloaded"
    tape.notify("error", error=turn_error(message), willRetry=False)
    tape.used()
    return tape.end(text, "failed", error=message)


def _interrupted() -> RecordedTurn:
    tape = Tape(
        "interrupted",
        "Somebody else interrupts the turn in the middle of a message, which never completes: the drive raises, or "
        "reports `Final(..., status='interrupted')`.",
    )
    text = tape.message("Once", " upon", is_open=True)
    tape.used()
    return tape.end(text, "interrupted")


def _other_thread() -> RecordedTurn:
    tape = Tape(
        "other_thread", "The server tells of a turn of another thread in between, which is not ours to show."
    )
    other = {"thread_id": "thread-other", "turn_id": "turn-other"}
    item: JsonObject = {"type": "agentMessage", "id": "message-other", "text": "", "phase": None}
    foreign = tape.foreign("FOREIGN")
    tape.notify("item/started", **other, item=item, startedAtMs=0)
    tape.notify("item/agentMessage/delta", **other, itemId="message-other", delta=foreign)
    text = tape.message("Mine", ".")
    tape.notify("item/agentMessage/delta", **other, itemId="message-1", delta=foreign)
    command = {**command_item(), "status": "completed", "aggregatedOutput": foreign, "exitCode": 0}
    tape.notify("item/completed", **other, item=command, completedAtMs=0)
    tape.used()
    return tape.end(text)


def _sub_agent() -> RecordedTurn:
    tape = Tape(
        "sub_agent",
        "A sub-agent works for the turn in a thread of its own. Its call is a tool of the turn; what happens in its "
        "thread is not shown, and its end does not end the turn.",
    )
    item: JsonObject = {
        "type": "collabAgentToolCall",
        "id": "agent-1",
        "tool": "spawnAgent",
        "status": "inProgress",
        "senderThreadId": "thread-1",
        "receiverThreadIds": ["thread-child"],
        "prompt": "Look it up.",
    }
    tape.tool_began(item)
    child: JsonObject = {
        "id": "turn-child",
        "rootTurnId": "turn-1",
        "items": [],
        "status": "inProgress",
        "error": None,
    }
    place = {"thread_id": "thread-child", "turn_id": "turn-child"}
    message: JsonObject = {"type": "agentMessage", "id": "message-child", "text": "", "phase": None}
    foreign = tape.foreign("FOREIGN")
    tape.add(steps.notify("turn/started", {"threadId": "thread-child", "turn": child}))
    tape.notify("item/started", **place, item=message, startedAtMs=0)
    tape.notify("item/agentMessage/delta", **place, itemId="message-child", delta=foreign)
    tape.notify("item/completed", **place, item={**message, "text": foreign}, completedAtMs=0)
    done = {**child, "status": "completed"}
    tape.add(steps.notify("turn/completed", {"threadId": "thread-child", "turn": done}))
    tape.tool_ended({**item, "status": "completed"}, "")
    text = tape.message("Looked", " up.")
    tape.used()
    return tape.end(text)


def _unknown() -> RecordedTurn:
    tape = Tape(
        "unknown",
        "Notifications, item types, words and requests that are newer than the client: the turn goes on. An unknown "
        "request is refused with an error.",
    )
    tape.notify("item/hologram/delta", itemId="hologram-1", delta={"x": 1})
    tape.add(steps.notify("weather/changed", {"sky": "blue"}))
    item: JsonObject = {"type": "hologramCall", "id": "hologram-1", "status": "floating", "depth": 3}
    tape.tool_began(item, is_optional=True)
    tape.ask(1, "item/hologram/requestLight", "an unknown request", None, itemId="hologram-1")
    tape.tool_ended({**item, "status": "floated"}, "", is_optional=True)
    text = tape.message("Still", " here.", phase="epilogue")
    tape.used()
    return tape.end(text)


def _two_model_requests() -> RecordedTurn:
    tape = Tape(
        "two_model_requests",
        "Two model requests, each with its usage, in a thread that had used tokens before. The usage of the turn is "
        "the sum of `UsageUpdated.last`, or `TurnResult.usage`; never `total`, and never both.",
    )
    tape.used(100, 10, before=1000)
    tape.command("ok\n")
    text = tape.message("Counted.")
    tape.used(150, 5)
    return tape.end(text)


def _early_events() -> RecordedTurn:
    tape = Tape(
        "early_events",
        "The turn begins before the reply to `turn/start`: nothing of that is lost.",
        is_early=True,
    )
    tape.message("Early", " bird.")
    tape.add(tape.reply)
    text = tape.message("Late", " riser.")
    tape.used()
    return tape.end(text)


def _early_turn() -> RecordedTurn:
    tape = Tape("early_turn", "A turn that is over before the reply to `turn/start` comes.", is_early=True)
    text = tape.message("Very", " early.")
    tape.used()
    return tape.end(text, after=(tape.reply,))


def _late_events() -> RecordedTurn:
    tape = Tape(
        "late_events", "A background command and a question end after the turn: nothing follows its end."
    )
    text = tape.message("Bye.")
    tape.used()
    place: JsonObject = {"threadId": "{turn.params.threadId}", "turnId": "turn-1"}
    late = {**command_item(9), "status": "completed", "aggregatedOutput": tape.foreign("LATE"), "exitCode": 0}
    return tape.end(
        text,
        after=(
            steps.notify("item/completed", {**place, "item": late, "completedAtMs": 0}),
            steps.notify("serverRequest/resolved", {"threadId": place["threadId"], "requestId": 7}),
        ),
    )


def _approval(name: str, about: str, *, approval: bool | None) -> RecordedTurn:
    tape = Tape(name, about)
    item = command_item()
    tape.tool_began(item)
    tape.ask(
        1,
        "item/commandExecution/requestApproval",
        "an approval",
        {"decision": "accept" if approval else "decline"},
        kind="command",
        itemId=item["id"],
        startedAtMs=0,
        environmentId="local",
        command=item["command"],
        cwd=item["cwd"],
        commandActions=item["commandActions"],
        proposedExecpolicyAmendment=["make", "test"],
        availableDecisions=["accept", "cancel"],
    )
    tape.add(steps.notify("serverRequest/resolved", {"threadId": "{turn.params.threadId}", "requestId": 1}))
    if approval:
        ended: JsonObject = {
            "status": "completed",
            "aggregatedOutput": "2 passed\n",
            "exitCode": 0,
            "durationMs": 1,
        }
        tape.tool_ended({**item, **ended}, "2 passed\n")
    else:
        tape.tool_ended({**item, "status": "declined"}, "", is_error=True)
    text = tape.message("They", " pass.") if approval else tape.message("I was", " not allowed.")
    tape.used()
    needs: frozenset[Facet] = frozenset() if approval is None else frozenset({"approvals"})
    return tape.end(text, needs=needs, approval=approval)


def _question() -> RecordedTurn:
    tape = Tape("question", "The model asks the user something and nobody is there to answer: it is told so.")
    question: JsonObject = {
        "id": "q1",
        "header": "Go?",
        "question": "Shall I?",
        "isOther": True,
        "isSecret": False,
        "options": [],
    }
    tape.ask(
        1,
        "item/tool/requestUserInput",
        "a question of the model, which nobody answers",
        {"answers": {}},
        itemId="question-1",
        questions=[question],
        isBlocking=False,
        autoResolutionMs=None,
    )
    text = tape.message("Then", " not.")
    tape.used()
    return tape.end(text)


def _left_in_text() -> RecordedTurn:
    tape = Tape(
        "left_in_text", "The drive is left in the middle of a message: the turn has to be interrupted."
    )
    tape.message("Once upon", " a time", is_open=True)
    return tape.left()


def _left_in_command() -> RecordedTurn:
    tape = Tape(
        "left_in_command",
        "The drive is left while a command runs: the turn has to be interrupted and the command to be ended, which "
        "an interrupt alone does not do.",
    )
    tape.message("I run it.")
    tape.tool_began(command_item())
    return tape.left(has_command=True)


RECORDED_TURNS: tuple[RecordedTurn, ...] = (
    _plain_text(),
    _unicode(),
    _no_message(),
    _reasoning(),
    _command_with_deltas(),
    _short_command(),
    _parallel_tools(),
    _file_change(),
    _mcp_tool(),
    _python_tool(),
    _plan(),
    _commentary_and_answer(),
    _retry(),
    _steered(),
    _failed(),
    _interrupted(),
    _other_thread(),
    _sub_agent(),
    _unknown(),
    _two_model_requests(),
    _early_events(),
    _early_turn(),
    _late_events(),
    _approval(
        "approval_nobody_decides",
        "The server asks whether a command may run, and nobody decides: it is declined, and shown as failed.",
        approval=None,
    ),
    _approval(
        "approval_accepted",
        "The server asks whether a command may run, and the user says yes.",
        approval=True,
    ),
    _question(),
    _left_in_text(),
    _left_in_command(),
)
"""All recorded turns, for `pytest.mark.parametrize("recorded", RECORDED_TURNS, ids=str)`."""
