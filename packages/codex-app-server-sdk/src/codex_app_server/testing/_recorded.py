"""RecordedTurn, and the tape on which one is written: wire messages and what they come to, side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from codex_app_server.testing import steps
from codex_app_server.testing._trace import (
    Diff,
    Final,
    Plan,
    Reasoning,
    Text,
    ToolBegan,
    ToolEnded,
    Used,
)

if TYPE_CHECKING:
    from codex_app_server.json_types import JsonObject
    from codex_app_server.testing._trace import Facet, Seen
    from codex_app_server.testing.steps import Step

__all__ = ["SENTINEL", "STOPPED", "Answer", "RecordedTurn", "Tape", "command_item", "turn_error"]

SENTINEL = 99
"""Id of the server request whose answer tells that the client has read all that was sent before it."""
STOPPED = "stopped"
"""The barrier behind everything that has to follow when a turn was left."""

_THREAD = "{turn.params.threadId}"
_TURN = "turn-1"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server must be answered.

    Attributes:
        id: Id of the server request.
        question: What it asks, for people.
        result: The answer; None when it must be refused with an error.
    """

    id: int
    question: str
    result: JsonObject | None


@dataclass(frozen=True, slots=True)
class RecordedTurn:
    """A turn as a server sends it, and what the user of an adapter has to see of it.

    Attributes:
        name: A short name, for the ids of tests.
        about: What happens in it, and what an adapter has to make of that.
        steps: The turn for `FakeServer`, from the request that starts it.
        seen: What there is to be seen, in order; `Final` at the end.
        optional: Those of `seen` that an adapter may leave out.
        answers: What the server must be answered.
        needs: What an adapter must not leave out for this turn to make sense.
        foreign: Texts that belong to others and must not be seen.
        is_left: Whether the turn is left in the middle.
        approval: What the user decides when asked; None when nobody does.
    """

    name: str
    about: str
    steps: tuple[Step, ...]
    seen: tuple[Seen, ...]
    optional: tuple[Seen, ...] = ()
    answers: tuple[Answer, ...] = ()
    needs: frozenset[Facet] = frozenset()
    foreign: tuple[str, ...] = ()
    is_left: bool = False
    approval: bool | None = None

    def __str__(self) -> str:
        return self.name


class Tape:
    """Writes a recorded turn; each method adds what the server sends and what is to be seen of it.

    Args:
        name: The name of the turn.
        about: See `RecordedTurn`.
        is_early: Whether the turn begins before the reply to `turn/start`; it is to be added then.

    Attributes:
        reply: The step that answers `turn/start`.
    """

    def __init__(self, name: str, about: str, *, is_early: bool = False) -> None:
        self._name = name
        self._about = about
        self._seen: list[Seen] = []
        self._optional: list[Seen] = []
        self._answers: list[Answer] = []
        self._foreign: list[str] = []
        self._message_count = 0
        self._total = (0, 0)
        begin = steps.turn_begin(_TURN)
        # The request, the reply to it, and what follows.
        self.reply = begin.pop(1)
        self._steps: list[Step] = begin if is_early else [begin[0], self.reply, *begin[1:]]

    # --- the wire ---

    def add(self, *added: Step) -> None:
        """Add steps of which nothing is to be seen."""
        self._steps += added

    def notify(
        self, method: str, *, thread_id: str = _THREAD, turn_id: str = _TURN, **params: object
    ) -> None:
        """Send a notification of the turn."""
        self._steps.append(steps.notify(method, {"threadId": thread_id, "turnId": turn_id, **params}))

    def started(self, item: JsonObject) -> None:
        """Send the start of an item."""
        self.notify("item/started", item=item, startedAtMs=0)

    def completed(self, item: JsonObject) -> None:
        """Send the end of an item."""
        self.notify("item/completed", item=item, completedAtMs=0)

    def ask(self, id: int, method: str, question: str, result: JsonObject | None, **params: object) -> None:  # noqa: A002 - the wire's word
        """Ask the client something, and wait for the answer."""
        place = {"threadId": _THREAD, "turnId": _TURN, **params}
        self._steps += [steps.ask(method, place, id=id), steps.expect_answer(id, save_as=f"answer{id}")]
        self._answers.append(Answer(id, question, result))

    def foreign(self, text: str) -> str:
        """Note a text that must not be seen."""
        self._foreign.append(text)
        return text

    # --- what is to be seen ---

    def see(self, seen: Seen, *, is_optional: bool = False) -> None:
        """Note what is to be seen."""
        self._seen.append(seen)
        if is_optional:
            self._optional.append(seen)

    def message(
        self,
        *deltas: str,
        phase: str | None = None,
        is_open: bool = False,
        is_optional: bool = False,
    ) -> str:
        """Send a message of the agent.

        Args:
            deltas: Its text.
            phase: Its phase.
            is_open: Whether it never gets an `item/completed`.
            is_optional: Whether an adapter may leave it out.
        """
        self._message_count += 1
        text = "".join(deltas)
        item = _message(f"message-{self._message_count}", phase=phase)
        self.started(item)
        for delta in deltas:
            self.notify("item/agentMessage/delta", itemId=item["id"], delta=delta)
        if not is_open:
            self.completed({**item, "text": text})
        self.see(Text(text), is_optional=is_optional)
        return text

    def reasoning(self, summary: list[str], content: list[str]) -> None:
        """Send reasoning: parts of a summary, and raw parts, which an adapter may leave out."""
        item: JsonObject = {"type": "reasoning", "id": "reasoning-1", "summary": [], "content": []}
        self.started(item)
        for index, part in enumerate(summary):
            self.notify("item/reasoning/summaryPartAdded", itemId=item["id"], summaryIndex=index)
            half = len(part) // 2
            for delta in (part[:half], part[half:]):
                self.notify(
                    "item/reasoning/summaryTextDelta", itemId=item["id"], delta=delta, summaryIndex=index
                )
            self.see(Reasoning(part))
        for index, part in enumerate(content):
            self.notify("item/reasoning/textDelta", itemId=item["id"], delta=part, contentIndex=index)
            self.see(Reasoning(part), is_optional=True)
        self.completed({**item, "summary": summary, "content": content})

    def tool_began(self, item: JsonObject, *, is_optional: bool = False) -> None:
        """Send the start of a tool."""
        self.started(item)
        self.see(ToolBegan(item["id"]), is_optional=is_optional)

    def tool_ended(
        self, item: JsonObject, output: str, *, is_error: bool = False, is_optional: bool = False
    ) -> None:
        """Send the end of a tool."""
        self.completed(item)
        self.see(ToolEnded(item["id"], output, is_error), is_optional=is_optional)

    def command(self, output: str, *deltas: str, exit_code: int = 0, number: int = 1) -> None:
        """Run a command; its whole output may be more than its deltas."""
        item = command_item(number)
        self.tool_began(item)
        for delta in deltas:
            self.notify("item/commandExecution/outputDelta", itemId=item["id"], delta=delta)
        status = "failed" if exit_code else "completed"
        ended = {**item, "status": status, "aggregatedOutput": output, "exitCode": exit_code, "durationMs": 1}
        self.tool_ended(ended, output, is_error=exit_code != 0)

    def plan(self, *plan: tuple[str, str]) -> None:
        """Send the plan: steps and their status."""
        wire = [{"step": step, "status": status} for step, status in plan]
        self.notify("turn/plan/updated", explanation=None, plan=wire)
        self.see(Plan(tuple(step for step, _ in plan)))

    def diff(self, diff: str) -> None:
        """Send the diff of the turn."""
        self.notify("turn/diff/updated", diff=diff)
        self.see(Diff(diff))

    def used(self, input_tokens: int = 8, output_tokens: int = 4, *, before: int = 0) -> None:
        """Send the usage of a model request.

        Args:
            input_tokens: Of this request.
            output_tokens: Of this request.
            before: Tokens that the thread used before this turn.
        """
        total = self._total = (
            self._total[0] + input_tokens + before,
            self._total[1] + output_tokens + before,
        )
        usage = {
            "last": _tokens(input_tokens, output_tokens),
            "total": _tokens(*total),
            "modelContextWindow": None,
        }
        self.notify("thread/tokenUsage/updated", tokenUsage=usage)
        self.see(Used(input_tokens, output_tokens))

    # --- the end ---

    def end(
        self,
        text: str = "",
        status: Literal["completed", "failed", "interrupted"] = "completed",
        *,
        error: str = "",
        after: tuple[Step, ...] = (),
        needs: frozenset[Facet] = frozenset(),
        approval: bool | None = None,
    ) -> RecordedTurn:
        """Send the end of the turn and return what was recorded.

        Args:
            text: The final answer.
            status: How the turn ends.
            error: Why it failed.
            after: Steps that follow the end.
            needs: See `RecordedTurn`.
            approval: See `RecordedTurn`.
        """
        self._end(text, status, error)
        self.add(*after)
        self.see(Final(text, status, error))
        return self._recorded(needs=needs, approval=approval)

    def left(self, *, has_command: bool = False) -> RecordedTurn:
        """Stand still, expect to be interrupted, and return what was recorded.

        Args:
            has_command: Whether a command runs, which is to be ended as well.
        """
        # Every client answers this one by itself.
        self.add(
            steps.ask("currentTime/read", {"threadId": _THREAD}, id=SENTINEL), steps.expect_answer(SENTINEL)
        )
        self.add(steps.expect("turn/interrupt"), steps.reply({}))
        self._end("", "interrupted", "")
        if has_command:
            self.add(steps.expect("thread/backgroundTerminals/clean"), steps.reply({}))
        self.add(steps.barrier(STOPPED))
        return self._recorded(is_left=True)

    def _end(self, text: str, status: str, error: str) -> None:
        turn: JsonObject = {
            "id": _TURN,
            "rootTurnId": _TURN,
            "items": [_message("message-last", text)] if text and status == "completed" else [],
            "itemsView": "summary" if text and status == "completed" else "notLoaded",
            "status": status,
            "error": turn_error(error) if error else None,
            "startedAt": 0,
            "completedAt": 0,
            "durationMs": 1,
        }
        idle: JsonObject = {"type": "idle"}
        self.add(
            steps.notify("account/rateLimits/updated", {"rateLimits": {"limitId": "codex", "primary": None}}),
            steps.notify("thread/status/changed", {"threadId": _THREAD, "status": idle}),
            steps.notify("turn/completed", {"threadId": _THREAD, "turn": turn}),
        )

    def _recorded(
        self,
        *,
        needs: frozenset[Facet] = frozenset(),
        is_left: bool = False,
        approval: bool | None = None,
    ) -> RecordedTurn:
        return RecordedTurn(
            self._name,
            self._about,
            tuple(self._steps),
            tuple(self._seen),
            optional=tuple(self._optional),
            answers=tuple(self._answers),
            needs=needs,
            foreign=tuple(self._foreign),
            is_left=is_left,
            approval=approval,
        )


def command_item(number: int = 1) -> JsonObject:
    """Return the item of a command that has begun."""
    return {
        "type": "commandExecution",
        "id": f"command-{number}",
        "pluginId": None,
        "scriptPath": None,
        "command": "sh -c 'make test'",
        "cwd": "/fake/workspace",
        "processId": None,
        "source": "agent",
        "status": "inProgress",
        "commandActions": [{"type": "unknown", "command": "make test"}],
        "aggregatedOutput": None,
        "exitCode": None,
        "durationMs": None,
    }


def turn_error(message: str) -> JsonObject:
    """Return the error of a model request, in wire form."""
    return {
        "message": message,
        "codexErrorInfo": "serverOverloaded",
        "additionalDetails": None,
        "misalignment": None,
    }


def _message(item_id: str, text: str = "", *, phase: str | None = None) -> JsonObject:
    return {"type": "agentMessage", "id": item_id, "text": text, "phase": phase, "memoryCitation": None}


def _tokens(input_tokens: int, output_tokens: int) -> JsonObject:
    return {
        "totalTokens": input_tokens + output_tokens,
        "inputTokens": input_tokens,
        "cachedInputTokens": 0,
        "cacheWriteInputTokens": 0,
        "outputTokens": output_tokens,
        "reasoningOutputTokens": 0,
    }
