"""What the server asks back and waits for: tool calls, input of the user, elicitations; see also approvals.py.

Every question is answered exactly once on every path, from any OS thread or event loop, and as late as
need be: the server sets no limit. Nothing here does I/O; the engine makes the questions and sends the answers.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast

from codex_app_server.errors import LocalProtocolError
from codex_app_server.inputs import ImageInput, TextInput

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from codex_app_server.json_types import JsonObject

    Answer = Callable[["JsonObject | None", str], None]

__all__ = [
    "DEFER",
    "Defer",
    "Elicitation",
    "ElicitationAnswer",
    "ElicitationHandler",
    "Question",
    "QuestionOption",
    "RequestHandler",
    "ServerRequest",
    "ToolCall",
    "ToolContent",
    "UserInputAnswers",
    "UserInputHandler",
    "UserInputRequest",
    "UserQuestion",
]


class Defer:
    """The type of `DEFER`."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "DEFER"


DEFER = Defer()
"""What a handler returns to leave the question open: somebody else answers it later, through its object."""


class Question:
    """Something that the server asks, and that a turn waits for until it is answered.

    Attributes:
        id: Finds the question again in `pending_requests`; unique for the client.
        method: The server request.
        thread_id: The thread, where the server names one.
        turn_id: The turn, where the server names one.
        item_id: The item of the turn that waits, where the server names one.
        raw: The params of the request as they came.
    """

    __slots__ = (
        "_answer", "_decision", "_lock", "_state", "id", "item_id", "method", "raw", "thread_id", "turn_id",
    )  # fmt: skip

    def __init__(self, question_id: str, method: str, params: JsonObject, answer: Answer) -> None:
        self.id = question_id
        self.method = method
        self.raw = params
        self.thread_id: str | None = params.get("threadId") or params.get("conversationId")
        self.turn_id: str | None = params.get("turnId")
        self.item_id: str | None = params.get("itemId") or params.get("callId")
        self._answer = answer
        self._lock = threading.Lock()
        self._state: Literal["open", "answered", "ended"] = "open"
        self._decision: object = None

    def __repr__(self) -> str:
        return f"{type(self).__name__}(id={self.id!r}, {self._state})"

    @property
    def is_open(self) -> bool:
        """Whether the server still waits for the answer."""
        return self._state == "open"

    def _settle(self, result: JsonObject | None, refusal: str = "", *, decision: object = None) -> bool:
        """Send the answer, or the refusal where there is no result; False when it is not needed any more.

        Args:
            result: The answer in wire form.
            refusal: Why there is none.
            decision: What the answer means, to be kept.

        Raises:
            LocalProtocolError: It was answered before.
        """
        with self._lock:
            if self._state == "answered":
                raise LocalProtocolError(f"{self!r} was answered before")
            if self._state == "ended":
                return False
            self._state = "answered"
            self._decision = decision
        try:
            self._answer(result, refusal)
        except BaseException:
            # It has no JSON form: the question is still to be answered.
            with self._lock:
                self._state = "open"
                self._decision = None
            raise
        return True

    def end(self) -> bool:
        """Close the question without an answer of this program, for the engine; whether it was open."""
        with self._lock:
            if self._state != "open":
                return False
            self._state = "ended"
            return True


ToolContent: TypeAlias = str | TextInput | ImageInput
"""One part of a tool's result."""


class ToolCall(Question):
    """A call of a tool of this program by the model; the turn waits until it is answered.

    With raw events it is known as soon as the model has written it, before the server asks for its result:
    an answer that is given so early is kept, and sent when the server asks.

    Attributes:
        call_id: Id of the call, unique in the turn; also `item_id`.
        name: The tool.
        namespace: The namespace that it was declared in, if any.
        arguments: As the model wrote them; the server does not validate them.
    """

    __slots__ = ("arguments", "call_id", "name", "namespace", "request_id", "stored_answer")

    def __init__(self, question_id: str, params: JsonObject, answer: Answer) -> None:
        super().__init__(question_id, "item/tool/call", params, answer)
        self.call_id: str = params["callId"]
        self.name: str = params["tool"]
        self.namespace: str | None = params.get("namespace")
        self.arguments: object = params.get("arguments")
        # Of the engine: what the server asked with, once it has, and an answer that came before that.
        self.request_id: str | int | None = None
        self.stored_answer: JsonObject | None = None

    def __repr__(self) -> str:
        return f"ToolCall(call_id={self.call_id!r}, name={self.name!r}, {self._state})"

    def respond(self, content: ToolContent | Sequence[ToolContent], *, is_error: bool = False) -> bool:
        """Answer the call.

        Args:
            content: What the model gets to see: text, images as `data:` URLs, or several of them.
            is_error: Marks the tool's item as failed; the model sees only the content.

        Returns:
            False when the turn had already ended: the answer was then not needed.

        Raises:
            LocalProtocolError: The call was answered before.
            TypeError: The content is neither text nor an image.
        """
        parts = [content] if isinstance(content, (str, TextInput, ImageInput)) else content
        return self._settle(
            {"contentItems": [_content_to_wire(part) for part in parts], "success": not is_error}
        )

    def fail(self, message: str) -> bool:
        """Answer that the tool failed; the model sees `message`. Otherwise as `respond`."""
        return self.respond(message, is_error=True)


def _content_to_wire(part: object) -> JsonObject:
    if isinstance(part, str):
        return {"type": "inputText", "text": part}
    if isinstance(part, TextInput):
        return {"type": "inputText", "text": part.text}
    if isinstance(part, ImageInput):
        return {"type": "inputImage", "imageUrl": part.url}
    raise TypeError(f"a tool's result is text or images, not {type(part).__name__!r}")


@dataclass(frozen=True, slots=True)
class QuestionOption:
    """One of the answers that a question suggests.

    Attributes:
        label: What to answer.
        description: What it means.
    """

    label: str
    description: str


@dataclass(frozen=True, slots=True)
class UserQuestion:
    """A question of the model to the user.

    Attributes:
        id: Key of its answer.
        header: A short title.
        question: The question.
        options: Suggested answers; may be empty.
        is_other: Whether an answer that is none of the options is welcome.
        is_secret: Whether the answer must not be shown.
    """

    id: str
    header: str
    question: str
    options: tuple[QuestionOption, ...]
    is_other: bool
    is_secret: bool


UserInputAnswers: TypeAlias = Mapping[str, str | Sequence[str]]
"""Answers by the id of their question."""


class UserInputRequest(Question):
    """Questions of the model to the user. Protocol: `item/tool/requestUserInput`.

    Attributes:
        questions: What is asked; at least one.
    """

    __slots__ = ("questions",)

    def __init__(self, question_id: str, params: JsonObject, answer: Answer) -> None:
        super().__init__(question_id, "item/tool/requestUserInput", params, answer)
        self.questions = tuple(_user_question(entry) for entry in params.get("questions") or ())

    def respond(self, answers: UserInputAnswers) -> bool:
        """Answer; a question that is left out counts as unanswered.

        Returns:
            False when it was not needed any more.

        Raises:
            TypeError: An answer is neither text nor several texts.
            ValueError: There is no such question.
            LocalProtocolError: It was answered before.
        """
        if not isinstance(cast("object", answers), Mapping):
            raise TypeError(
                f"give the answers as a mapping of question id to text, not {type(answers).__name__!r}"
            )
        unknown = set(answers) - {question.id for question in self.questions}
        if unknown:
            raise ValueError(f"there is no question with id {min(unknown)!r}")
        return self._settle({"answers": {key: {"answers": _texts(value)} for key, value in answers.items()}})

    def decline(self) -> bool:
        """Say that nobody answers; the model is told so and goes on. Otherwise as `respond`."""
        return self._settle({"answers": {}})


def _user_question(entry: JsonObject) -> UserQuestion:
    options = tuple(
        QuestionOption(option["label"], option.get("description") or "")
        for option in entry.get("options") or ()
    )
    return UserQuestion(
        id=entry["id"],
        header=entry.get("header") or "",
        question=entry["question"],
        options=options,
        is_other=bool(entry.get("isOther")),
        is_secret=bool(entry.get("isSecret")),
    )


def _texts(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    texts = list(cast("Sequence[object]", value)) if isinstance(value, Sequence) else [value]
    if all(isinstance(text, str) for text in texts):
        return cast("list[str]", texts)
    raise TypeError(f"an answer is text or several texts, not {type(cast('object', value)).__name__!r}")


class Elicitation(Question):
    """A question of an MCP server to the user. Protocol: `mcpServer/elicitation/request`.

    Attributes:
        server_name: The MCP server.
        message: What it asks.
        mode: `"form"`: an object that fits `schema` is wanted; `"url"`: the user is to open `url`;
            or another word of the server's.
        schema: JSON schema of the wanted object, for a form.
        url: What to open, for `"url"`.
    """

    __slots__ = ("message", "mode", "schema", "server_name", "url")

    def __init__(self, question_id: str, params: JsonObject, answer: Answer) -> None:
        super().__init__(question_id, "mcpServer/elicitation/request", params, answer)
        self.server_name = str(params.get("serverName") or "")
        self.message = str(params.get("message") or params.get("description") or "")
        self.mode = str(params.get("mode") or "form")
        self.schema: JsonObject = params.get("requestedSchema") or {}
        self.url: str | None = params.get("url")

    def accept(self, content: Mapping[str, object] | None = None) -> bool:
        """Answer with the object that was asked for; `decline` and `cancel` are the other answers.

        Returns:
            False when it was not needed any more.

        Raises:
            LocalProtocolError: It was answered before.
        """
        return self._settle({"action": "accept", "content": dict(content or {})})

    def decline(self) -> bool:
        """Say no."""
        return self._settle({"action": "decline", "content": None})

    def cancel(self) -> bool:
        """Say that the question was closed without a decision."""
        return self._settle({"action": "cancel", "content": None})


class ServerRequest(Question):
    """A request of the server that has no form of its own here; for `request_handler`."""

    __slots__ = ()

    def respond(self, result: Mapping[str, object]) -> bool:
        """Answer with a result in wire form; False when it was not needed any more."""
        return self._settle(dict(result))

    def refuse(self, message: str) -> bool:
        """Answer with a JSON-RPC error; False when it was not needed any more."""
        return self._settle(None, message)


UserInputHandler: TypeAlias = "Callable[[UserInputRequest], UserInputAnswers | Defer | Awaitable[UserInputAnswers | Defer | None] | None]"
"""Answers questions of the model; None leaves them unanswered. May be async."""

ElicitationAnswer: TypeAlias = "Mapping[str, object] | Literal['decline', 'cancel'] | Defer | None"
"""The content of an accepted elicitation, or why there is none; None declines."""

ElicitationHandler: TypeAlias = "Callable[[Elicitation], ElicitationAnswer | Awaitable[ElicitationAnswer]]"
"""Answers questions of MCP servers. May be async."""

RequestHandler: TypeAlias = "Callable[[ServerRequest], Mapping[str, Any] | Defer | Awaitable[Mapping[str, Any] | Defer | None] | None]"
"""Answers other requests of the server, by their method; None refuses. May be async."""
