"""scripted_codex: everything a client needs to run the true app-server against a scripted model, offline."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
import threading
import time
import warnings
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

from codex_app_server.testing._json import copied
from codex_app_server.testing.model import ScriptedModel

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from codex_app_server.config import AppServerConfig
    from codex_app_server.json_types import JsonObject
    from codex_app_server.testing.script import ScriptLike

_PROVIDER = "scripted"
# Looked up on the true binary with all proxies pointing at a recorder: with these it calls nobody but the model.
# Goals, sub-agents and bundled skills only make requests longer; a shell snapshot starts some twenty processes for
# each thread. `extra_config` brings them back.
_QUIET: JsonObject = {
    "approval_policy": "never",
    "sandbox_mode": "read-only",
    "check_for_update_on_startup": False,
    "web_search": "disabled",
    "analytics": {"enabled": False},
    "feedback": {"enabled": False},
    "history": {"persistence": "none"},
    "skills": {"bundled": {"enabled": False}},
    "features": {
        "apps": False,
        "enable_request_compression": False,
        "goals": False,
        "multi_agent": False,
        "plugin_sharing": False,
        "plugins": False,
        "remote_plugin": False,
        "shell_snapshot": False,
        "unbounded_connection_retries": False,
    },
}
_REMOVAL_TIMEOUT_S = 3.0
_REMOVAL_RETRY_S = 0.02


@dataclass(frozen=True)
class ScriptedCodex:
    """What `scripted_codex` sets up.

    Attributes:
        model: The scripted endpoint.
        home: The temporary `CODEX_HOME`.
        workspace: The temporary working directory of the server.
        env: Environment variables for the server, on top of those of this process.
    """

    model: ScriptedModel
    home: Path
    workspace: Path
    env: Mapping[str, str]

    @property
    def config(self) -> AppServerConfig:
        """The configuration that launches a server here."""
        from codex_app_server.config import AppServerConfig  # noqa: PLC0415 - the kit stays light without it

        return AppServerConfig(env=self.env, cwd=str(self.workspace))


class ScriptedCodexFactory(Protocol):
    """The type of the pytest fixture `scripted_codex`; the arguments are those of the function."""

    def __call__(
        self,
        script: ScriptLike | ScriptedModel,
        *,
        model_name: str = "mock-model",
        extra_config: Mapping[str, object] | None = None,
        env: Mapping[str, str] | None = None,
        request_max_retries: int = 0,
        stream_max_retries: int = 0,
    ) -> ScriptedCodex:
        """Set up a scripted server that is cleaned up when the test ends."""
        ...


@contextmanager
def scripted_codex(
    script: ScriptLike | ScriptedModel,
    *,
    model_name: str = "mock-model",
    extra_config: Mapping[str, object] | None = None,
    env: Mapping[str, str] | None = None,
    request_max_retries: int = 0,
    stream_max_retries: int = 0,
) -> Generator[ScriptedCodex]:
    """Set up homes and a workspace for an app-server whose model is scripted; all are removed at the end.

    The server gets an empty home folder of its own too (`HOME`), so that no shell profile plays a part.

    Args:
        script: A script as `ScriptedModel` takes it, or a model; one that runs already is left running.
        model_name: The model in the configuration. Codex offers other tools to models that it knows.
        extra_config: Further configuration, merged over that of the kit, table by table.
        env: Further environment variables for the server.
        request_max_retries: How often codex repeats a request that failed, before the stream began.
        stream_max_retries: How often codex repeats a request whose stream was lost.

    Yields:
        The parts of the set-up; `.config` launches a server in it.

    Raises:
        ScriptError: The script cannot be used.
        TypeError: A value in `extra_config` has no TOML form.
    """
    model = script if isinstance(script, ScriptedModel) else ScriptedModel(script)
    config: JsonObject = {
        "model": model_name,
        "model_provider": _PROVIDER,
        **_QUIET,
    }
    provider: JsonObject = {
        "name": _PROVIDER,
        "wire_api": "responses",
        "requires_openai_auth": False,
        "request_max_retries": request_max_retries,
        "stream_max_retries": stream_max_retries,
    }
    root = Path(tempfile.mkdtemp(prefix="scripted-codex-")).resolve()
    try:
        with nullcontext(model) if model.is_running else model:
            provider["base_url"] = model.base_url
            config["model_providers"] = {_PROVIDER: provider}
            config = _merged(config, copied(extra_config or {}, what="extra_config"))
            home, workspace, user = root / "home", root / "workspace", root / "user"
            for folder in (home, workspace, user):
                folder.mkdir()
            (home / "config.toml").write_text(_toml(config), encoding="utf-8")
            yield ScriptedCodex(model, home, workspace, {**_environment(home, user), **(env or {})})
    finally:
        _remove_tree(root)


def _merged(base: JsonObject, extra: JsonObject) -> JsonObject:
    merged = dict(base)
    for key, value in extra.items():
        old = merged.get(key)
        merged[key] = (
            _merged(cast("JsonObject", old), cast("JsonObject", value))
            if isinstance(old, dict) and isinstance(value, dict)
            else value
        )
    return merged


def _toml(config: JsonObject) -> str:
    from codex_app_server.config import to_toml  # noqa: PLC0415 - the kit stays light without it

    return "".join(f"{to_toml(key)} = {to_toml(value)}\n" for key, value in config.items())


def _environment(home: Path, user: Path) -> dict[str, str]:
    # Codex honours the proxies of the environment; the way to the model must not lead over one.
    known = os.environ.get("NO_PROXY") or os.environ.get("no_proxy")
    direct = f"{known},127.0.0.1" if known else "127.0.0.1"
    # Codex runs commands in login shells: the profile of whoever runs the test must have no say, and may be slow.
    return {"CODEX_HOME": str(home), "HOME": str(user), "NO_PROXY": direct, "no_proxy": direct}


def _remove_tree(root: Path) -> None:
    # A server that is being ended may still write, and on Windows its open files cannot be removed.
    deadline = time.monotonic() + _REMOVAL_TIMEOUT_S
    pause = threading.Event()
    while True:
        shutil.rmtree(root, ignore_errors=True)
        if not root.exists():
            break
        if time.monotonic() > deadline:
            warnings.warn(
                f"{root} could not be removed: is a server running in it?", ResourceWarning, stacklevel=2
            )
            break
        pause.wait(_REMOVAL_RETRY_S)
    _removed.sweep()
    _removed.add(root)


class _Removed:
    """Folders that were removed, to be removed again: a server that outlives its set-up makes its home anew."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._roots: list[Path] = []

    def add(self, root: Path) -> None:
        with self._lock:
            if not self._roots:
                atexit.register(self.sweep)
            self._roots.append(root)

    def sweep(self) -> None:
        with self._lock:
            roots = list(self._roots)
        for root in roots:
            if root.exists():
                shutil.rmtree(root, ignore_errors=True)


_removed = _Removed()
