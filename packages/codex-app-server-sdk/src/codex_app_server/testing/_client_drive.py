"""What the user of a client sees of a turn: the drives with which the conformance kit checks clients of any kind."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from codex_app_server.approvals import accept_all
from codex_app_server.events import (
    DiffUpdated,
    PlanUpdated,
    ReasoningDelta,
    TextDelta,
    ToolFinished,
    ToolStarted,
    TurnFinished,
    UsageUpdated,
)
from codex_app_server.testing._trace import Diff, Final, Plan, Reasoning, Text, ToolBegan, ToolEnded, Used

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from contextlib import AbstractAsyncContextManager, AbstractContextManager
    from typing import TypeAlias

    from codex_app_server.config import AppServerConfig
    from codex_app_server.events import Event
    from codex_app_server.interface import AsyncCodexClient, CodexClient
    from codex_app_server.testing._trace import Seen
    from codex_app_server.testing.conformance import Replay

    OpenClient: TypeAlias = Callable[[AppServerConfig], AbstractContextManager[CodexClient]]
    OpenAsyncClient: TypeAlias = Callable[[AppServerConfig], AbstractAsyncContextManager[AsyncCodexClient]]

__all__ = ["async_client_drive", "client_drive", "of_event"]


def of_event(event: Event) -> Seen | None:
    """Return what the user of a client sees of an event; None for what the kit does not look at."""
    match event:
        case TextDelta():
            return Text(event.text)
        case ReasoningDelta():
            return Reasoning(event.text)
        case ToolStarted():
            return ToolBegan(event.item_id)
        case ToolFinished():
            return ToolEnded(event.item_id, event.output, event.is_error)
        case UsageUpdated():
            return Used(event.last.input_tokens, event.last.output_tokens)
        case PlanUpdated():
            return Plan(tuple(step.step for step in event.steps))
        case DiffUpdated():
            return Diff(event.diff)
        case TurnFinished():
            result = event.result
            return Final(result.text, result.status, result.error.message if result.error else "")
        case _:
            return None


def client_drive(open_client: OpenClient) -> Callable[[Replay], Iterator[Seen]]:
    """Return the drive of a client for blocking code."""
    return partial(_drive, open_client)


def async_client_drive(open_client: OpenAsyncClient) -> Callable[[Replay], AsyncIterator[Seen]]:
    """Return the drive of a client for code that awaits."""
    return partial(_adrive, open_client)


def _drive(open_client: OpenClient, replay: Replay) -> Iterator[Seen]:
    handler = accept_all if replay.approval else None
    with open_client(replay.config) as codex:
        turn = codex.thread_start(tools=replay.tools).turn(replay.prompt, approval_handler=handler)
        with turn.events() as events:
            yield from filter(None, map(of_event, events))


async def _adrive(open_client: OpenAsyncClient, replay: Replay) -> AsyncIterator[Seen]:
    handler = accept_all if replay.approval else None
    async with open_client(replay.config) as codex:
        thread = await codex.thread_start(tools=replay.tools)
        turn = await thread.turn(replay.prompt, approval_handler=handler)
        async with turn.events() as events:
            async for event in events:
                entry = of_event(event)
                if entry is not None:
                    yield entry
