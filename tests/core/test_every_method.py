"""The true app-server knows every method of the schema, and what it answers fits the models."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from codex_app_server import Codex, JsonRpcError, MethodNotFoundError
from codex_app_server.protocol import client_methods, result_model
from codex_app_server.testing._schema import json_for_schema

if TYPE_CHECKING:
    from codex_app_server.testing import ScriptedCodex, ScriptedCodexFactory

SCHEMA = Path(__file__).parents[2] / (
    "packages/codex-app-server-sdk/codegen/schema/codex_app_server_protocol.schemas.json"
)
DEFINITIONS = json.loads(SCHEMA.read_text())["definitions"]
VARIANTS = {
    variant["properties"]["method"]["enum"][0]: variant["properties"]
    for variant in DEFINITIONS["ClientRequest"]["oneOf"]
}
# Nobody listens there: whatever the server would ask of the network fails at once.
NOWHERE = "http://127.0.0.1:1"
OFFLINE = {
    name: NOWHERE for word in ("http_proxy", "https_proxy", "all_proxy") for name in (word, word.upper())
}

# These end what the others need.
LAST = ["thread/unsubscribe", "thread/archive", "thread/unarchive", "thread/delete"]

# The server knows the name and says that there is nothing behind it.
NOT_IMPLEMENTED = {"thread/prediction/request"}

# What cannot be had here: the method, and the words in which the server refuses. All others have to answer.
REFUSED = {
    "initialize": "Already initialized",
    # Accounts and services of OpenAI, and features that need them.
    "account/bedrock/setup": "does not support region",
    "account/gatewayOAuth/login": "does not use gateway OAuth",
    "account/login/cancel": "invalid login id",
    "account/rateLimitResetCredit/consume": "account authentication required",
    "account/rateLimits/read": "account authentication required",
    "account/sendAddCreditsNudgeEmail": "account authentication required",
    "account/usage/read": "account authentication required",
    "account/workspaceMessages/read": "account authentication required",
    "feedback/upload": "disabled by configuration",
    "marketplace/add": "invalid marketplace source",
    "marketplace/remove": "is not configured",
    "mcpServer/event/stream/start": "only supported for hosted apps",
    "plugin/install": "requires exactly one of",
    "plugin/read": "requires exactly one of",
    "plugin/share/checkout": "not enabled",
    "plugin/share/delete": "not enabled",
    "plugin/share/list": "not enabled",
    "plugin/share/save": "not enabled",
    "plugin/share/updateTargets": "not enabled",
    "plugin/skill/read": "not enabled",
    "plugin/uninstall": "not enabled",
    "remoteControl/client/list": "requires ChatGPT authentication",
    "remoteControl/client/revoke": "requires ChatGPT authentication",
    "remoteControl/disable": "requires ChatGPT authentication",
    "remoteControl/enable": "requires ChatGPT authentication",
    "remoteControl/pairing/start": "requires remote control",
    "remoteControl/pairing/status": "requires pairingCode",
    "userVerification/delete": "not available in this build",
    "userVerification/enroll": "not available in this build",
    "userVerification/verify": "not available in this build",
    # Things that are not there: tests of their own have them.
    "command/exec/resize": "no active command",
    "command/exec/terminate": "no active command",
    "command/exec/write": "no active command",
    "environment/info": "failed to connect",
    "mcpServer/oauth/login": "No MCP server",
    "mcpServer/resource/read": "unknown MCP server",
    "mcpServer/tool/call": "unknown MCP server",
    "process/kill": "no active process",
    "process/resizePty": "no active process",
    "process/writeStdin": "no active process",
    "thread/approveGuardianDeniedAction": "invalid Guardian denial event",
    "thread/delete": "forked history still references it",
    "thread/queue/update": "queued submission not found",
    "thread/readState/update": "read state changed",
    "turn/interrupt": "active turn",
    "turn/settings/update": "require the step_model_switching feature",
    "turn/steer": "active turn",
}

# Turns that other methods have started may still run, and the queue be empty again: these answer or refuse.
EITHER = {
    "thread/queue/reorder": "every queued submission",
    "thread/queue/start": "queue is empty|active or pending",
}


def smallest(method: str) -> dict[str, Any]:
    """Return the smallest params that the schema allows."""
    params = VARIANTS[method].get("params")
    value = json_for_schema({**params, "definitions": DEFINITIONS}) if params else {}
    return value if isinstance(value, dict) else {}


def placed(value: Any, real: dict[str, Any]) -> Any:
    """Put what is really there in the place of what the schema allows, wherever the name fits."""
    if isinstance(value, dict):
        return {key: real[key] if key in real else placed(entry, real) for key, entry in value.items()}
    return [placed(entry, real) for entry in value] if isinstance(value, list) else value


def real_values(setup: ScriptedCodex, thread_id: str, turn_id: str) -> dict[str, Any]:
    (setup.workspace / "file").write_text("x")
    turn_ids = ("turnId", "beforeTurnId", "expectedTurnId", "sourceTurnId")
    return {
        **dict.fromkeys(turn_ids, turn_id),
        "threadId": thread_id,
        "cwd": str(setup.workspace),
        "path": str(setup.workspace / "file"),
        "sourcePath": str(setup.workspace / "file"),
        "destinationPath": str(setup.workspace / "copy"),
        "pluginPath": str(setup.workspace),
        "extraRoots": [str(setup.workspace)],
        "dataBase64": "eA==",
        "size": {"rows": 24, "cols": 80},
        "queuedSubmissionIds": [],
    }


def further(codex: Codex, setup: ScriptedCodex, method: str) -> dict[str, Any]:
    """Return what a method needs besides, and what is only known when its turn comes."""
    item = {"type": "message", "role": "developer", "content": [{"type": "input_text", "text": "x"}]}
    folder = {"path": str(setup.workspace / "folder")}
    if method in {"project/read", "project/update", "project/move", "project/delete"}:
        created = codex.request(
            "project/create",
            {"idempotencyKey": method, "name": "x", "roots": [{"path": str(setup.workspace)}]},
        )
        return {"projectId": created.project.id}
    if method in {"threadSection/update", "threadSection/delete", "thread/section/move"}:
        return {"sectionId": codex.request("threadSection/create", {"name": method}).section.id}
    known: dict[str, dict[str, Any]] = {
        "command/exec/write": {"closeStdin": True},
        "fs/createDirectory": folder,
        "fs/readDirectory": folder,
        "fs/remove": folder,
        "process/spawn": {"command": ["true"], "processHandle": "another"},
        "process/writeStdin": {"closeStdin": True},
        "skills/config/write": {"name": "text"},
        "thread/backgroundTerminals/terminate": {"processId": "1"},
        "thread/goal/set": {"objective": "text"},
        "thread/inject_items": {"items": [item]},
        "thread/metadata/update": {"gitInfo": {"branch": "text"}},
    }
    return known.get(method, {})


def test_the_server_knows_every_method_and_its_answers_fit(scripted_codex: ScriptedCodexFactory) -> None:
    setup = scripted_codex("fine", extra_config={"features": {"goals": True}}, env=OFFLINE)
    refused: dict[str, str] = {}
    empty: dict[str, str] = {}
    with Codex(setup.config) as codex:
        thread = codex.thread_start()
        real = real_values(setup, thread.id, thread.run("hello").turn_id)
        assert set(LAST) < set(client_methods())
        for method in [*(name for name in client_methods() if name not in LAST), *LAST]:
            params = {**placed(smallest(method), real), **further(codex, setup, method)}
            model = result_model(method)
            assert model is not None
            try:
                assert isinstance(codex.request(method, params), model)
            except MethodNotFoundError as exc:
                empty[method] = exc.message
            except JsonRpcError as exc:
                refused[method] = exc.message
        assert codex.account.read().account is None
    assert empty == {name: f"{name} is not implemented yet" for name in NOT_IMPLEMENTED}
    words = {**REFUSED, **EITHER}
    wrong = {name: text for name, text in refused.items() if not re.search(words.get(name, "^$"), text)}
    assert wrong == {}
    assert set(REFUSED) - set(refused) == set()


def test_a_method_that_the_server_does_not_know_is_told_apart(scripted_codex: ScriptedCodexFactory) -> None:
    with Codex(scripted_codex("fine").config) as codex:
        with pytest.raises(MethodNotFoundError, match="does not know the method 'no/such'"):
            codex.request("no/such")
