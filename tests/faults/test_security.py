"""S rows, first half: approvals, configuration, environment, tokens and sockets are safe unless somebody says otherwise."""

from __future__ import annotations

import logging
import os
import pickle
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from codex_app_server import (
    ApprovalRequested,
    AppServer,
    AppServerConfig,
    Codex,
    LaunchError,
    ToolFinished,
)
from codex_app_server.testing import (
    call,
)

if TYPE_CHECKING:
    from codex_app_server.testing import ScriptedCodexFactory


def test_s01_an_approval_is_declined_when_nobody_decides(
    scripted_codex: ScriptedCodexFactory, caplog: pytest.LogCaptureFixture
) -> None:
    setup = scripted_codex([[call("exec_command", cmd="touch forbidden")], "I was not allowed."])
    with Codex(setup.config) as codex, caplog.at_level(logging.WARNING, "codex_app_server"):
        thread = codex.thread_start(approval_policy="untrusted", sandbox="workspace-write")
        events = list(thread.turn("Touch it.").events())
        thread.run("Touch it.")
    (asked,) = [event for event in events if isinstance(event, ApprovalRequested)]
    assert (asked.request.approval_kind, asked.request.decision) == ("command", "decline")
    assert "touch forbidden" in (asked.request.command or "")
    (finished,) = [event for event in events if isinstance(event, ToolFinished)]
    assert (finished.tool_kind, finished.status, finished.is_error) == ("command", "declined", True)
    assert not (setup.workspace / "forbidden").exists()
    assert len([record for record in caplog.records if "declined" in record.message]) == 1


def test_s01_the_thread_is_read_only_unless_asked_otherwise(scripted_codex: ScriptedCodexFactory) -> None:
    with Codex(scripted_codex("fine", extra_config={"sandbox_mode": "danger-full-access"}).config) as codex:
        answer = codex.request_raw("thread/start", {})
        assert answer["sandbox"]["type"] == "dangerFullAccess"
        thread = codex.thread_start()
        assert (
            codex.request_raw("thread/resume", {"threadId": thread.run("x").thread_id})["sandbox"]["type"]
            == "readOnly"
        )
        open_thread = codex.thread_start(sandbox="workspace-write")
        opened = codex.request_raw("thread/resume", {"threadId": open_thread.run("x").thread_id})
        assert opened["sandbox"]["type"] == "workspaceWrite"


def test_s03_the_configuration_is_checked_when_it_is_made() -> None:
    with pytest.raises(ValueError, match="request_timeout_s must be positive"):
        AppServerConfig(request_timeout_s=0)
    with pytest.raises(ValueError, match="not a dotted key"):
        AppServerConfig(config_overrides={"a=b\nc": 1})
    with pytest.raises(ValueError, match="is empty"):
        AppServerConfig(launch_args_override=())
    with pytest.raises(TypeError, match="'NoneType'"):
        AppServerConfig(config_overrides={"model": None})
    with pytest.raises(TypeError, match="'PORT' must be a str, not 'int'"):
        AppServerConfig(env={"PORT": 8080})  # pyright: ignore[reportArgumentType]


VARIABLE = "CODEX_TEST_TOKEN"


def folder_of(server: AppServer) -> Path:
    assert server._server is not None
    assert server._server._folder is not None
    return server._server._folder


def test_s08_the_token_is_in_a_private_file_and_nowhere_else(
    scripted_codex: ScriptedCodexFactory, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG), AppServer(scripted_codex("x").config, listen="ws") as server:
        config = server.client_config
        assert config.token_file is not None
        path = Path(config.token_file)
        token = path.read_text()
        assert path.stat().st_mode & 0o777 == 0o600
        assert len(token) >= 32
        with Codex(config) as codex:
            codex.thread_start()
            shown = [repr(config), repr(server), repr(codex), repr(config.identity()), caplog.text]
        shown += Path(f"/proc/{server.pid}/cmdline").read_text().split("\0")
        shown += Path(f"/proc/{server.pid}/environ").read_text().split("\0")
        assert [text for text in shown if token in text] == []
        assert pickle.loads(pickle.dumps(config)) == config


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"url": "ws://example.com:1"}, "unencrypted connection to another machine.*allow_insecure_url=True"),
        ({"url": "ws://192.0.2.1:1"}, "unencrypted connection"),
        ({"url": "http://127.0.0.1:1"}, "is no address of an app-server; give 'ws://HOST:PORT'"),
        ({"url": "ws://"}, "is no address"),
        ({"url": "ws://127.0.0.1:1#x"}, "is no address"),
        ({"url": "ws://127.0.0.1:x"}, "cannot be parsed"),
        ({"url": "ws://127.0.0.1/a b"}, "must be encoded"),
        ({"url": "wss://b\u00fccher.example"}, "must be encoded"),
        ({"url": "unix://relative/path"}, "names no absolute path"),
        ({"url": "unix://"}, "names no absolute path"),
        ({"token_env": "X"}, "are for a server that url names"),
        ({"url": "unix:///x", "token_env": "X", "token_file": "x"}, "token_file or token_env, not both"),
        ({"url": "unix:///x", "ping_interval_s": 0}, "ping_interval_s must be positive"),
        ({"url": "unix:///x", "ping_timeout_s": -1}, "ping_timeout_s must be positive"),
        ({"url": "unix:///x", "codex_bin": "codex", "env": {"A": "b"}}, r"codex_bin, env cannot be given together"),
        ({"url": "unix:///x", "cwd": "/"}, "up to whoever starts it"),
        ({"url": "unix:///x", "config_overrides": {"model": "m"}}, "config_overrides cannot be given"),
        ({"url": "unix:///x", "launch_args_override": ("x",)}, "launch_args_override cannot be given"),
    ],
)  # fmt: skip
def test_s09_options_that_are_wrong_or_unsafe_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        AppServerConfig(**options)


def test_s09_a_password_in_a_url_is_refused_and_not_repeated() -> None:
    with pytest.raises(ValueError, match="must not hold a user name or a password") as caught:
        AppServerConfig(url="wss://user:secret@example.com")
    assert "secret" not in str(caught.value)


def test_s09_a_socket_that_others_could_have_made_is_not_used(
    scripted_codex: ScriptedCodexFactory, tmp_path: Path
) -> None:
    with AppServer(scripted_codex("x").config) as server:
        folder = folder_of(server)
        for mode in (0o770, 0o707):
            folder.chmod(mode)
            with pytest.raises(
                LaunchError, match=r"others may write to its directory.*chmod 700.*allow_insecure_url"
            ):
                Codex(server.client_config)
        with Codex(AppServerConfig(url=server.url, allow_insecure_url=True)) as codex:
            codex.thread_start()
        # As /tmp is: nobody can replace what is somebody else's.
        folder.chmod(0o1777)
        with Codex(server.client_config) as codex:
            codex.thread_start()
    (tmp_path / "file").touch()
    with pytest.raises(LaunchError, match="it is no socket"):
        Codex(AppServerConfig(url=f"unix://{tmp_path}/file"))


@pytest.mark.parametrize(
    "url",
    ["ws://localhost:1", "ws://127.3.2.1:1", "ws://[::1]:1", "wss://example.com", "unix:///run/codex/socket"],
)
def test_s09_safe_addresses_are_accepted(url: str) -> None:
    config = AppServerConfig(url=url, token_env=VARIABLE)
    assert config.identity() != AppServerConfig(url=url).identity()
    assert AppServerConfig(url="ws://192.0.2.1:1", allow_insecure_url=True).url == "ws://192.0.2.1:1"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make files of other users")
def test_s09_a_socket_of_another_user_is_not_used(tmp_path: Path) -> None:
    path = tmp_path / "socket"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        os.chown(path, 12345, -1)
        with pytest.raises(LaunchError, match=r"it belongs to another user \(uid 12345\)"):
            Codex(AppServerConfig(url=f"unix://{path}"))
        os.chown(path, 0, -1)
        os.chown(tmp_path, 12345, -1)
        with pytest.raises(LaunchError, match=r"its directory .* belongs to another user \(uid 12345\)"):
            Codex(AppServerConfig(url=f"unix://{path}"))
        os.chown(tmp_path, 0, -1)
