"""Codex behind an agent framework of one's own: the worked example of docs/connect-your-own-framework.md.

    python examples/own_framework.py          no key, no network: a scripted model on loopback
    python examples/own_framework.py --live   the Codex login or API key of this machine

The upper part is the framework, as small as one can be; `to_chunk` and `CodexAgent` are the adapter.
"""

from __future__ import annotations

import argparse
import asyncio
from contextlib import aclosing, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeAlias

from codex_app_server import (
    AppServerConfig,
    SharedCodex,
    TextDelta,
    ToolFinished,
    ToolStarted,
    TransportClosedError,
    TurnFinished,
)
from codex_app_server.testing import Script, call, scripted_codex

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Sequence

    from codex_app_server import (
        ApprovalRequest,
        AsyncThread,
        Event,
    )

# --- the framework: what an agent is there, and what is done with one ---


@dataclass(frozen=True)
class TextChunk:
    """A piece of the answer."""

    text: str


@dataclass(frozen=True)
class ToolChunk:
    """A tool began; or it has ended, and then there is its output."""

    id: str
    name: str
    output: str | None = None
    failed: bool = False


@dataclass(frozen=True)
class ResultChunk:
    """The whole answer and what it took; the last chunk."""

    text: str
    prompt_tokens: int
    completion_tokens: int


Chunk: TypeAlias = TextChunk | ToolChunk | ResultChunk


class Agent(Protocol):
    """What the framework can run."""

    def stream(self, prompt: str, *, conversation: str = "main") -> AsyncGenerator[Chunk, None]:
        """Answer a prompt, chunk by chunk."""
        ...


async def show(agent: Agent, prompt: str) -> None:
    """Run an agent and print what it does."""
    print(f"\n> {prompt}")
    async with aclosing(agent.stream(prompt)) as chunks:
        async for chunk in chunks:
            match chunk:
                case TextChunk():
                    print(chunk.text, end="", flush=True)
                case ToolChunk(output=None):
                    print(f"[{chunk.name} ...", end="", flush=True)
                case ToolChunk():
                    print(f" {'failed' if chunk.failed else 'ok'}: {(chunk.output or '').strip()}]")
                case ResultChunk():
                    print(f"\n({chunk.prompt_tokens} tokens in, {chunk.completion_tokens} out)")


# --- the adapter ---


def to_chunk(event: Event) -> Chunk | None:
    """Return what an event is in the framework; None for what it has no form for.

    Raises:
        TurnFailedError: The turn failed.
        TurnInterruptedError: The turn was interrupted.
    """
    match event:
        case TextDelta():
            return TextChunk(event.text)
        case ToolStarted():
            return ToolChunk(event.item_id, event.name)
        case ToolFinished():
            return ToolChunk(event.item_id, event.name, event.output, failed=event.is_error)
        case TurnFinished():
            result = event.result.raise_for_status()
            return ResultChunk(result.text, result.usage.input_tokens, result.usage.output_tokens)
        case _:
            return None


class CodexAgent:
    """An `Agent` whose model and built-in tools are those of Codex; nothing is started before it is used.

    Args:
        tools: Python functions that the model may call.
        ask: Decides whether a command may run, or files may change; without it nothing of that is allowed.
        thread_ids: The threads of earlier conversations, as `thread_ids` of another agent had them.
        config: How to launch the server; agents of an equal configuration share one.
    """

    def __init__(
        self,
        *,
        tools: Sequence[Callable[..., object]] = (),
        ask: Callable[[str], bool] | None = None,
        thread_ids: dict[str, str] | None = None,
        config: AppServerConfig | None = None,
    ) -> None:
        self.thread_ids = dict(thread_ids or {})
        self._shared = SharedCodex(config)
        self._tools = tools
        self._ask = ask
        self._live: dict[str, AsyncThread] = {}

    async def stream(self, prompt: str, *, conversation: str = "main") -> AsyncGenerator[Chunk, None]:
        """Run one turn; leaving the stream early interrupts it."""
        thread = await self._thread(conversation)
        try:
            turn = await thread.turn(prompt, approval_handler=self._decide if self._ask else None)
            async with turn.events() as events:
                async for event in events:
                    chunk = to_chunk(event)
                    if chunk is not None:
                        yield chunk
        except TransportClosedError:
            # The server is gone: the next turn resumes the thread, on another one.
            self._live.pop(conversation, None)
            raise

    def close(self) -> None:
        """Give the server back; it ends when nobody else uses it."""
        self._live.clear()
        self._shared.close()

    async def _thread(self, conversation: str) -> AsyncThread:
        thread = self._live.get(conversation)
        if thread is None:
            codex = self._shared.async_client()
            known = self.thread_ids.get(conversation)
            if known is None:
                thread = await codex.thread_start(tools=self._tools, approval_policy="untrusted")
            else:
                thread = await codex.thread_resume(known, tools=self._tools)
            self._live[conversation] = thread
            self.thread_ids[conversation] = thread.id
        return thread

    def _decide(self, request: ApprovalRequest) -> bool:
        return self._ask is not None and self._ask(request.command or request.reason or request.approval_kind)


# --- both together ---

# What the scripted model says.
SCRIPT = (
    Script()
    .when("weather", [call("get_weather", city="Paris"), "It is sunny in Paris."])
    .when("echo", [call("exec_command", cmd="echo hello"), "It printed hello."])
    .when("again", "The weather in Paris, and an echo.")
)


def get_weather(city: str) -> str:
    """Return the current weather in a city."""
    return f"{city}: sunny"


def ask_the_user(what: str) -> bool:
    """Ask at the terminal."""
    return input(f"\nMay it run {what}? [y/n] ").strip().lower() == "y"


def say_yes(what: str) -> bool:
    """Decide in place of a user."""
    print(f"[may it run {what}? yes]")
    return True


async def main_job(config: AppServerConfig, ask: Callable[[str], bool]) -> None:
    """Two turns of one agent, and a third of another one that goes on with the conversation."""
    agent = CodexAgent(tools=[get_weather], ask=ask, config=config)
    await show(agent, "How is the weather in Paris?")
    await show(agent, "Run `echo hello` and tell me what it printed.")
    other = CodexAgent(tools=[get_weather], thread_ids=agent.thread_ids, config=config)
    await show(other, "What did I ask you? Tell me again in one sentence.")
    other.close()
    agent.close()


def main() -> None:
    """Run the job."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--live", action="store_true", help="use the Codex login or API key of this machine")
    is_live = parser.parse_args().live
    with nullcontext() if is_live else scripted_codex(SCRIPT) as scripted:
        config = scripted.config if scripted else AppServerConfig()
        asyncio.run(main_job(config, ask_the_user if is_live else say_yes))


if __name__ == "__main__":
    main()
