"""Server: what models with equal server settings share, which is the app-server itself and what is kept in it."""

from __future__ import annotations

import threading
import weakref
from typing import TYPE_CHECKING, TypeAlias

from langchain_codex._kept import Kept
from langchain_codex._turns import IdleThread

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from codex_app_server import AsyncCodexClient, CodexClient, SharedCodex

    from langchain_codex._call import Call
    from langchain_codex._transcript import Transcript
    from langchain_codex._turns import AsyncOpenTurn, HeldTurn, OpenTurn

__all__ = ["Access", "Server", "server_for"]

# To an app-server, or to the client of any kind that somebody gave.
Access: TypeAlias = "SharedCodex[CodexClient, AsyncCodexClient]"

# A turn that waits is a person who thinks, or an extraction that nobody will answer.
_MAX_HELD = 64
# The server keeps the history of each in memory, and the MCP servers of its configuration.
_MAX_IDLE = 32
_MAX_AGE_S = 600.0


class Server:
    """An app-server, and the turns and threads in it that calls may go on with.

    Args:
        access: The app-server; it is launched by the first call.
    """

    def __init__(self, access: Access) -> None:
        self.access = access
        self.held: Kept[HeldTurn] = Kept(max_count=_MAX_HELD, max_age_s=_MAX_AGE_S)
        self.idle: Kept[IdleThread] = Kept(max_count=_MAX_IDLE, max_age_s=_MAX_AGE_S)

    def take_held(self, call: Call) -> HeldTurn | None:
        """Take the turn that waits for exactly the results with which the conversation ends."""
        if not call.results:
            return None
        beginning = call.beginnings[-1 - len(call.results)]
        return self.held.take(beginning, lambda held: held.is_answered_by(call))

    def take_idle(self, call: Call) -> tuple[IdleThread, int] | None:
        """Take the thread that holds the most of the conversation, and how many items that is."""
        for count in range(len(call.forms) - 1, 0, -1):
            if (found := self.idle.take(call.beginnings[count])) is not None:
                return found, count
        return None

    def keep(self, call: Call, answer: Transcript, turn: OpenTurn | AsyncOpenTurn) -> None:
        """Keep a turn whose answer is complete, or its thread, for the call that goes on from here."""
        if answer.is_complete:
            held = turn.held(answer.calls)
            if answer.is_answerable and not (answer.is_broken or call.is_one_shot):
                self.held.put(call.with_answer(answer.message), held)
            else:
                held.close()
        elif answer.is_continuable:
            self.idle.put(call.with_answer(answer.message), IdleThread(turn.thread))


_servers: weakref.WeakValueDictionary[Hashable, Server] = weakref.WeakValueDictionary()
_lock = threading.Lock()


def server_for(key: Hashable, access: Callable[[], Access]) -> Server:
    """Return the server of these settings; it lives as long as somebody has it."""
    with _lock:
        server = _servers.get(key)
        if server is None:
            server = _servers[key] = Server(access())
        return server
