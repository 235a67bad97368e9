"""Trying again when the server was too busy to accept a request.

The client does so by itself, a few times for each request (`AppServerConfig.max_overload_retries`); this is for
longer, and for whole functions of a program.
"""

from __future__ import annotations

import inspect
import random
import time
from typing import TYPE_CHECKING, TypeVar, cast, overload

from codex_app_server.errors import ServerBusyError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Iterator

T = TypeVar("T")

__all__ = ["is_retryable_error", "retry_on_overload"]


def is_retryable_error(error: BaseException) -> bool:
    """Whether the request can be sent again without doing something twice: the server did not accept it.

    That is so for an overload alone. A request without an answer may have been carried out.
    """
    return isinstance(error, ServerBusyError)


@overload
def retry_on_overload(
    operation: Callable[[], Coroutine[object, object, T]],
    *,
    max_attempts: int = 3,
    initial_delay_s: float = 0.25,
    max_delay_s: float = 2.0,
    jitter_ratio: float = 0.2,
) -> Coroutine[object, object, T]: ...


@overload
def retry_on_overload(
    operation: Callable[[], T],
    *,
    max_attempts: int = 3,
    initial_delay_s: float = 0.25,
    max_delay_s: float = 2.0,
    jitter_ratio: float = 0.2,
) -> T: ...


def retry_on_overload(
    operation: Callable[[], object],
    *,
    max_attempts: int = 3,
    initial_delay_s: float = 0.25,
    max_delay_s: float = 2.0,
    jitter_ratio: float = 0.2,
) -> object:
    """Call `operation`, and again while the server is overloaded; await the result for an async one.

        models = retry_on_overload(codex.models)
        models = await retry_on_overload(async_codex.models)

    Args:
        operation: What to do; called anew for each attempt. A function that returns an awaitable counts
            as async, and only its first call happens before the result is awaited.
        max_attempts: How often it is called at the most.
        initial_delay_s: Seconds before the second attempt; doubled for each further one.
        max_delay_s: Longest delay in seconds.
        jitter_ratio: Part of the delay by which it is made longer or shorter at random.

    Raises:
        ServerBusyError: The server was still overloaded at the last attempt.
        ValueError: `max_attempts` is less than 1, or a delay is negative.
    """
    if max_attempts < 1:
        raise ValueError(f"max_attempts must be at least 1, not {max_attempts}")
    if initial_delay_s < 0 or max_delay_s < 0 or not 0 <= jitter_ratio <= 1:
        raise ValueError("delays must not be negative, and jitter_ratio is between 0 and 1")
    delays = _delays(max_attempts - 1, initial_delay_s, max_delay_s, jitter_ratio)
    while True:
        try:
            result = operation()
        except ServerBusyError:
            delay_s = next(delays, None)
            if delay_s is None:
                raise
            time.sleep(delay_s)
        else:
            break
    if inspect.isawaitable(result):
        return _retry_async(
            cast("Awaitable[object]", result), cast("Callable[[], Awaitable[object]]", operation), delays
        )
    return result


async def _retry_async(
    first: Awaitable[object], operation: Callable[[], Awaitable[object]], delays: Iterator[float]
) -> object:
    import anyio  # noqa: PLC0415 - only programs with an event loop need it

    attempt = first
    while True:
        try:
            return await attempt
        except ServerBusyError:
            delay_s = next(delays, None)
            if delay_s is None:
                raise
        await anyio.sleep(delay_s)
        attempt = operation()


def _delays(count: int, initial_s: float, longest_s: float, jitter_ratio: float) -> Iterator[float]:
    for index in range(count):
        factor = 1 + jitter_ratio * random.uniform(-1, 1)  # noqa: S311 - it only spreads the load
        yield min(longest_s, initial_s * 2**index) * factor
