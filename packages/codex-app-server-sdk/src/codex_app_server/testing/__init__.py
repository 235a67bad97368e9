"""A kit for tests without a network and without a key: a scripted model, a scripted set-up, a fake server.

`conformance` replays recorded turns through an adapter and checks what its user sees.

The names are imported when they are first used, because the pytest plugin of this package is loaded by every pytest
run that has it installed.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from codex_app_server.testing import conformance, steps
    from codex_app_server.testing._obedient import obedient
    from codex_app_server.testing._schema import json_for_schema
    from codex_app_server.testing.fake_server import FakeServer, FakeServerError, FakeServerFactory
    from codex_app_server.testing.gate import Gate
    from codex_app_server.testing.home import ScriptedCodex, ScriptedCodexFactory, scripted_codex
    from codex_app_server.testing.model import OtherRequest, ScriptedModel
    from codex_app_server.testing.parts import (
        Part,
        Reply,
        ScriptError,
        call,
        calls,
        conforming,
        custom_call,
        cut,
        fail,
        hold,
        incomplete,
        raw_item,
        reasoning,
        response_failed,
        text,
        usage,
    )
    from codex_app_server.testing.request import ModelRequest
    from codex_app_server.testing.script import Script, ScriptLike, attempts

__all__ = [
    "FakeServer",
    "FakeServerError",
    "FakeServerFactory",
    "Gate",
    "ModelRequest",
    "OtherRequest",
    "Part",
    "Reply",
    "Script",
    "ScriptError",
    "ScriptLike",
    "ScriptedCodex",
    "ScriptedCodexFactory",
    "ScriptedModel",
    "attempts",
    "call",
    "calls",
    "conformance",
    "conforming",
    "custom_call",
    "cut",
    "fail",
    "hold",
    "incomplete",
    "json_for_schema",
    "obedient",
    "raw_item",
    "reasoning",
    "response_failed",
    "scripted_codex",
    "steps",
    "text",
    "usage",
]

_HOMES = {
    "_obedient": ("obedient",),
    "_schema": ("json_for_schema",),
    "fake_server": ("FakeServer", "FakeServerError", "FakeServerFactory"),
    "gate": ("Gate",),
    "home": ("ScriptedCodex", "ScriptedCodexFactory", "scripted_codex"),
    "model": ("OtherRequest", "ScriptedModel"),
    "request": ("ModelRequest",),
    "script": ("Script", "ScriptLike", "attempts"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name in {"conformance", "steps"}:
        return import_module(f"{__name__}.{name}")
    return getattr(import_module(f"{__name__}.{_HOME_OF.get(name, 'parts')}"), name)


def __dir__() -> list[str]:
    return list(__all__)
