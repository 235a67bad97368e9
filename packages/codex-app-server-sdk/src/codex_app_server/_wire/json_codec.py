"""JSON as the app-server takes it: strict on the way out, lenient on the way in.

A line that the server cannot parse gets no answer at all, so nothing doubtful may be written.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["decode_line", "encode", "encode_line", "request_line"]


def _default(value: object) -> object:
    to_wire = getattr(value, "to_wire", None)
    if to_wire is not None:
        return to_wire()
    if isinstance(value, os.PathLike):
        return os.fspath(cast("os.PathLike[str]", value))
    if isinstance(value, Mapping):
        return dict(cast("Mapping[str, object]", value))
    if isinstance(value, (tuple, set, frozenset)):
        return list(cast("tuple[object, ...]", value))
    raise TypeError(f"{type(value).__name__!r} cannot be sent to the app-server: it has no JSON form")


# Made once: `json.dumps` would make one for each message, which takes longer than most messages do.
_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_default)


def encode_line(message: Mapping[str, object]) -> bytes:
    """Return one message as a line, with its newline; see `encode`."""
    return encode(message) + b"\n"


def request_line(
    request_id: int, method: str, params: bytes, trace: Mapping[str, str] | None = None
) -> bytes:
    """Return a request as a line, with its newline, from params that are encoded already."""
    traced = b"" if trace is None else b',"trace":%b' % encode(trace)
    return b'{"id":%d,"method":%b,"params":%b%b}\n' % (request_id, _encoded_method(method), params, traced)


@lru_cache(maxsize=256)
def _encoded_method(method: str) -> bytes:
    return encode(method)


def encode(value: object) -> bytes:
    """Return a value as JSON.

    Lone surrogates become U+FFFD: the server does not answer a line that holds one.

    Raises:
        TypeError: Something in the value has no JSON form.
        ValueError: NaN or infinity, or a reference cycle.
    """
    try:
        text = _ENCODER.encode(value)
    except RecursionError as exc:
        raise ValueError("the message is nested too deeply to be sent") from exc
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()


def decode_line(line: bytes) -> Any:
    """Return the value of one line from the server.

    Raises:
        ValueError: The line is no JSON, or is nested more deeply than can be read.
    """
    global _fast_decode  # noqa: PLW0603 - filled at first use: importing it takes longer than this package
    if _fast_decode is None:
        from pydantic_core import from_json  # noqa: PLC0415

        _fast_decode = from_json
    try:
        # Values differ from message to message: remembering them costs time, and memory for some 16,000 of them.
        return _fast_decode(line, cache_strings="keys")
    except ValueError:
        # The standard library accepts escaped lone surrogates, which the fast one refuses.
        try:
            # As text: of bytes it would guess the encoding.
            return json.loads(line.decode())
        except RecursionError as exc:
            raise ValueError("nested too deeply") from exc


_fast_decode: Callable[..., Any] | None = None
