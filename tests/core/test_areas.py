"""The areas of both faces: every method once on the true app-server; on the fake one what needs the network."""

from __future__ import annotations

import inspect
import re
import sys
import textwrap
import threading
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import anyio
import psutil
import pytest
from codex_app_server import (
    AsyncCodex,
    Codex,
    InternalRpcError,
    InvalidParamsError,
    InvalidRequestError,
    LoginFailedError,
    ProcessExitedError,
    RemoteProtocolError,
    RequestTimeoutError,
    errors,
)
from codex_app_server._areas import (
    account_async,
    account_sync,
    machine_async,
    machine_sync,
    settings_async,
    settings_sync,
)
from codex_app_server._areas.params import exec_params
from codex_app_server._areas.sources import CommandOutput
from codex_app_server.options import wire_name
from codex_app_server.protocol import client_methods, params_model
from codex_app_server.testing import steps

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from codex_app_server.testing import FakeServerFactory, ScriptedCodexFactory

MODULES = [
    (account_sync, account_async),
    (machine_sync, machine_async),
    (settings_sync, settings_async),
]
CLASSES = [
    (getattr(blocking, name), getattr(awaiting, f"Async{name}"))
    for blocking, awaiting in MODULES
    for name in blocking.__all__
]
AREAS = [cls for cls, _ in CLASSES if cls.__name__.endswith("Area")]


# --- the two faces, and the protocol ---


def public(cls: type) -> dict[str, list[str]]:
    """Return the public methods, inherited ones too, with their parameters."""
    return {
        name: list(inspect.signature(value).parameters)
        for name, value in inspect.getmembers(cls, inspect.isfunction)
        if not name.startswith("_")
    }


@pytest.mark.parametrize(("blocking", "awaiting"), CLASSES)
def test_both_faces_have_the_same_areas_with_the_same_parameters(blocking: type, awaiting: type) -> None:
    awaited = {{"aclose": "close"}.get(name, name): params for name, params in public(awaiting).items()}
    assert public(blocking) == awaited

    def documented(cls: type) -> str:
        texts = [inspect.getdoc(cls), *(inspect.getdoc(getattr(cls, name)) for name in public(cls))]
        return "\n".join(text or "" for text in texts)

    text = re.sub(r"Async(?=[A-Z])", "", documented(awaiting))
    for old, new in {"aclose": "close", "async for": "for", "async with": "with"}.items():
        text = text.replace(old, new)
    assert sorted(documented(blocking).split()) == sorted(text.replace("an `with`", "a `with`").split())


def test_every_area_is_an_attribute_of_both_clients() -> None:
    for client, index in ((Codex, 0), (AsyncCodex, 1)):
        named = {
            inspect.signature(value.fget).return_annotation
            for value in vars(client).values()
            if isinstance(value, property) and value.fget is not None
        }
        areas = {pair[index].__name__ for pair in CLASSES if pair[index].__name__.endswith("Area")}
        assert areas <= named


# What a parameter of an area method is on the wire, where the name alone does not say it.
OTHER_NAMES = {
    ("FsArea.write_file", "data"): "dataBase64",
    ("AccountArea.login_api_key", "api_key"): None,  # in a variant of the params
    ("ConfigArea.batch_write", "merge_strategy"): None,  # in each of the edits
    ("McpArea.call_tool", "timeout_s"): None,  # how long this client waits
    ("CommandsArea.run", "sandbox"): "sandboxPolicy",
    ("CommandsArea.run", "timeout_s"): "timeoutMs",
    ("CommandsArea.start", "sandbox"): "sandboxPolicy",
    ("CommandsArea.start", "timeout_s"): "timeoutMs",
}


def area_methods() -> Iterable[tuple[str, list[str], list[str]]]:
    """Return name, parameters and protocol methods of every method of an area."""
    for cls in AREAS:
        for name, parameters in public(cls).items():
            (listed,) = re.findall(
                r"Protocol: ((?:`[\w/]+`(?:, )?)+)\.", inspect.getdoc(getattr(cls, name)) or ""
            )
            yield f"{cls.__name__}.{name}", parameters[1:], re.findall(r"`([\w/]+)`", listed)


@pytest.mark.parametrize(("name", "parameters", "methods"), list(area_methods()))
def test_every_parameter_of_an_area_is_a_param_of_its_protocol_method(
    name: str, parameters: list[str], methods: list[str]
) -> None:
    known = [method for method in methods if method in client_methods()]
    assert known
    model = params_model(known[0])
    fields = model.model_fields if model else {}
    wire = {str(field.serialization_alias or field_name) for field_name, field in fields.items()}
    names = {OTHER_NAMES.get((name, parameter), wire_name(parameter)) for parameter in parameters}
    assert names - {None} <= wire


# --- account ---


def test_an_api_key_is_stored_by_the_server_until_the_logout(scripted_codex: ScriptedCodexFactory) -> None:
    setup = scripted_codex(
        "x", extra_config={"model_providers": {"scripted": {"requires_openai_auth": True}}}
    )
    with Codex(setup.config) as codex:
        assert codex.account.read().account is None
        with pytest.raises(ValueError, match="empty"):
            codex.account.login_api_key(" ")
        codex.account.login_api_key("sk-of-the-test")
        account = codex.account.read(refresh_token=True).account
        assert account is not None
        assert account.type == "apiKey"
        assert "sk-of-the-test" in (setup.home / "auth.json").read_text()
        codex.account.logout()
        assert codex.account.read().account is None
        assert not (setup.home / "auth.json").exists()


def test_limits_and_usage_are_for_chatgpt_accounts(scripted_codex: ScriptedCodexFactory) -> None:
    with Codex(scripted_codex("x").config) as codex:
        with pytest.raises(InvalidRequestError, match="authentication required"):
            codex.account.rate_limits()
        with pytest.raises(InvalidRequestError, match="authentication required"):
            codex.account.usage()


@pytest.mark.anyio
async def test_the_account_can_be_awaited(scripted_codex: ScriptedCodexFactory) -> None:
    setup = scripted_codex(
        "x", extra_config={"model_providers": {"scripted": {"requires_openai_auth": True}}}
    )
    async with AsyncCodex(setup.config) as codex:
        await codex.account.login_api_key("sk-of-the-test")
        account = (await codex.account.read()).account
        assert account is not None
        assert account.type == "apiKey"
        await codex.account.logout()
        for refused in (codex.account.rate_limits, codex.account.usage):
            with pytest.raises(InvalidRequestError, match="authentication required"):
                await refused()


CHATGPT = {"type": "chatgpt", "loginId": "login-1", "authUrl": "https://example.com/authorize"}
DEVICE = {
    "type": "chatgptDeviceCode",
    "loginId": "login-1",
    "userCode": "ABCD-1234",
    "verificationUrl": "https://example.com/device",
}
OF_ANOTHER = {"loginId": "login-0", "success": False, "error": "not this one"}
SUCCESS = {"loginId": "login-1", "success": True, "error": None}
FAILURE = {"loginId": "login-1", "success": False, "error": "denied"}


def login(
    answer: dict[str, Any], *after: dict[str, Any], before: Iterable[dict[str, Any]] = ()
) -> list[steps.Step]:
    """Return the steps of a login, with the notifications before and after its answer."""
    return [
        *steps.handshake(),
        steps.expect("account/login/start", save_as="login"),
        *(steps.notify("account/login/completed", params) for params in before),
        steps.reply(answer, to="login"),
        *(steps.notify("account/login/completed", params) for params in after),
        steps.hang(),
    ]


def test_a_login_in_the_browser_is_waited_for(fake_codex: FakeServerFactory) -> None:
    server = fake_codex(login(CHATGPT, OF_ANOTHER, SUCCESS))
    with Codex(server.config) as codex:
        handle = codex.account.login_chatgpt()
        assert (handle.login_id, handle.auth_url) == ("login-1", "https://example.com/authorize")
        assert repr(handle) == "LoginHandle(login_id='login-1')"
        handle.wait()
        handle.wait(timeout_s=1)
        assert codex._engine._listeners == ()


def test_a_login_that_nobody_has_any_more_is_forgotten(fake_codex: FakeServerFactory) -> None:
    with Codex(fake_codex(login(CHATGPT)).config) as codex:
        handle = codex.account.login_chatgpt()
        assert len(codex._engine._listeners) == 1
        del handle
        assert codex._engine._listeners == ()


def test_a_login_with_a_device_code_that_ends_before_it_is_known_fails(fake_codex: FakeServerFactory) -> None:
    with Codex(fake_codex(login(DEVICE, before=[OF_ANOTHER, FAILURE])).config) as codex:
        handle = codex.account.login_device_code()
        assert (handle.verification_url, handle.user_code) == ("https://example.com/device", "ABCD-1234")
        with pytest.raises(LoginFailedError, match="denied") as caught:
            handle.wait()
    assert (caught.value.login_id, caught.value.reason) == ("login-1", "denied")


@pytest.mark.anyio
async def test_logins_can_be_awaited(fake_codex: FakeServerFactory) -> None:
    async with AsyncCodex(fake_codex(login(CHATGPT, SUCCESS)).config) as codex:
        handle = await codex.account.login_chatgpt()
        assert handle.auth_url == "https://example.com/authorize"
        await handle.wait()
    async with AsyncCodex(fake_codex(login(DEVICE, FAILURE)).config) as codex:
        code = await codex.account.login_device_code()
        assert code.user_code == "ABCD-1234"
        with pytest.raises(LoginFailedError, match="denied"):
            await code.wait(timeout_s=10)


def cancelled_login() -> list[steps.Step]:
    return [
        *steps.handshake(),
        steps.expect("account/login/start"),
        steps.reply(CHATGPT),
        steps.expect("account/login/cancel", save_as="cancel"),
        steps.reply({"status": "canceled"}),
        steps.notify("account/login/completed", {**FAILURE, "loginId": "{cancel.params.loginId}"}),
        steps.hang(),
    ]


def test_a_login_that_takes_too_long_can_be_cancelled(fake_codex: FakeServerFactory) -> None:
    with Codex(fake_codex(cancelled_login()).config) as codex:
        handle = codex.account.login_chatgpt()
        with pytest.raises(RequestTimeoutError, match=r"within 0\.01 s"):
            handle.wait(timeout_s=0.01)
        handle.cancel()
        with pytest.raises(LoginFailedError):
            handle.wait()


@pytest.mark.anyio
async def test_an_awaited_login_that_takes_too_long_can_be_cancelled(fake_codex: FakeServerFactory) -> None:
    async with AsyncCodex(fake_codex(cancelled_login()).config) as codex:
        handle = await codex.account.login_chatgpt()
        with pytest.raises(RequestTimeoutError, match=r"within 0\.01 s"):
            await handle.wait(timeout_s=0.01)
        await handle.cancel()
        with pytest.raises(LoginFailedError):
            await handle.wait()


def test_a_login_ends_with_the_server(fake_codex: FakeServerFactory) -> None:
    scenario = [*login(CHATGPT)[:-1], steps.barrier("dies"), steps.exit_with(3)]
    server = fake_codex(scenario)
    with Codex(server.config) as codex:
        handle = codex.account.login_chatgpt()
        server.release("dies")
        with pytest.raises(ProcessExitedError):
            handle.wait()


def test_a_login_that_is_refused_or_answered_with_something_else_leaves_no_listener(
    fake_codex: FakeServerFactory,
) -> None:
    refused = [
        *steps.handshake(),
        steps.expect("account/login/start"),
        steps.reply_error(-32603, "no network"),
    ]
    server = fake_codex(
        [*refused, steps.expect("account/login/start"), steps.reply({"type": "apiKey"}), steps.hang()]
    )
    with Codex(server.config) as codex:
        with pytest.raises(InternalRpcError, match="no network"):
            codex.account.login_device_code()
        with pytest.raises(RemoteProtocolError, match="ApiKeyLoginAccountResponse"):
            codex.account.login_chatgpt()
        assert codex._engine._listeners == ()


def test_an_api_key_is_in_no_error(fake_codex: FakeServerFactory) -> None:
    scenario = [
        *steps.handshake(),
        steps.expect("account/login/start"),
        steps.reply({"type": 7}),
        steps.hang(),
    ]
    with Codex(fake_codex(scenario).config) as codex, pytest.raises(RemoteProtocolError) as caught:
        codex.account.login_api_key("sk-of-the-test")
    assert "sk-of-the-test" not in f"{caught.value!r} {caught.value}"


# --- configuration and skills ---


def test_the_configuration_is_read_and_written(scripted_codex: ScriptedCodexFactory, tmp_path: Path) -> None:
    setup = scripted_codex("x")
    with Codex(setup.config) as codex:
        read = codex.config.read(cwd=tmp_path, include_layers=True)
        assert read.config.model == "mock-model"
        assert read.layers
        written = codex.config.write_value("model", "gpt-5")
        assert written.file_path == str(setup.home / "config.toml")
        with pytest.raises(InvalidRequestError, match="modified"):
            codex.config.write_value("model", "gpt-6", expected_version="sha256:0")
        codex.config.batch_write(
            {"model": None, "tools.view_image": True},
            merge_strategy="upsert",
            expected_version=written.version,
            reload_user_config=True,
        )
        text = (setup.home / "config.toml").read_text()
        assert "gpt-5" not in text
        assert "view_image = true" in text
        assert codex.config.requirements().requirements is None
        assert ":read-only" in [profile.id for profile in codex.config.permission_profiles(cwd=tmp_path)]
        features = {feature.name: feature.enabled for feature in codex.config.features()}
        assert features["shell_snapshot"] is False


@pytest.mark.anyio
async def test_the_configuration_can_be_awaited(scripted_codex: ScriptedCodexFactory) -> None:
    async with AsyncCodex(scripted_codex("x").config) as codex:
        await codex.config.write_value("model", "gpt-5")
        await codex.config.batch_write({"model_reasoning_effort": "high"})
        config = (await codex.config.read()).config
        assert (config.model, config.model_reasoning_effort) == ("gpt-5", "high")
        assert (await codex.config.requirements()).requirements is None
        assert [profile.allowed for profile in await codex.config.permission_profiles()] == [True] * 3
        assert "shell_snapshot" in [feature.name for feature in await codex.config.features()]


def add_skill(folder: Path, name: str) -> Path:
    path = folder / name / "SKILL.md"
    path.parent.mkdir(parents=True)
    path.write_text(f"---\nname: {name}\ndescription: Does nothing.\n---\nNothing.\n")
    return path


def test_skills_are_listed_and_switched(scripted_codex: ScriptedCodexFactory, tmp_path: Path) -> None:
    setup = scripted_codex("x")
    path = add_skill(setup.home / "skills", "idle")
    extra = add_skill(tmp_path, "extra")
    with Codex(setup.config) as codex:

        def listed() -> dict[str, bool]:
            (entry,) = codex.skills.list(cwds=[setup.workspace], force_reload=True)
            assert entry.errors == []
            return {skill.name: skill.enabled for skill in entry.skills}

        assert listed() == {"idle": True}
        assert codex.skills.set_enabled("idle", enabled=False) is False
        assert listed() == {"idle": False}
        assert codex.skills.set_enabled(path=path, enabled=True) is True
        codex.skills.set_extra_roots([extra.parents[1]])
        assert "extra" in listed()
        with pytest.raises(ValueError, match="either the name or the path"):
            codex.skills.set_enabled("idle", path=path, enabled=True)


@pytest.mark.anyio
async def test_skills_can_be_awaited(scripted_codex: ScriptedCodexFactory) -> None:
    setup = scripted_codex("x")
    add_skill(setup.home / "skills", "idle")
    async with AsyncCodex(setup.config) as codex:
        await codex.skills.set_extra_roots([])
        assert await codex.skills.set_enabled("idle", enabled=False) is False
        (entry,) = await codex.skills.list()
        assert [(skill.name, skill.enabled) for skill in entry.skills] == [("idle", False)]


# --- MCP servers ---

MCP_SERVER = textwrap.dedent("""
    import json, sys
    tool = {"name": "add", "description": "Adds.", "inputSchema": {"type": "object"}}
    for line in sys.stdin:
        message = json.loads(line)
        if "id" not in message:
            continue
        method, params = message["method"], message.get("params") or {}
        if method == "initialize":
            result = {"protocolVersion": params["protocolVersion"], "capabilities": {"tools": {}, "resources": {}},
                      "serverInfo": {"name": "sums", "version": "1"}}
        elif method == "tools/list":
            result = {"tools": [tool]}
        elif method == "tools/call":
            numbers = params["arguments"]
            result = {"content": [{"type": "text", "text": str(numbers["a"] + numbers["b"])}], "isError": False}
        elif method == "resources/list":
            result = {"resources": [{"name": "pi", "uri": "sums://pi"}]}
        elif method == "resources/read":
            result = {"contents": [{"uri": params["uri"], "text": "3.14"}]}
        else:
            result = {"resourceTemplates": []}
        print(json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": result}), flush=True)
""")


def mcp_config() -> dict[str, Any]:
    server = {"command": sys.executable, "args": ["-I", "-S", "-c", MCP_SERVER], "startup_timeout_sec": 30}
    return {"mcp_servers": {"sums": server}}


def test_mcp_servers_are_listed_called_and_read(scripted_codex: ScriptedCodexFactory) -> None:
    with Codex(scripted_codex("x", extra_config=mcp_config()).config) as codex:
        (status,) = codex.mcp.servers(detail="full")
        assert (status.name, list(status.tools), [resource.uri for resource in status.resources]) == (
            "sums",
            ["add"],
            ["sums://pi"],
        )
        thread_id = codex.thread_start(ephemeral=True).id
        result = codex.mcp.call_tool("sums", "add", {"a": 2, "b": 3}, thread_id=thread_id, timeout_s=60)
        assert (result.content, result.is_error) == ([{"type": "text", "text": "5"}], False)
        read = codex.mcp.read_resource("sums", "sums://pi", thread_id=thread_id)
        assert [getattr(content, "text", None) for content in read.contents] == ["3.14"]
        assert codex.mcp.servers(server_name="sums", thread_id=thread_id)[0].name == "sums"
        codex.mcp.reload()
        with pytest.raises(InvalidRequestError, match="'nobody'"):
            codex.mcp.login("nobody")


@pytest.mark.anyio
async def test_mcp_servers_can_be_awaited(scripted_codex: ScriptedCodexFactory) -> None:
    async with AsyncCodex(scripted_codex("x", extra_config=mcp_config()).config) as codex:
        (status,) = await codex.mcp.servers(detail="toolsAndAuthOnly")
        assert list(status.tools) == ["add"]
        thread_id = (await codex.thread_start(ephemeral=True)).id
        result = await codex.mcp.call_tool("sums", "add", {"a": 2, "b": 3}, thread_id=thread_id)
        assert result.content == [{"type": "text", "text": "5"}]
        assert len((await codex.mcp.read_resource("sums", "sums://pi")).contents) == 1
        await codex.mcp.reload()
        with pytest.raises(InvalidRequestError, match="'nobody'"):
            await codex.mcp.login("nobody", scopes=["all"])


MCP_ENDS = [
    {"name": "other", "success": False, "error": "not this one"},
    {"name": "sums", "loginId": "login-0", "success": False, "error": "an earlier one"},
    {"name": "sums", "loginId": "login-1", "success": True},
]


def mcp_login(ends: list[dict[str, Any]]) -> list[steps.Step]:
    return [
        *steps.handshake(),
        steps.expect("mcpServer/oauth/login"),
        steps.reply({"authorizationUrl": "https://example.com/authorize", "loginId": "login-1"}),
        *(steps.notify("mcpServer/oauthLogin/completed", end) for end in ends),
        steps.hang(),
    ]


def test_a_login_to_an_mcp_server_is_waited_for(fake_codex: FakeServerFactory) -> None:
    with Codex(fake_codex(mcp_login(MCP_ENDS)).config) as codex:
        handle = codex.mcp.login("sums", scopes=["all"])
        assert (handle.name, handle.authorization_url) == ("sums", "https://example.com/authorize")
        handle.wait(timeout_s=30)
    # Older servers do not say which login it was.
    with Codex(fake_codex(mcp_login([{"name": "sums", "success": False}])).config) as codex:
        with pytest.raises(LoginFailedError, match="does not say why"):
            codex.mcp.login("sums").wait()


@pytest.mark.anyio
async def test_a_login_to_an_mcp_server_can_be_awaited(fake_codex: FakeServerFactory) -> None:
    async with AsyncCodex(fake_codex(mcp_login(MCP_ENDS)).config) as codex:
        handle = await codex.mcp.login("sums")
        assert handle.login_id == "login-1"
        await handle.wait()


# --- files ---


def test_files_are_written_read_and_removed(scripted_codex: ScriptedCodexFactory, tmp_path: Path) -> None:
    with Codex(scripted_codex("x").config) as codex:
        fs = codex.fs
        fs.create_directory(tmp_path / "a/b")
        fs.write_file(tmp_path / "a/b/bytes", b"\x00\xff")
        fs.write_file(str(tmp_path / "a/text"), "w\u00f6rld")
        assert fs.read_file(tmp_path / "a/b/bytes") == b"\x00\xff"
        assert (tmp_path / "a/text").read_text(encoding="utf-8") == "w\u00f6rld"
        entries = sorted((entry.file_name, entry.is_directory) for entry in fs.read_directory(tmp_path / "a"))
        assert entries == [("b", True), ("text", False)]
        assert fs.get_metadata(tmp_path / "a/text").is_file
        fs.copy(tmp_path / "a", tmp_path / "c", recursive=True)
        assert [found.path for found in fs.search("byt", roots=[tmp_path / "c"])] == ["b/bytes"]
        fs.remove(tmp_path / "c/text")
        with pytest.raises(InternalRpcError):
            fs.remove(tmp_path / "c")
        fs.remove(tmp_path / "c", recursive=True)
        fs.remove(tmp_path / "c", force=True)
        assert not (tmp_path / "c").exists()
        with pytest.raises(InternalRpcError, match="No such file"):
            fs.read_file(tmp_path / "c/text")
        with pytest.raises(ValueError, match="'text' is relative"):
            fs.read_file("text")


@pytest.mark.anyio
async def test_files_can_be_awaited(scripted_codex: ScriptedCodexFactory, tmp_path: Path) -> None:
    async with AsyncCodex(scripted_codex("x").config) as codex:
        fs = codex.fs
        await fs.create_directory(tmp_path / "a", recursive=False)
        await fs.write_file(tmp_path / "a/text", "hello")
        await fs.copy(tmp_path / "a/text", tmp_path / "a/copy")
        assert await fs.read_file(tmp_path / "a/copy") == b"hello"
        assert len(await fs.read_directory(tmp_path / "a")) == 2
        assert (await fs.get_metadata(tmp_path / "a")).is_directory
        assert [found.path for found in await fs.search("cop", roots=[tmp_path])] == ["a/copy"]
        await fs.remove(tmp_path / "a", recursive=True)
        assert not (tmp_path / "a").exists()


def test_a_watched_folder_tells_of_its_changes(scripted_codex: ScriptedCodexFactory, tmp_path: Path) -> None:
    with Codex(scripted_codex("x").config) as codex:
        with codex.fs.watch(tmp_path) as watch, codex.fs.watch(tmp_path / "other"):
            assert watch.path == str(tmp_path)
            (tmp_path / "new").write_text("x")
            assert next(watch) == [str(tmp_path / "new")]
        assert list(watch) == []
        assert codex._engine._listeners == ()


@pytest.mark.anyio
async def test_watching_can_be_awaited(scripted_codex: ScriptedCodexFactory, tmp_path: Path) -> None:
    async with AsyncCodex(scripted_codex("x").config) as codex:
        watch = await codex.fs.watch(tmp_path)
        with anyio.move_on_after(0.01):
            await watch.__anext__()
        async with watch:
            (tmp_path / "new").write_text("x")
            async for paths in watch:
                assert paths == [str(tmp_path / "new")]
                break
        assert [paths async for paths in watch] == []


def test_a_watch_that_is_refused_leaves_no_listener(fake_codex: FakeServerFactory, tmp_path: Path) -> None:
    scenario = [
        *steps.handshake(),
        steps.expect("fs/watch"),
        steps.reply_error(-32603, "too many"),
        steps.hang(),
    ]
    with Codex(fake_codex(scenario).config) as codex:
        with pytest.raises(InternalRpcError, match="too many"):
            codex.fs.watch(tmp_path)
        assert codex._engine._listeners == ()


def test_closing_a_watch_wakes_who_reads_it(fake_codex: FakeServerFactory, tmp_path: Path) -> None:
    scenario = [
        *steps.handshake(),
        steps.expect("fs/watch"),
        steps.reply({"path": "/x"}),
        steps.expect("fs/unwatch"),
    ]
    with Codex(fake_codex([*scenario, steps.reply({}), steps.hang()]).config) as codex:
        watch = codex.fs.watch(tmp_path)
        seen: list[list[str]] = []
        reader = threading.Thread(target=lambda: seen.extend(watch))
        reader.start()
        watch.close()
        reader.join()
    assert seen == []


def test_a_watch_that_was_dropped_is_ended(fake_codex: FakeServerFactory, tmp_path: Path) -> None:
    scenario = [
        *steps.handshake(),
        steps.expect("fs/watch"),
        steps.reply({"path": "/x"}),
        steps.expect("fs/unwatch"),
    ]
    server = fake_codex(
        [
            *scenario,
            steps.reply({}),
            steps.expect("account/read"),
            steps.reply({"requiresOpenaiAuth": True}),
            steps.hang(),
        ]
    )
    with Codex(server.config) as codex:
        codex.fs.watch(tmp_path)
        assert codex.account.read().requires_openai_auth


# --- commands ---


def test_a_command_gives_its_output_and_exit_code(
    scripted_codex: ScriptedCodexFactory, tmp_path: Path
) -> None:
    with Codex(scripted_codex("x").config) as codex:
        script = 'echo "$WORD in $PWD"; echo problem >&2; exit 3'
        result = codex.commands.run(["sh", "-c", script], cwd=tmp_path, env={"WORD": "hello", "HOME": None})
        assert (result.exit_code, result.stdout, result.stderr) == (3, f"hello in {tmp_path}\n", "problem\n")
        assert codex.commands.run(["sleep", "60"], timeout_s=0.05).exit_code == 124
        assert codex.commands.run(["echo", "hello"], output_bytes_cap=2).stdout == "he"
        assert codex._engine._listeners == ()


def test_a_command_may_only_read_unless_told_otherwise(
    scripted_codex: ScriptedCodexFactory, tmp_path: Path
) -> None:
    setup = scripted_codex("x", extra_config={"sandbox_mode": "danger-full-access"})
    with Codex(setup.config) as codex:
        assert codex.commands.run(["touch", "x"]).exit_code != 0
        assert codex.commands.run(["touch", "x"], permission_profile=":read-only").exit_code != 0
        assert codex.commands.run(["touch", "x"], sandbox="workspace-write").exit_code == 0
        assert codex.commands.run(["touch", "y"], sandbox={"type": "dangerFullAccess"}).exit_code == 0
    assert sorted(path.name for path in setup.workspace.iterdir()) == ["x", "y"]


OPTIONS: dict[str, Any] = {
    "cwd": None,
    "env": None,
    "sandbox": None,
    "permission_profile": None,
    "timeout_s": None,
    "output_bytes_cap": None,
}


@pytest.mark.parametrize(
    ("command", "options", "error", "message"),
    [
        ("ls -l", {}, TypeError, r"\['bash', '-c', 'ls -l'\]"),
        ([], {}, ValueError, "is empty"),
        (["ls"], {"sandbox": "none"}, ValueError, "no sandbox 'none'; there are read-only"),
        (["ls"], {"sandbox": "read-only", "permission_profile": "x"}, ValueError, "either a sandbox or"),
    ],
)
def test_a_command_that_makes_no_sense_is_not_sent(
    command: Any, options: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        exec_params(command, **{**OPTIONS, **options})


def test_a_running_command_is_written_to_and_read(scripted_codex: ScriptedCodexFactory) -> None:
    with Codex(scripted_codex("x").config) as codex:
        script = "read line; echo got $line; cat >&2"
        with codex.commands.start(["sh", "-c", script], timeout_s=60) as command:
            assert repr(command) == f"RunningCommand(process_id={command.process_id!r})"
            command.write("one\n")
            assert next(command) == CommandOutput("stdout", b"got one\n")
            command.write(b"\xff")
            assert next(command) == CommandOutput("stderr", b"\xff")
            command.close_stdin()
            assert list(command) == []
            assert command.wait().exit_code == 0
        with pytest.raises(InvalidRequestError, match="no active"):
            command.write("more")
        assert list(command) == []
        cut = codex.commands.start(["echo", "hello"], output_bytes_cap=2)
        assert (b"".join(piece.data for piece in cut), cut.wait().exit_code) == (b"he", 0)


def test_what_was_written_can_be_read_after_the_end(scripted_codex: ScriptedCodexFactory) -> None:
    with Codex(scripted_codex("x").config) as codex:
        command = codex.commands.start(["echo", "hello"])
        assert command.wait().exit_code == 0
        assert [piece.data for piece in command] == [b"hello\n"]


def test_leaving_a_running_command_ends_it(scripted_codex: ScriptedCodexFactory) -> None:
    with Codex(scripted_codex("x").config) as codex:
        with codex.commands.start(["sh", "-c", "echo up; exec sleep 293"]) as command:
            assert next(command).data == b"up\n"
        assert command.wait().exit_code == 137
        dropped = codex.commands.start(["sh", "-c", "echo up; exec sleep 293"])
        assert next(dropped).data == b"up\n"
        completion = dropped._command.completion
        del dropped
        assert completion.wait()["exitCode"] == 137


def test_a_command_that_is_left_before_it_was_sent_never_runs(
    scripted_codex: ScriptedCodexFactory, tmp_path: Path
) -> None:
    config = replace(scripted_codex("x").config, max_requests_in_flight=1)
    with Codex(config) as codex:
        start = partial(codex.commands.start, cwd=tmp_path, sandbox="danger-full-access")
        with start(["sh", "-c", "echo up; exec sleep 293"]) as running:
            assert next(running).data == b"up\n"
            closed, dropped = start(["touch", "closed"]), start(["touch", "dropped"])
            closed.close()
            del dropped
        assert start(["ls"]).wait().exit_code == 0
        assert list(tmp_path.iterdir()) == []


def test_a_running_command_ends_with_the_client(scripted_codex: ScriptedCodexFactory) -> None:
    with Codex(scripted_codex("x").config) as codex:
        command = codex.commands.start(["sleep", "293"])
    with pytest.raises(errors.ClientClosedError):
        next(command)
    with pytest.raises(errors.ClientClosedError):
        command.wait()
    command.close()


def test_a_command_that_the_server_refuses_raises(scripted_codex: ScriptedCodexFactory) -> None:
    with Codex(scripted_codex("x").config) as codex:
        with pytest.raises(InvalidParamsError):
            codex.commands.run(["ls"], sandbox={"type": "nonsense"})
        command = codex.commands.start(["ls"], sandbox={"type": "nonsense"})
        with pytest.raises(InvalidParamsError):
            command.wait()
        assert list(command) == []


@pytest.mark.anyio
async def test_commands_can_be_awaited(scripted_codex: ScriptedCodexFactory) -> None:
    async with AsyncCodex(scripted_codex("x").config) as codex:
        result = await codex.commands.run(["echo", "hello"], timeout_s=60)
        assert (result.exit_code, result.stdout) == (0, "hello\n")
        async with await codex.commands.start(["cat"]) as command:
            await command.write("hello")
            assert (await command.__anext__()).data == b"hello"
            await command.close_stdin()
            assert [piece async for piece in command] == []
            assert (await command.wait()).exit_code == 0


@pytest.mark.anyio
async def test_a_cancelled_wait_ends_the_command(
    scripted_codex: ScriptedCodexFactory, tmp_path: Path
) -> None:
    async with AsyncCodex(scripted_codex("x").config) as codex:
        running: list[psutil.Process] = []
        async with await codex.fs.watch(tmp_path) as watch, anyio.create_task_group() as tasks:
            script = "echo $$ > part; mv part pid; exec sleep 293"
            run = partial(codex.commands.run, cwd=tmp_path, sandbox="danger-full-access")
            tasks.start_soon(run, ["sh", "-c", script])
            while not (tmp_path / "pid").exists():
                await watch.__anext__()
            running.append(psutil.Process(int((tmp_path / "pid").read_text())))
            tasks.cancel_scope.cancel()
        gone, alive = await anyio.to_thread.run_sync(psutil.wait_procs, running, 10)
        assert (gone, alive) == (running, [])
