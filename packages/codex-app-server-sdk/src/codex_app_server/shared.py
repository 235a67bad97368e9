"""SharedCodex: one app-server for all who have the same configuration. What adapters hold.

It is plain data until it is used: no process at construction, picklable, usable from sync and async
code, from any number of event loops and OS threads, and alive again after the server died.
"""

from __future__ import annotations

import threading
import weakref
from typing import TYPE_CHECKING, Generic, cast, overload

from codex_app_server._async import AsyncCodex
from codex_app_server._engine.engine import Engine
from codex_app_server._engine.slot import EngineSlot
from codex_app_server._sync import Codex
from codex_app_server.config import AppServerConfig
from codex_app_server.interface import check_client, is_awaiting, is_blocking

if TYPE_CHECKING:
    from typing_extensions import Self, TypeVar

    from codex_app_server.interface import AsyncCodexClient, CodexClient

    ClientT_co = TypeVar("ClientT_co", bound=CodexClient, default=Codex, covariant=True)
    AsyncClientT_co = TypeVar("AsyncClientT_co", bound=AsyncCodexClient, default=AsyncCodex, covariant=True)
else:
    # The defaults are for type checkers; typing_extensions would take longer to import than this module.
    from typing import TypeVar

    ClientT_co = TypeVar("ClientT_co", covariant=True)
    AsyncClientT_co = TypeVar("AsyncClientT_co", covariant=True)

__all__ = ["SharedCodex"]


# How long a server without a holder is kept for the next one: frameworks make short-lived copies of their objects, and
# web workers an agent for each request.
_IDLE_S = 5.0


class _Lease:
    """A running engine and how many hold it."""

    __slots__ = ("count", "engine", "key")

    def __init__(self, key: object, engine: Engine) -> None:
        self.key = key
        self.engine = engine
        self.count = 0


# Reentrant, since a holder may be collected while this OS thread is in here.
_lock = threading.RLock()
_leases: dict[object, _Lease] = {}


def _acquire(config: AppServerConfig) -> _Lease:
    with _lock:
        key = config.identity()
        lease = _leases.get(key)
        if lease is None or not lease.engine.is_usable:
            lease = _leases[key] = _Lease(key, Engine(config))
        lease.count += 1
        return lease


def _release(lease: _Lease) -> None:
    """Called when a holder is collected: on any OS thread, and so without waiting for anything."""
    with _lock:
        lease.count -= 1
        if lease.count == 0:
            lease.engine.call_later(_IDLE_S, lambda: _close_unused(lease))


def _close_unused(lease: _Lease) -> Engine | None:
    with _lock:
        if lease.count:
            return None
        if _leases.get(lease.key) is lease:
            del _leases[lease.key]
    lease.engine.close_from_finalizer()
    return lease.engine


class SharedCodex(Generic[ClientT_co, AsyncClientT_co]):
    """Access to an app-server that is shared with everybody who has an equal configuration.

    The server is launched at the first use. It ends when the last holder is closed, or some seconds
    after the last one was collected. When it died, the next use launches another one.

    Args:
        config: How to launch the server.
        codex: An open client to use instead, of any kind (`CodexClient`); it is closed by whoever made it.

    Raises:
        TypeError: Both are given, or `codex` is no client.
    """

    @overload
    def __init__(
        self: SharedCodex[Codex, AsyncCodex],
        config: AppServerConfig | None = None,
        *,
        codex: Codex | AsyncCodex | None = None,
    ) -> None: ...

    @overload
    def __init__(
        self: SharedCodex[CodexClient, AsyncCodexClient],
        config: AppServerConfig | None = None,
        *,
        codex: CodexClient | AsyncCodexClient,
    ) -> None: ...

    def __init__(
        self, config: AppServerConfig | None = None, *, codex: CodexClient | AsyncCodexClient | None = None
    ) -> None:
        if codex is not None:
            if config is not None:
                raise TypeError("give either a client or a configuration, not both")
            check_client(codex)
        self._config = config or AppServerConfig()
        self._codex = codex
        self._lease: _Lease | None = None
        self._finalizer: weakref.finalize[[_Lease], Self] | None = None

    def __reduce__(self) -> tuple[type[Self], tuple[AppServerConfig]]:
        if self._codex is not None:
            raise TypeError(
                "an open Codex client cannot be pickled: give a configuration instead of codex=..."
            )
        return type(self), (self._config,)

    def __repr__(self) -> str:
        return f"<SharedCodex {'of an open client' if self._codex is not None else self._config}>"

    @property
    def config(self) -> AppServerConfig:
        """The configuration that it was made with."""
        return self._config

    def _engine(self) -> Engine:
        with _lock:
            if self._lease is None or not self._lease.engine.is_usable:
                self.close()
                self._lease = _acquire(self._config)
                # A lease is given back when its holder is collected; at exit the engine closes itself.
                self._finalizer = weakref.finalize(self, _release, self._lease)
                self._finalizer.atexit = False
            return self._lease.engine

    def _slot(self) -> EngineSlot:
        return EngineSlot(self._config, engine=self._engine())

    def sync_client(self) -> ClientT_co:
        """Return a blocking client; launches the server if need be.

        Raises:
            LaunchError: The server did not start.
        """
        client: CodexClient
        if self._codex is None:
            client = Codex(_slot=self._slot(), _owner=self)
        elif is_awaiting(self._codex):
            client = self._codex.as_sync()
        else:
            client = self._codex
        # The constructor knows which kind of client it was given.
        return cast("ClientT_co", client)

    def async_client(self) -> AsyncClientT_co:
        """Return an awaiting client; the server is launched by its first call."""
        client: AsyncCodexClient
        if self._codex is None:
            client = AsyncCodex(_slot=self._slot(), _owner=self)
        elif is_blocking(self._codex):
            client = self._codex.as_async()
        else:
            client = self._codex
        return cast("AsyncClientT_co", client)

    def close(self) -> None:
        """Give the server back; it ends when nobody else holds it. The object can be used again.

        This waits for nothing: whoever is to find its threads free waits with `aclose` until it has ended.
        """
        self._give_back()

    async def aclose(self) -> None:
        """Give the server back, and wait until it has ended if nobody else holds it. The object can be used again."""
        engine = self._give_back()
        if engine is not None:
            await engine.close().wait_async()
            engine.join()

    def _give_back(self) -> Engine | None:
        """Give the server back; return the engine that ends with that."""
        with _lock:
            lease, self._lease = self._lease, None
            finalizer, self._finalizer = self._finalizer, None
        if lease is None or finalizer is None:
            return None
        finalizer()
        return _close_unused(lease)

    @staticmethod
    def close_idle() -> None:
        """End the servers that nobody holds now, and wait for that.

        They would end by themselves after some seconds; this is for tests, and for before a fork.
        """
        with _lock:
            idle = [lease for lease in _leases.values() if lease.count == 0]
        for engine in filter(None, [_close_unused(lease) for lease in idle]):
            engine.close().wait()
            engine.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()
