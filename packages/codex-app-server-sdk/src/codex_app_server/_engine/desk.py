"""The desk where the questions of the server are kept, shown, and answered: exactly once on every path.

Runs on the engine's loop. It calls no code of the user itself: handlers and tools go to the `Caller` of
their turn, and their answers come back as commands.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import time
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from codex_app_server._engine.callers import is_cancellation
from codex_app_server._engine.setup import TurnSetup
from codex_app_server._engine.sub_agents import SubAgentTurn
from codex_app_server._logs import about_question
from codex_app_server._wire.json_codec import decode_line, encode_line
from codex_app_server.approvals import ApprovalRequest, FileChange, approval_kind, is_instant
from codex_app_server.errors import LocalProtocolError, ToolArgumentsError, ToolError
from codex_app_server.events import (
    ApprovalRequested,
    ElicitationRequested,
    ToolCallRequested,
    UserInputRequested,
)
from codex_app_server.questions import (
    DEFER,
    Elicitation,
    ServerRequest,
    ToolCall,
    UserInputRequest,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Protocol

    from codex_app_server._engine.callers import Running
    from codex_app_server._engine.state import TurnState
    from codex_app_server.events import Event
    from codex_app_server.json_types import JsonObject
    from codex_app_server.questions import Question
    from codex_app_server.tools import Tool

    class Link(Protocol):
        """What the desk needs of the engine."""

        @property
        def losses(self) -> int:
            """How often the connection was lost so far."""
            ...

        def answer(self, request_id: str | int, result: JsonObject) -> None:
            """Answer a request of the server."""
            ...

        def refuse(self, request_id: str | int, code: int, message: str) -> None:
            """Answer it with an error."""
            ...

        def soon(self, command: Callable[[], None]) -> bool:
            """Run a command on the engine's loop, from any OS thread; False when the engine has ended."""
            ...

        def publish(self, turn: TurnState, event: Event) -> None:
            """Give an event to the readers of a turn."""
            ...


__all__ = ["QuestionDesk"]

_log = logging.getLogger("codex_app_server")

_NO_HANDLER = "This tool is not available: the client has no handler for it."
_OPTIONS: dict[type[Question], str] = {
    ApprovalRequest: "approval_handler",
    UserInputRequest: "user_input_handler",
    Elicitation: "elicitation_handler",
}


# Answers that are kept for a server that asks again; they go when it says that it has them.
_MAX_KEPT_ANSWERS = 256


class QuestionDesk:
    """All questions that wait for an answer.

    Args:
        engine: Sends the answers.
        is_shared: Whether the server has other clients, who are asked the same questions.
        is_reached: Whether the server may live on without the connection, and ask again on the next one.
    """

    def __init__(self, engine: Link, *, is_shared: bool, is_reached: bool) -> None:
        self._engine = engine
        self._is_shared = is_shared
        self._is_reached = is_reached
        # For questions outside of any turn, and for turns that nobody here has started.
        self.setup = TurnSetup()
        self._open: dict[str | int, Question] = {}
        # The connection that each was asked on, last.
        self._asked: dict[str | int, int] = {}
        # What was answered: which question, on which connection (None for none yet), the answer.
        self._answered: dict[str | int, tuple[object, int | None, JsonObject | None, str]] = {}
        self._running: dict[str | int, Running] = {}
        self._timers: dict[str | int, asyncio.TimerHandle] = {}
        self._warned_of: set[str] = set()
        # The engine's OS thread, once it has asked something.
        self._home = 0

    def pending(self) -> dict[str, Question]:
        """Return the open questions by their id; from any OS thread."""
        return {question.id: question for question in list(self._open.values()) if question.is_open}

    def is_waiting(self, turn: TurnState) -> bool:
        """Whether the server waits for an answer to a question of this turn."""
        return any(request_id in self._open for request_id in turn.open_questions)

    # --- asked ---

    def ask(
        self,
        method: str,
        request_id: str | int,
        params: JsonObject,
        concerned: TurnState | SubAgentTurn | None,
        setup: TurnSetup,
    ) -> None:
        """Take a request of the server.

        Args:
            method: The request.
            request_id: Its id.
            params: Its params.
            concerned: The turn that it is about, if that is known here.
            setup: Who answers.
        """
        turn = None if isinstance(concerned, SubAgentTurn) else concerned
        self._home = threading.get_ident()
        if self._is_repeated(request_id, _mark(method, params)):
            return
        if method == "currentTime/read":
            self._engine.answer(request_id, {"currentTimeAt": int(time.time())})
            return
        try:
            question = self._question(method, request_id, params, turn, concerned)
        except (KeyError, TypeError, AttributeError) as exc:
            self._engine.refuse(request_id, -32602, f"this client cannot read the params: {exc!r}")
            return
        if question is None:
            return
        self._open[request_id] = question
        self._asked[request_id] = self._engine.losses
        if turn is not None:
            turn.open_questions.add(request_id)
        if isinstance(question, ToolCall):
            self._call(request_id, question, turn, setup)
        else:
            self._dispatch(request_id, question, concerned, setup)

    def _is_repeated(self, request_id: str | int, mark: object) -> bool:
        """Whether it was asked before: `thread/resume` repeats the requests that the server has no answer to."""
        losses = self._engine.losses
        if request_id in self._answered:
            known, sent_on, result, refusal = self._answered[request_id]
            if known == mark:
                if sent_on != losses:
                    # That answer was lost on its way, or had no way.
                    self._asked[request_id] = losses
                    self._send(request_id, mark, result, refusal)
                return True
            del self._answered[request_id]
        question = self._open.get(request_id)
        if question is None:
            return False
        if mark == _mark(question.method, question.raw):
            self._asked[request_id] = losses
            return True
        # A server that was started anew counts from the beginning.
        self.resolved(request_id)
        return False

    def _question(
        self,
        method: str,
        request_id: str | int,
        params: JsonObject,
        turn: TurnState | None,
        concerned: TurnState | SubAgentTurn | None,
    ) -> Question | None:
        question_id = f"{params.get('turnId') or params.get('threadId') or 'client'}:{request_id}"
        answer = partial(self._answer_soon, request_id)
        if method == "item/tool/call":
            planned = turn.planned_calls.pop(params["callId"], None) if turn is not None else None
            if planned is None:
                return ToolCall(question_id, params, answer)
            planned.request_id = request_id
            if planned.stored_answer is not None:
                self._asked[request_id] = self._engine.losses
                self._send(request_id, _mark(method, params), planned.stored_answer, "")
                return None
            return planned
        if approval_kind(method, params) is not None:
            return ApprovalRequest(question_id, method, params, answer, changes=_changes(params, concerned))
        if method == "mcpServer/elicitation/request":
            return Elicitation(question_id, params, answer)
        if method == "item/tool/requestUserInput":
            return UserInputRequest(question_id, params, answer)
        return ServerRequest(question_id, method, params, answer)

    def _dispatch(
        self,
        request_id: str | int,
        question: Question,
        turn: TurnState | SubAgentTurn | None,
        setup: TurnSetup,
    ) -> None:
        handler = _handler_for(question, setup)
        if handler is None and self._is_shared and turn is None:
            # Another client of the server started that turn, and is asked as well.
            return
        if handler is None:
            self._nobody_answers(question)
        elif is_instant(handler):
            self._handled(question, handler(question), None)
        if turn is not None:
            self._show(question, turn)
        if handler is not None and not is_instant(handler) and question.is_open:
            # Not a `partial`: what cannot be called is to fail where its failure is a refusal.
            self._running[request_id] = setup.caller.call(
                lambda: handler(question),
                partial(self._handled, question),
                is_async=_is_async(handler),
                prepare=_entering(setup, question),
            )

    def _show(self, question: Question, turn: TurnState | SubAgentTurn) -> None:
        ids = (turn.thread_id, turn.turn_id, question.method, question.raw)
        event: Event
        if isinstance(question, ApprovalRequest):
            event = ApprovalRequested(*ids, question)
        elif isinstance(question, UserInputRequest):
            event = UserInputRequested(*ids, question)
        elif isinstance(question, Elicitation):
            event = ElicitationRequested(*ids, question)
        else:
            return
        if isinstance(turn, SubAgentTurn):
            turn.show(event)
        else:
            self._engine.publish(turn, event)

    def _nobody_answers(self, question: Question) -> None:
        if isinstance(question, ServerRequest):
            question.refuse(f"this client does not handle {question.method!r}")
            return
        _say_no(question)
        option = _OPTIONS[type(question)]
        if option not in self._warned_of:
            self._warned_of.add(option)
            _log.warning(
                "declined a question of the agent (%s): nobody decides in this program; give the client, the thread or "
                "the turn an %s, or the thread an approval_policy and a sandbox that fit its task",
                getattr(question, "approval_kind", question.method),
                option,
                extra=about_question(question),
            )

    def _handled(self, question: Question, result: object, error: BaseException | None) -> None:
        """Use what a handler returned or raised; on whichever OS thread it ran."""
        if not question.is_open:
            # The handler has answered by itself, or the answer is not needed any more.
            return
        if is_cancellation(error):
            _say_no(question)
        elif error is not None:
            _log.error(
                "a handler failed: %r is declined", question, exc_info=error, extra=about_question(question)
            )
            _say_no(question)
        elif result is not DEFER:
            try:
                _say(question, result)
            except LocalProtocolError:
                # Somebody else has answered at this very moment.
                return
            except Exception:
                # Whatever it returned, and however that behaves when it is looked at: it allows nothing.
                _log.exception(
                    "the handler returned what is no answer: %r is declined",
                    question,
                    extra=about_question(question),
                )
                _say_no(question)

    # --- Python tools ---

    def _call(self, request_id: str | int, call: ToolCall, turn: TurnState | None, setup: TurnSetup) -> None:
        tool = setup.tools.get((call.namespace, call.name))
        if tool is not None and tool.function is not None:
            self._run(request_id, call, tool, setup)
        elif turn is None and self._is_shared:
            return
        elif turn is None or turn.is_refusing_calls:
            call.fail(_NO_HANDLER)
        else:
            ids = (turn.thread_id, turn.turn_id, call.method, call.raw)
            self._engine.publish(turn, ToolCallRequested(*ids, call))

    def _run(self, request_id: str | int, call: ToolCall, tool: Tool, setup: TurnSetup) -> None:
        # The arguments are validated where the tool runs: that may be code of the user too.
        def run() -> object:
            bound = tool.bind(call.arguments, call=call)
            return bound()

        self._running[request_id] = setup.caller.call(
            run, partial(_tool_done, call, tool), is_async=tool.is_async, prepare=_entering(setup, call)
        )
        if tool.timeout_s is not None:
            self._timers[request_id] = asyncio.get_running_loop().call_later(
                tool.timeout_s, self._tool_timed_out, request_id, call, tool
            )

    def _tool_timed_out(self, request_id: str | int, call: ToolCall, tool: Tool) -> None:
        running = self._running.get(request_id)
        if running is not None:
            running.cancel()
        if call.is_open:
            call.fail(f"The tool {tool.name!r} gave no result within {tool.timeout_s:g} s.")

    def plan(self, turn: TurnState, item: JsonObject) -> ToolCall:
        """Make the object of a call that the model has written and the server has not asked for yet."""
        # In a raw item they are text, and may be cut off or no JSON at all.
        arguments: object = item.get("arguments")
        if isinstance(arguments, str):
            with suppress(ValueError):
                arguments = decode_line(arguments.encode())
        params: JsonObject = {
            "threadId": turn.thread_id,
            "turnId": turn.turn_id,
            "callId": item["call_id"],
            "namespace": item.get("namespace"),
            "tool": item["name"],
            "arguments": arguments,
        }

        def answer(result: JsonObject | None, refusal: str) -> None:
            self._answer_planned(call, result, refusal)

        call = ToolCall(f"{turn.turn_id}:{item['call_id']}", params, answer)
        turn.planned_calls[call.call_id] = call
        return call

    def _answer_planned(self, call: ToolCall, result: JsonObject | None, refusal: str) -> None:
        encode_line(result or {})

        def store() -> None:
            if call.request_id is None:
                call.stored_answer = result
            else:
                self._answer(call.request_id, result, refusal)

        self._engine.soon(store)

    # --- answered, or not needed any more ---

    def _answer_soon(self, request_id: str | int, result: JsonObject | None, refusal: str) -> None:
        # What cannot be sent is to fail here, in the caller.
        encode_line(result or {})
        if threading.get_ident() == self._home:
            self._answer(request_id, result, refusal)
        else:
            self._engine.soon(partial(self._answer, request_id, result, refusal))

    def _answer(self, request_id: str | int, result: JsonObject | None, refusal: str) -> None:
        # None when the turn has ended in the meantime. A handler that answered by itself runs on.
        asked_on = self._asked.get(request_id)
        question = self._forget(request_id)
        if question is not None and asked_on is not None:
            self._asked[request_id] = asked_on
            self._send(request_id, _mark(question.method, question.raw), result, refusal)

    def _send(self, request_id: str | int, mark: object, result: JsonObject | None, refusal: str) -> None:
        losses = self._engine.losses
        # On another connection the id may be that of another question, if it is another server: it asks again.
        is_current = self._asked.pop(request_id, None) == losses
        if self._is_reached:
            self._answered.pop(request_id, None)
            self._answered[request_id] = (mark, losses if is_current else None, result, refusal)
            if len(self._answered) > _MAX_KEPT_ANSWERS:
                del self._answered[next(iter(self._answered))]
        if is_current and result is None:
            self._engine.refuse(request_id, -32601, refusal)
        elif is_current and result is not None:
            self._engine.answer(request_id, result)

    def _forget(self, request_id: str | int) -> Question | None:
        timer = self._timers.pop(request_id, None)
        if timer is not None:
            timer.cancel()
        self._running.pop(request_id, None)
        self._asked.pop(request_id, None)
        return self._open.pop(request_id, None)

    def resolved(self, request_id: object) -> None:
        """The server does not wait any more: it was told by another client, or the turn was interrupted."""
        if isinstance(request_id, (str, int)):
            self._answered.pop(request_id, None)
            running = self._running.get(request_id)
            question = self._forget(request_id)
            if question is not None:
                question.end()
            if running is not None:
                running.cancel()

    def end_turn(self, turn: TurnState) -> None:
        """The turn has ended: nothing of it waits any more, and what runs for it is cancelled."""
        for request_id in turn.open_questions:
            self.resolved(request_id)
        for call in turn.planned_calls.values():
            call.end()
        turn.open_questions.clear()
        turn.planned_calls.clear()

    def refuse_calls(self, turn: TurnState) -> None:
        """Nobody will answer the held tool calls of this turn: answer them with a failure, now and later."""
        turn.is_refusing_calls = True
        for request_id in list(turn.open_questions):
            question = self._open.get(request_id)
            if isinstance(question, ToolCall) and request_id not in self._running and question.is_open:
                question.fail(_NO_HANDLER)

    def say_no_to_all(self) -> None:
        """The connection is about to end: the server is not left waiting."""
        for request_id, question in list(self._open.items()):
            if self._is_shared and question.turn_id is None:
                continue
            running = self._running.get(request_id)
            _say_no(question)
            if running is not None:
                # Its result has nowhere to go.
                running.cancel()

    def end_all(self) -> None:
        """The connection is gone: nobody waits for an answer any more."""
        for request_id in list(self._open):
            self.resolved(request_id)


def _entering(setup: TurnSetup, question: Question) -> Callable[[], object] | None:
    return None if setup.observer is None else setup.observer.entering(question)


def _mark(method: str, params: Mapping[str, object]) -> object:
    """Return what tells a question from another one with the same id."""
    names = ("threadId", "conversationId", "turnId", "callId", "itemId", "approvalId")
    return method, *(params.get(name) for name in names)


def _handler_for(question: Question, setup: TurnSetup) -> Callable[[Any], object] | None:
    handlers = setup.handlers
    if isinstance(question, ApprovalRequest):
        return handlers.approval
    if isinstance(question, UserInputRequest):
        return handlers.user_input
    if isinstance(question, Elicitation):
        return handlers.elicitation
    return handlers.request


def _is_async(handler: object) -> bool:
    import inspect  # noqa: PLC0415 - only programs with a handler need it

    call: object = getattr(handler, "__call__", None)  # noqa: B004 - an object may have an async one
    return inspect.iscoroutinefunction(handler) or inspect.iscoroutinefunction(call)


def _say(question: Question, result: object) -> None:
    """Give the answer of a handler.

    Raises:
        TypeError: It is no answer to this question.
        ValueError: It is no answer to this question.
    """
    if isinstance(question, ApprovalRequest):
        question.respond(cast("Any", result))
    elif result is None:
        _say_no(question)
    elif isinstance(question, UserInputRequest):
        question.respond(cast("Any", result))
    elif isinstance(question, Elicitation):
        if result == "decline":
            question.decline()
        elif result == "cancel":
            question.cancel()
        else:
            question.accept(dict(cast("Mapping[str, object]", result)))
    elif isinstance(question, ServerRequest):
        question.respond(dict(cast("Mapping[str, object]", result)))


def _say_no(question: Question) -> None:
    """Give the answer that allows nothing, unless there is one already."""
    if not question.is_open:
        return
    # Somebody else may answer at this very moment.
    with contextlib.suppress(LocalProtocolError):
        if isinstance(question, (ApprovalRequest, Elicitation, UserInputRequest)):
            question.decline()
        elif isinstance(question, ToolCall):
            question.fail(_NO_HANDLER)
        elif isinstance(question, ServerRequest):
            question.refuse("the handler of this client gave no answer")


def _tool_done(call: ToolCall, tool: Tool, result: object, error: BaseException | None) -> None:
    """Answer with what a tool returned or raised; on whichever OS thread it ran."""
    from codex_app_server.tools import result_content  # noqa: PLC0415 - programs without tools do not need it

    if error is None:
        try:
            content = result_content(result)
        except (TypeError, ValueError, OSError, ToolError) as exc:
            error = exc
        else:
            if call.is_open:
                with contextlib.suppress(LocalProtocolError):
                    call.respond(content)
            return
    if isinstance(error, (ToolError, ToolArgumentsError)):
        text = str(error)
    elif is_cancellation(error):
        text = f"The tool {tool.name!r} was cancelled."
    else:
        # The model gets the message and no trace: paths and code are nothing for it.
        _log.warning("the tool %r failed", tool.name, exc_info=error, extra=about_question(call))
        text = f"The tool {tool.name!r} failed: {type(error).__name__}: {error}"
    if call.is_open:
        with contextlib.suppress(LocalProtocolError):
            call.fail(text)


def _changes(params: JsonObject, turn: TurnState | SubAgentTurn | None) -> tuple[FileChange, ...]:
    """Return the changes that an approval is about: the request names only their item."""
    item_id = params.get("itemId")
    started = turn.started_tool(item_id) if turn is not None and isinstance(item_id, str) else None
    if started is None or started.tool_kind != "file_change":
        return ()
    return tuple(FileChange.from_wire(change) for change in started.arguments.get("changes") or ())
