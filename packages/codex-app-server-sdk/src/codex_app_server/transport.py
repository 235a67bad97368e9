"""Transport, Connector: how another package carries the messages of an app-server over a way of its own.

Everything else stays that of the core: requests, turns, events, approvals, tools, what happens after a loss. Give the
connector in the configuration, in place of a `url`::

    codex = AsyncCodex(AppServerConfig(connector=MyTransport))

`make(config, on_output=..., on_end=..., on_room=...)` is called for each connection, and its transport is thrown away
after it: a class with this constructor is a connector, and so is any object that can be called like that.

A transport lives on the event loop of the client's own OS thread, which is asyncio, and serves all of its turns: nothing in
it may block, and what waits is a task of that loop (`asyncio.get_running_loop()`). The three functions that it is given
may be called there, also from within `write`, or on other OS threads; what they are told is taken in the order of the calls.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from codex_app_server.config import AppServerConfig
    from codex_app_server.errors import TransportClosedError

__all__ = ["Connector", "Transport", "launch_process"]


class Transport(Protocol):
    """A way to an app-server, for one connection: all of it is called on the client's own event loop.

    The order is `open`, then any of the others, then `stop`, once. Only `open` and `stop` may wait.
    """

    @property
    def pid(self) -> int | None:
        """Process id of the server on this machine; None where it is somewhere else."""
        ...

    @property
    def is_full(self) -> bool:
        """Whether the server does not read what was written to it.

        Requests wait in the client then, each until its deadline; answers are written all the same.
        """
        ...

    @property
    def may_return(self) -> bool:
        """Whether it makes sense to connect again after this one has ended, or could not be opened.

        Then turns go on, and connectors are asked again for `AppServerConfig.reconnect_timeout_s`. When it is
        false, all that waits ends with `end_error` at once.
        """
        ...

    @property
    def diagnostics(self) -> str:
        """The last words of the server, fit for an error message; may be empty."""
        ...

    async def open(self) -> None:
        """Start or reach the server. It is cancelled when the client is closed, or `start_timeout_s` is over.

        After it, the server has to take a new `initialize`, as a fresh connection does.

        Raises:
            LaunchError: That cannot be done; the message says why and what helps.
        """
        ...

    def write(self, data: bytes) -> None:
        """Queue one message, with its newline; does nothing when the server is gone.

        Between `hold` and `release` it may keep it, so that many messages go out together.
        """
        ...

    def hold(self) -> None:
        """Gather what is written from now on, until `release`; it may do nothing."""
        ...

    def release(self) -> None:
        """Send what was gathered; called at the end of each batch of work, after `hold`."""
        ...

    async def stop(self, grace_s: float) -> None:
        """Give everything back; each wait in it is bounded, the one for the server's consent by `grace_s`.

        It is called after an end and after a failed `open` too. What it sends to `on_output` is not read any more.
        """
        ...

    def end_error(self, unfinished_bytes: int) -> TransportClosedError:
        """Return why it ended, after `on_end` was called.

        Whoever waits gets a copy of it, a turn with its thread, its id and what had arrived of it: a class of your own
        keeps its attributes if it survives pickling, so give its parameters defaults.

        Args:
            unfinished_bytes: Size of a message that had begun to arrive and was cut off.
        """
        ...


class Connector(Protocol):
    """Makes the transport of each connection; it is compared and hashed with its configuration.

    It is called on the client's own event loop, for the start, for each attempt to connect again, and after a restart.

    The server is taken to have no other client. A connector for one that has some needs an attribute `is_shared` that
    is true: questions about turns that this client does not follow are left to the others then, and not declined.
    """

    def __call__(
        self,
        config: AppServerConfig,
        /,
        *,
        on_output: Callable[[bytes], None],
        on_end: Callable[[], None],
        on_room: Callable[[], None],
    ) -> Transport:
        """Return a transport that is not open yet.

        Args:
            config: The configuration of the client; what is in it for launching a server is for the connector to use.
            on_output: To be called with what the server sends, in chunks of any size; each message ends with a
                newline. The client takes all of it at once: it never makes the transport wait, and joins the deltas
                that a slow reader has not taken.
            on_end: To be called once, when an open transport has ended and all of its output was passed on.
            on_room: To be called when a transport that was full takes data again.

        Raises:
            LaunchError: There can be no transport; the message says why.
        """
        ...


def launch_process(
    config: AppServerConfig,
    *,
    on_output: Callable[[bytes], None],
    on_end: Callable[[], None],
    on_room: Callable[[], None],
) -> Transport:
    """Return the transport of the core to an app-server of its own, for who carries its messages further; not open yet.

    It belongs to the event loop that runs, and everything is called there. The process has a session of its own and
    ends with this one; `stop` ends it with all that it has started.

    Args:
        config: How to launch it.
        on_output: Called with each chunk of its output.
        on_end: Called once, when it is gone and all of its output was passed on.
        on_room: Called when the full pipe to it takes data again.
    """
    from codex_app_server._engine.process import ServerProcess  # noqa: PLC0415 - few who import this module launch one

    return ServerProcess(config, on_output=on_output, on_end=on_end, on_room=on_room)
