"""LiveTurn: a turn that several steps of the workflow read, with the calls and questions that it waits for."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, cast

from codex_app_server import Usage
from llama_index.core.tools import ToolSelection

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from codex_app_server import AsyncEventStream, AsyncTurn, Event, ImageInput, ToolCall
    from llama_index.agent.codex._questions import CoreQuestion
    from llama_index.agent.codex._tracing import ToolTrace
    from llama_index.core.tools import ToolOutput

__all__ = ["LiveTurn"]


class LiveTurn:
    """A turn that steps read one after the other.

    Args:
        turn: The turn.
        names: LlamaIndex's tool names by those of Codex.
        run_id: The workflow run that it belongs to.

    Attributes:
        turn: As given.
        run_id: As given.
        text: What the model has said in the step at hand.
        is_announced: Whether the step at hand stands on the stream: it may be entered several times.
        questions: The open questions of Codex by the id that their events have.
        tools: The tools at work, as tracers were told, by the id of their call.
    """

    def __init__(self, turn: AsyncTurn, names: Mapping[str, str], run_id: str | None) -> None:
        self.turn = turn
        self.run_id = run_id
        self.text = ""
        self.is_announced = False
        self.questions: dict[str, CoreQuestion] = {}
        self.tools: dict[str, ToolTrace] = {}
        self._names = names
        self._stream: AsyncEventStream = turn.events()
        self._calls: dict[str, ToolCall] = {}
        self._unplanned: list[ToolCall] = []
        self._is_in_calls = False
        # The server reports usage after the tools of a response; the response itself may tell it before.
        self._reported = Usage()
        self._told = Usage()

    @property
    def usage(self) -> Usage:
        """The tokens of the turn so far."""
        return self._told if self._told.total_tokens > self._reported.total_tokens else self._reported

    async def next(self) -> Event:
        """Wait for the next event."""
        return await self._stream.__anext__()

    # --- calls of tools ---------------------------------------------------------------------------

    def spend(self, reported: Usage | None = None, *, told: Usage | None = None) -> None:
        """Count the tokens of a response, as the server reports them, or as the response tells them."""
        if reported is not None:
            self._reported += reported
        if told is not None:
            self._told += told

    def is_writing_calls(self) -> None:
        """Note that a response with calls is being written: all of them are known at its end."""
        self._is_in_calls = True

    def requested(self, call: ToolCall) -> tuple[ToolCall, ...]:
        """Take a call that the server asks for; returns the calls that are complete with it."""
        if not call.is_open or self._calls.get(call.call_id) is call:
            return ()
        if self._is_in_calls:
            self._unplanned.append(call)
            return ()
        return (call,)

    def response_ended(self, calls: tuple[ToolCall, ...] = ()) -> tuple[ToolCall, ...]:
        """Take the end of a response, or its failure; returns its calls."""
        self._is_in_calls = False
        unplanned, self._unplanned = tuple(self._unplanned), []
        return calls or unplanned

    def take(self, calls: Iterable[ToolCall]) -> list[ToolSelection]:
        """Keep calls until they are answered; those that cannot be run are answered at once and left out."""
        return [selection for call in calls if (selection := self._take(call)) is not None]

    def _take(self, call: ToolCall) -> ToolSelection | None:
        arguments: object = call.arguments
        if arguments is None:
            arguments = cast("object", {})
        if not isinstance(arguments, dict):
            call.fail(f"The arguments of {call.name} must be a JSON object, not {arguments!r}.")
            return None
        if call.call_id in self._calls:
            call.fail(f"The call id {call.call_id!r} is in use: call {call.name} again.")
            return None
        self._calls[call.call_id] = call
        return ToolSelection(
            tool_id=call.call_id,
            tool_name=self._names.get(call.name, call.name),
            tool_kwargs=cast("dict[str, Any]", arguments),
        )

    def tool_ended(self, call_id: str, output: ToolOutput) -> None:
        """Tell tracers that a tool of this program has ended."""
        trace = self.tools.pop(call_id, None)
        if trace is not None:
            trace.end(output.content, output)

    def answer(self, call_id: str, content: list[str | ImageInput], *, is_error: bool) -> bool:
        """Answer a call; False if the turn does not wait for it."""
        call = self._calls.pop(call_id, None)
        return call is not None and call.respond(content, is_error=is_error)

    # --- the end ----------------------------------------------------------------------------------

    def end_step(self) -> None:
        """Make ready for the next step."""
        self.text = ""
        self.is_announced = False
        self.questions.clear()

    def leave(self) -> None:
        """Stop reading, from any event loop or none; interrupts the turn unless it has ended."""
        for trace in self.tools.values():
            trace.drop()
        self.tools.clear()
        self._calls.clear()
        self.questions.clear()
        # The server may be gone, and with it the turn.
        with contextlib.suppress(RuntimeError):
            self._stream.as_sync().close()
