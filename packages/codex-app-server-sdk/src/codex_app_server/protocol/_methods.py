"""Which type belongs to which method: the lookups over the generated tables.

Looking a method up imports the one module that holds its type; listing the methods imports no type at all.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple, cast

from codex_app_server.protocol._generated import methods as tables

if TYPE_CHECKING:
    from collections.abc import Mapping

    from codex_app_server.protocol._base import WireModel

__all__ = [
    "ClientMethod",
    "client_methods",
    "notification_model",
    "params_model",
    "result_model",
    "server_request_params_model",
    "server_request_result_model",
]


class ClientMethod(NamedTuple):
    """A method that the client may call."""

    params: str | None
    """Name of the type of the params; None if the method takes null."""
    result: str
    """Name of the type of the result."""
    experimental: bool
    """Whether the server wants the `experimentalApi` capability for it."""


@cache
def client_methods() -> Mapping[str, ClientMethod]:
    """Return all methods of the schema by name, in its order."""
    return MappingProxyType({name: ClientMethod(*entry) for name, entry in tables.CLIENT_METHODS.items()})


def notification_model(method: str) -> type[WireModel] | None:
    """Return the type of the params of a notification from the server; None for a method without a model."""
    return _load(tables.SERVER_NOTIFICATIONS.get(method))


def params_model(method: str) -> type[WireModel] | None:
    """Return the type of the params of a client method; None if unknown or without params."""
    entry = tables.CLIENT_METHODS.get(method)
    return _load(entry[0]) if entry else None


def result_model(method: str) -> type[WireModel] | None:
    """Return the type of the result of a client method; None if unknown."""
    entry = tables.CLIENT_METHODS.get(method)
    return _load(entry[1]) if entry else None


def server_request_params_model(method: str) -> type[WireModel] | None:
    """Return the type of the params of a request from the server; None if unknown."""
    entry = tables.SERVER_REQUESTS.get(method)
    return _load(entry[0]) if entry else None


def server_request_result_model(method: str) -> type[WireModel] | None:
    """Return the type of the reply to a request from the server; None if unknown."""
    entry = tables.SERVER_REQUESTS.get(method)
    return _load(entry[1]) if entry else None


@cache
def _load(name: str | None) -> type[WireModel] | None:
    if name is None:
        return None
    return cast("type[WireModel]", getattr(import_module("codex_app_server.protocol"), name))
