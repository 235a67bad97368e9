"""Measurements of turns, and the names that are used."""

from __future__ import annotations

import inspect
import re
from importlib import import_module
from typing import TYPE_CHECKING

from codex_app_server import Codex
from codex_app_server.otel import _names as names
from codex_app_server.testing import Reply, call, usage

if TYPE_CHECKING:
    from codex_app_server.testing import ScriptedCodexFactory

    from .conftest import Traces


def test_tokens_durations_and_first_chunks_are_measured(
    traces: Traces, scripted_codex: ScriptedCodexFactory
) -> None:
    script = [
        Reply(call("exec_command", cmd="exit 3"), usage(input=3, output=1)),
        Reply("Done.", usage(input=9, output=3)),
    ]
    with Codex(scripted_codex(script).config) as codex:
        codex.thread_start().run("Go.")
    shared = {"gen_ai.provider.name": "openai", "gen_ai.request.model": "mock-model"}
    chat = {**shared, "gen_ai.operation.name": "chat", "gen_ai.response.model": "mock-model"}
    agent = {**shared, "gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "codex"}
    tool = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "command_execution"}
    # A turn has no count of its own here: whoever adds up would count twice.
    assert traces.points("gen_ai.client.token.usage") == [
        ({**chat, "gen_ai.token.type": "input"}, 2, 12),
        ({**chat, "gen_ai.token.type": "output"}, 2, 4),
    ]
    durations = {
        str(sorted(attributes.items())): (count, total > 0)
        for attributes, count, total in traces.points("gen_ai.client.operation.duration")
    }
    assert durations == {
        str(sorted(agent.items())): (1, True),
        str(sorted(chat.items())): (2, True),
        str(sorted({**tool, "error.type": "failed"}.items())): (1, True),
    }
    ((attributes, count, _),) = traces.points("gen_ai.client.operation.time_to_first_chunk")
    assert (attributes, count) == (chat, 2)


def test_the_names_are_those_of_the_conventions_and_none_is_replaced_or_removed() -> None:
    found: dict[str, str] = {}
    for module in ("_incubating.attributes.gen_ai_attributes", "_incubating.metrics.gen_ai_metrics",
                   "_incubating.attributes.process_attributes", "attributes.error_attributes"):  # fmt: skip
        loaded = import_module(f"opentelemetry.semconv.{module}")
        source = inspect.getsource(loaded)
        found |= dict(re.findall(r'^[A-Z_]+(?:: Final)? = "([^"]+)"\n"""\n(.+)$', source, re.MULTILINE))
    ours = {value for name, value in vars(names).items() if name.isupper() and not name.startswith("OI_")}
    ours = {value for value in ours if not value.startswith("codex.")}
    replaced = {value for value in ours if re.match("Deprecated: (?!Moved)", found.get(value, ""))}
    assert replaced == set()
    if "gen_ai.response.time_to_first_chunk" in found:
        # The package is not older than these names.
        assert ours - set(found) == set()
