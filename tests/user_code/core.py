"""Programs as users write them, for type checkers: checked under strict settings, without one ignore; never run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import anyio
import anyio.lowlevel
from codex_app_server import (
    DEFER,
    AcceptWithRule,
    ApprovalAnswer,
    ApprovalRequest,
    ApprovalRequested,
    AppServerConfig,
    AppServerError,
    AskForApproval,
    AsyncCodex,
    AsyncCodexClient,
    AsyncThread,
    AsyncTurn,
    Codex,
    CodexClient,
    Elicitation,
    GrantPermissions,
    ImageInput,
    InitializeResult,
    LocalImageInput,
    Message,
    Notification,
    OutputError,
    Personality,
    ReasoningEffort,
    ReasoningSummary,
    ResponseFinished,
    SandboxMode,
    SandboxPolicy,
    SharedCodex,
    TextDelta,
    TextInput,
    Thread,
    ThreadItem,
    ThreadSortKey,
    Tool,
    ToolCall,
    ToolCallRequested,
    ToolError,
    ToolFinished,
    ToolStarted,
    Turn,
    TurnFinished,
    TurnResult,
    TurnStatus,
    TurnTimeoutError,
    Usage,
    UserInputRequest,
    accept_read_only,
    ask_on_terminal,
    decline_all,
    defer_approvals,
    is_retryable_error,
    retry_on_overload,
    tool,
)
from codex_app_server.protocol import GetAccountResponse, ModelListResponse, ThreadListResponse
from pydantic import BaseModel
from typing_extensions import TypedDict, assert_type


class Weather(BaseModel):
    """What a forecast says."""

    city: str
    degrees: float


@dataclass
class Verdict:
    """What a review comes to."""

    is_good: bool
    reasons: list[str]


class Row(TypedDict):
    """A row of a table."""

    name: str
    count: int


def get_weather(city: str, unit: Literal["c", "f"] = "c") -> str:
    """The weather in a city.

    Args:
        city: Name of the city.
        unit: Celsius or Fahrenheit.
    """
    if not city:
        raise ToolError("which city?")
    return f"20 {unit} in {city}"


@tool(timeout_s=10)
async def search(query: str, call: ToolCall) -> list[Row]:
    """Search the notes."""
    await anyio.lowlevel.checkpoint()
    return [{"name": query + call.call_id, "count": 1}]


def simplest() -> str:
    """The shortest program."""
    with Codex() as codex:
        result = codex.thread_start().run("Say hello.")
        assert_type(result, TurnResult[object])
        return result.raise_for_status().text


def options_as_plain_values_and_as_enums(codex: Codex) -> Thread:
    """Every way to say an option."""
    codex.thread_start(
        approval_policy=AskForApproval.never,
        sandbox=SandboxMode.workspace_write,
        personality=Personality.pragmatic,
        config={"model_reasoning_effort": "high"},
        cwd=".",
        ephemeral=True,
    )
    thread = codex.thread_start(approval_policy="on-request", sandbox="workspace-write")
    thread.turn(
        [TextInput("Look."), ImageInput("data:image/png;base64,"), LocalImageInput("x.png"), "And?"],
        effort=ReasoningEffort.medium,
        summary=ReasoningSummary.model_validate("concise"),
        sandbox_policy=SandboxPolicy.model_validate({"type": "readOnly"}),
        approval_policy=AskForApproval.model_validate("never"),
        output_schema={"type": "object", "properties": {"a": {"type": "string"}}},
    )
    thread.turn("Hm.", effort="low", summary="auto", sandbox_policy={"type": "workspaceWrite"})
    return thread


def structured(thread: Thread) -> Weather:
    """Typed answers."""
    weather = thread.run("Weather in Paris?", output_type=Weather)
    assert_type(weather, TurnResult[Weather])
    verdict = thread.turn("Is it good?", output_type=Verdict)
    assert_type(verdict, Turn[Verdict])
    assert_type(verdict.run().output, Verdict)
    assert_type(thread.run("Rows?", output_type=list[Row]).output, list[Row])
    try:
        return weather.output
    except OutputError as error:
        raise ValueError(error.text) from error


def stream(thread: Thread) -> tuple[str, Usage]:
    """Events, by matching."""
    text = ""
    usage = Usage()
    for event in thread.turn("Explain.").events(timeout_s=60):
        match event:
            case TextDelta(text=piece):
                text += piece
            case ToolStarted(name=name, arguments=arguments):
                text += f"{name} {arguments}"
            case ToolFinished(output=output, is_error=True):
                text += output
            case ToolCallRequested(call=call):
                call.respond("sunny")
            case ResponseFinished(calls=calls):
                for call in calls:
                    call.fail(f"no {call.name}")
            case ApprovalRequested(request=request):
                request.decline()
            case TurnFinished(result=result):
                usage = result.usage
            case _:
                pass
    return text, usage


def raw_stream(turn: Turn) -> list[ThreadItem]:
    """Notifications as the server sent them."""
    for notification in turn.stream():
        assert_type(notification, Notification)
        assert_type(notification.method, str)
    return turn.run().items


def decide(request: ApprovalRequest) -> ApprovalAnswer:
    """Every kind of answer."""
    match request.approval_kind:
        case "command":
            return AcceptWithRule(("git", "status")) if request.command == "git status" else DEFER
        case "file_change":
            return all(change.path.endswith(".md") for change in request.changes)
        case "permissions":
            return GrantPermissions({"network": {"enabled": True}}, scope="turn")
        case "mcp_tool":
            return "accept_for_session"
        case _:
            return "cancel"


async def decide_slowly(request: ApprovalRequest) -> ApprovalAnswer:
    """An async handler."""
    await anyio.lowlevel.checkpoint()
    return request.approval_kind == "command"


def answer(request: UserInputRequest) -> dict[str, str]:
    """Answers to questions of the model."""
    return {question.id: question.options[0].label for question in request.questions}


def elicit(elicitation: Elicitation) -> dict[str, object] | Literal["decline"]:
    """Answers to questions of MCP servers."""
    return {"name": "Ann"} if elicitation.mode == "form" else "decline"


def observe(message: Message) -> None:
    """A hook."""
    print(message.kind, message.method, message.id)


def handlers() -> None:
    """Handlers at every level."""
    for policy in (decline_all, accept_read_only, ask_on_terminal, defer_approvals, decide, decide_slowly):
        with Codex(approval_handler=policy, message_hook=observe) as codex:
            thread = codex.thread_start(
                tools=[get_weather, search, Weather, Tool.from_function(get_weather, name="other")],
                approval_handler=decide,
                user_input_handler=answer,
                elicitation_handler=elicit,
            )
            thread.run("Do it.", approval_handler=decide_slowly)
            for request in codex.pending_requests.values():
                assert_type(request.id, str)


def everything_else(codex: Codex) -> None:
    """The rest of the surface."""
    assert_type(codex.metadata, InitializeResult)
    assert_type(codex.models(include_hidden=True), ModelListResponse)
    assert_type(retry_on_overload(codex.models), ModelListResponse)
    assert_type(codex.thread_list(limit=5, sort_key=ThreadSortKey.created_at), ThreadListResponse)
    assert_type(codex.request("account/read"), GetAccountResponse)
    thread = codex.thread_resume("id", tools=[get_weather])
    for entry in codex.threads(archived=True):
        codex.thread_fork(entry.id, ephemeral=True, exclude_turns=True)
    for turn in thread.turns(items_view="full"):
        assert_type(turn.status, TurnStatus)
    thread.set_name("name")
    thread.compact().run()
    thread.review("uncommittedChanges").run()
    thread.set_goal("all tests pass", token_budget=100_000)
    thread.read(include_turns=True)
    thread.archive()
    codex.thread_unarchive(thread.id).delete()
    try:
        thread.run("Quick!", timeout_s=5, detach=True)
    except TurnTimeoutError as error:
        print(error.result)
    except AppServerError as error:
        print(is_retryable_error(error))


async def awaited() -> None:
    """The awaiting face."""
    config = AppServerConfig(url="unix:///run/codex.sock", turn_silence_limit_s=600)
    async with AsyncCodex(config, approval_handler=decide_slowly) as codex:
        thread = await codex.thread_start(tools=[search])
        turn = await thread.turn("Weather?", output_type=Weather)
        assert_type(turn, AsyncTurn[Weather])
        async with turn.events() as events:
            async for event in events:
                if event.kind == "text_delta":
                    print(event.text)
                    break
        await turn.steer("Shorter.")
        assert_type((await turn.run(timeout_s=60)).output, Weather)
        async with await codex.notifications("account/updated") as notifications:
            async for notification in notifications:
                print(notification.payload)
        assert_type(await retry_on_overload(codex.models), ModelListResponse)
        codex.as_sync()
    with SharedCodex(AppServerConfig()) as shared:
        shared.sync_client().thread_start()


def anywhere(codex: CodexClient) -> str:
    """A program that does not mind where its turns run."""
    with codex.thread_start(tools=[search], model="gpt-5").turn("Weather?").events() as events:
        for event in events:
            if isinstance(event, TurnFinished):
                return event.result.text
    thread = codex.thread_fork("thread", sandbox="read-only")
    codex.thread_archive(thread.id)
    return codex.thread_resume(thread.id).run("Again?").text


async def awaited_anywhere(codex: AsyncCodexClient) -> str:
    """The awaiting face of it."""
    assert_type(await codex.thread_start(), AsyncThread)
    return anywhere(codex.as_sync())


def clients() -> None:
    """The local clients are such clients, and shared ones know their kind."""
    with Codex() as codex:
        anywhere(codex)
        assert_type(SharedCodex(codex=codex).sync_client(), Codex)
        wider: SharedCodex[CodexClient, AsyncCodexClient] = SharedCodex()
        anywhere(wider.sync_client())
    assert_type(SharedCodex(AppServerConfig()).async_client(), AsyncCodex)
    anywhere(SharedCodex().sync_client())


def held(codex: CodexClient | AsyncCodexClient) -> AsyncCodexClient:
    """What an adapter does with a client of any kind."""
    shared = SharedCodex(codex=codex)
    assert_type(shared.sync_client(), CodexClient)
    assert_type(shared.async_client(), AsyncCodexClient)
    return held(AsyncCodex())
