"""AppServerConfig: how to find, launch or reach, and greet an app-server. Reads nothing at import time."""

from __future__ import annotations

import logging
import os
import re
import shutil
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast

from codex_app_server._logs import about
from codex_app_server._version import __version__
from codex_app_server.errors import CodexNotFoundError, LaunchError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from codex_app_server.transport import Connector

__all__ = ["AppServerConfig"]

_log = logging.getLogger("codex_app_server")

_INSTALL_HINT = (
    "install the runtime with `pip install 'codex-app-server-sdk[runtime]'`, put a `codex` on PATH, "
    "or name one with AppServerConfig(codex_bin=...) or the environment variable CODEX_BIN"
)
_SHELL_POLICY = "shell_environment_policy"
# What a program needs to find its way: no secrets among them, save for what somebody has put into the url of a proxy.
_ALWAYS_INHERITED = frozenset({
    "PATH", "HOME", "USER", "LOGNAME", "SHELL", "TMPDIR", "TERM", "TZ", "LANG", "LANGUAGE", "CODEX_HOME",
    "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "all_proxy", "no_proxy",
    "SSL_CERT_FILE", "SSL_CERT_DIR", "SYSTEMROOT", "COMSPEC", "PATHEXT", "USERPROFILE", "APPDATA", "LOCALAPPDATA",
    "TEMP", "TMP",
})  # fmt: skip
# A dotted path of bare TOML keys: anything else could smuggle a second override into the value.
_CONFIG_KEY = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class AppServerConfig:
    """How to launch or reach, and greet an app-server; equal configurations may share one server.

    Attributes:
        codex_bin: Path or command name of the Codex binary. When None: the environment variable
            `CODEX_BIN`, then the installed runtime package, then `codex` on PATH.
        launch_args_override: The whole command line, for a wrapper or a stand-in; nothing is
            added to it and `codex_bin` and `config_overrides` are not used.
        config_overrides: Codex configuration by dotted key (`{"model": "gpt-5"}`); values are
            encoded as TOML by this package. It is visible in the process list: no secrets here.
        cwd: Working directory of the server; None is that of this process.
        env: Environment variables for the server, on top of those that it inherits.
        inherit_env: Names of the variables that the server inherits from this process, besides the path, home,
            locale, proxies and folder of Codex; the commands of the agent get those alone, and none that only `env`
            has. None lets it inherit all of them, as it does on the command line.
        client_name: How this program introduces itself (`clientInfo.name`).
        client_title: A title for people (`clientInfo.title`).
        client_version: Its version (`clientInfo.version`).
        experimental_api: Opt in to experimental methods and fields; Python tools need it.
        opt_out_notifications: Exact method names of notifications that the server shall not send.
        start_timeout_s: Seconds until the server must have answered `initialize`.
        request_timeout_s: Seconds until a request must be answered, from when it was written.
        max_requests_in_flight: Requests that may be unanswered at once; further ones queue here.
            The server loses requests when it is given thousands. Running commands (`codex.commands`) and
            calls of MCP tools are counted by themselves, since their answers come when they are done.
        max_overload_retries: How often a request is sent again that the server did not accept because of
            overload, after a growing, random delay.
        turn_silence_limit_s: Seconds without a sign of a running turn after which it is interrupted and
            ends with `TurnStalledError`; a turn that waits for an answer of this program does not count.
            None sets no limit.
        restart_on_use: Start the server again when it has died and is used; threads are resumed when
            they are used. No turn is run again by that. Otherwise `restart` does it.
        image_fetch: Whether http(s) URLs of images, which the server refuses, are fetched by this client:
            `"public"` from public addresses, `"any"` also from private ones, `"never"`.
        close_timeout_s: Seconds that the server gets to end by itself when the client is closed;
            it is terminated after that, then killed.
        max_message_bytes: Longest message that is accepted from the server.
        url: Address of a server that runs already, to connect to instead of launching one: `ws://HOST:PORT`,
            `wss://HOST[:PORT]` or `unix:///PATH` (what `codex app-server --listen` takes). It needs the extra
            `websocket` of this package. Proxies are not used.
        token_file: File with the token for that server; it is read at each connect.
        token_env: Name of the environment variable of this process that holds the token, instead of a file.
        allow_insecure_url: Accept an unencrypted `ws://` to another machine, where anybody on the way reads and
            changes what is sent, and a Unix socket that another user may have put there.
        ping_interval_s: Seconds between the pings that tell whether the server at `url` is still there.
        ping_timeout_s: Seconds that it gets to answer one; then the connection counts as lost.
        reconnect_timeout_s: Seconds for which a lost connection to the server at `url` is tried to be made
            again; turns go on there in the meantime, and are followed from where they are then. 0 ends
            them with `ConnectionLostError` at once.
        connector: Makes the transport to the server, in place of launching one or of a `url`: for packages that
            carry its messages over a way of their own; see `codex_app_server.transport`. Whether a lost transport
            is made again is up to it.

    Raises:
        ValueError: A limit is not positive, a config key is not a dotted key, `url` is no address or not a safe
            one, or options do not go together.
        TypeError: A config value has no TOML form, or an environment variable is no str.
    """

    codex_bin: str | os.PathLike[str] | None = None
    launch_args_override: tuple[str, ...] | None = None
    config_overrides: Mapping[str, object] = field(default_factory=dict[str, object])
    cwd: str | os.PathLike[str] | None = None
    # May hold secrets, so it stays out of the repr.
    env: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    inherit_env: tuple[str, ...] | None = None
    client_name: str = "codex_app_server_sdk"
    client_title: str = "Codex app-server SDK for Python"
    client_version: str = __version__
    experimental_api: bool = True
    opt_out_notifications: tuple[str, ...] = ()
    start_timeout_s: float = 30.0
    request_timeout_s: float = 60.0
    max_requests_in_flight: int = 64
    max_overload_retries: int = 5
    turn_silence_limit_s: float | None = None
    restart_on_use: bool = False
    image_fetch: Literal["public", "any", "never"] = "public"
    close_timeout_s: float = 2.0
    max_message_bytes: int = 64 * 1024 * 1024
    url: str | None = None
    token_file: str | os.PathLike[str] | None = None
    token_env: str | None = None
    allow_insecure_url: bool = False
    ping_interval_s: float = 20.0
    ping_timeout_s: float = 20.0
    reconnect_timeout_s: float = 30.0
    connector: Connector | None = None

    def __post_init__(self) -> None:
        for name in (
            "start_timeout_s",
            "request_timeout_s",
            "close_timeout_s",
            "max_requests_in_flight",
            "max_message_bytes",
            "ping_interval_s",
            "ping_timeout_s",
        ):
            if not getattr(self, name) > 0:
                raise ValueError(f"AppServerConfig.{name} must be positive, not {getattr(self, name)!r}")
        if self.turn_silence_limit_s is not None and not self.turn_silence_limit_s > 0:
            raise ValueError("AppServerConfig.turn_silence_limit_s must be positive or None")
        if self.reconnect_timeout_s < 0:
            raise ValueError("AppServerConfig.reconnect_timeout_s must not be negative")
        if self.max_overload_retries < 0:
            raise ValueError("AppServerConfig.max_overload_retries must not be negative")
        if self.image_fetch not in {"public", "any", "never"}:
            raise ValueError(
                f"AppServerConfig.image_fetch is 'public', 'any' or 'never', not {self.image_fetch!r}"
            )
        for key, value in self.config_overrides.items():
            if not _CONFIG_KEY.fullmatch(key):
                raise ValueError(
                    f"config key {key!r} is not a dotted key such as 'model' or 'tools.web_search'"
                )
            # What has no TOML form is to fail here, and not when the server is launched.
            to_toml(value)
        for name, value in self.env.items():
            if not isinstance(cast("object", value), str):
                raise TypeError(f"environment variable {name!r} must be a str, not {type(value).__name__!r}")
        # A single name would be taken for a name of each letter.
        if isinstance(cast("object", self.inherit_env), str):
            raise TypeError("AppServerConfig.inherit_env must be a tuple of names, not a str")
        if self.launch_args_override is not None and not self.launch_args_override:
            raise ValueError(
                "AppServerConfig.launch_args_override is empty: give the whole command line or None"
            )
        self._check_url()
        self._check_connector()

    def _check_connector(self) -> None:
        if self.connector is not None and self.url is not None:
            raise ValueError("give AppServerConfig.url or connector, not both")
        if self.connector is not None and not callable(self.connector):
            raise TypeError(
                f"AppServerConfig.connector must be callable, not {type(self.connector).__name__!r}: see "
                "codex_app_server.transport"
            )

    @property
    def is_reached(self) -> bool:
        """Whether the server is reached (`url`, `connector`) and not launched here: it may have other files."""
        return self.url is not None or self.connector is not None

    @property
    def is_shared(self) -> bool:
        """Whether the server may have other clients, who are asked the same questions.

        One at a `url` may; that of a connector has others if it says so.
        """
        return self.url is not None or bool(getattr(self.connector, "is_shared", False))

    def _check_url(self) -> None:
        if self.token_file is not None and self.token_env is not None:
            raise ValueError("give AppServerConfig.token_file or token_env, not both")
        if self.url is None:
            if self.token_file is not None or self.token_env is not None:
                raise ValueError("AppServerConfig.token_file and token_env are for a server that url names")
            return
        from codex_app_server._endpoint import parse_endpoint  # noqa: PLC0415 - only with a url

        endpoint = parse_endpoint(self.url)
        defaults: dict[str, object] = {
            "codex_bin": None,
            "launch_args_override": None,
            "config_overrides": {},
            "cwd": None,
            "env": {},
            "inherit_env": None,
        }
        given = [name for name, default in defaults.items() if getattr(self, name) != default]
        if given:
            raise ValueError(
                f"AppServerConfig.{', '.join(given)} cannot be given together with url: the server runs already, and "
                "how it is launched is up to whoever starts it"
            )
        if endpoint.scheme == "ws" and not endpoint.is_loopback and not self.allow_insecure_url:
            raise ValueError(
                f"AppServerConfig.url {endpoint.shown!r} is an unencrypted connection to another machine: use wss:// or "
                "an SSH tunnel, or accept it with allow_insecure_url=True"
            )

    def argv(self) -> list[str]:
        """Return the command line that starts the server.

        Raises:
            CodexNotFoundError: There is no binary; the message says how to get one.
            LaunchError: What was named is not an executable file.
        """
        if self.launch_args_override is not None:
            return list(self.launch_args_override)
        argv = [str(find_codex(self.codex_bin)), "app-server"]
        if self.inherit_env is not None and not any(_is_shell_policy(key) for key in self.config_overrides):
            argv += ["-c", f"{_SHELL_POLICY}.include_only={to_toml(sorted(self._inherited()))}"]
        for key, value in self.config_overrides.items():
            argv += ["-c", f"{key}={to_toml(value)}"]
        return argv

    def environment(self) -> dict[str, str]:
        """Return the environment that the server is started with."""
        if self.inherit_env is None:
            return {**os.environ, **self.env}
        allowed = self._inherited()
        return {**{name: value for name, value in os.environ.items() if name in allowed}, **self.env}

    def _inherited(self) -> set[str]:
        named: set[str] = {*_ALWAYS_INHERITED, *(self.inherit_env or ())}
        return named | {name for name in os.environ if name.startswith("LC_")}

    def identity(self) -> tuple[object, ...]:
        """Return a hashable key: configurations with the same key can share one server."""
        return (
            None if self.codex_bin is None else os.fspath(self.codex_bin),
            self.launch_args_override,
            tuple(sorted((key, to_toml(value)) for key, value in self.config_overrides.items())),
            None if self.cwd is None else os.fspath(self.cwd),
            tuple(sorted(self.env.items())),
            self.inherit_env,
            self.client_name,
            self.client_title,
            self.client_version,
            self.experimental_api,
            self.opt_out_notifications,
            self.start_timeout_s,
            self.request_timeout_s,
            self.max_requests_in_flight,
            self.max_overload_retries,
            self.turn_silence_limit_s,
            self.restart_on_use,
            self.image_fetch,
            self.reconnect_timeout_s,
            self.close_timeout_s,
            self.max_message_bytes,
            self.url,
            None if self.token_file is None else os.fspath(self.token_file),
            self.token_env,
            self.allow_insecure_url,
            self.ping_interval_s,
            self.ping_timeout_s,
            self.connector,
        )


def _is_shell_policy(key: str) -> bool:
    return key == _SHELL_POLICY or key.startswith(f"{_SHELL_POLICY}.")


def find_codex(codex_bin: str | os.PathLike[str] | None = None) -> Path:
    """Return the Codex binary to run: the argument, `CODEX_BIN`, the runtime package, PATH.

    Raises:
        CodexNotFoundError: There is none; the message says how to get one.
        LaunchError: What was named is not an executable file.
    """
    if codex_bin is not None:
        return _executable(os.fspath(codex_bin), "AppServerConfig(codex_bin=...)")
    from_env = os.environ.get("CODEX_BIN")
    if from_env:
        return _executable(from_env, "the environment variable CODEX_BIN")
    try:
        from codex_cli_bin import bundled_codex_path  # noqa: PLC0415 - an optional dependency
    except ImportError:
        pass
    else:
        try:
            return _looked_at(Path(bundled_codex_path()))
        except FileNotFoundError as exc:
            raise CodexNotFoundError(f"the runtime package is damaged ({exc}); {_INSTALL_HINT}") from exc
    on_path = shutil.which("codex")
    if on_path is None:
        raise CodexNotFoundError(f"no Codex binary was found: {_INSTALL_HINT}")
    return _looked_at(Path(on_path))


def _executable(named: str, source: str) -> Path:
    """Resolve what a user named: a command on PATH or a path, absolute from here on."""
    found = shutil.which(named)
    if found is not None:
        return _looked_at(Path(found))
    path = Path(named).expanduser()
    if not path.exists():
        raise CodexNotFoundError(f"{source} names {named!r}, which does not exist; {_INSTALL_HINT}")
    if not path.is_file() or not os.access(path, os.X_OK):
        raise LaunchError(f"{source} names {named!r}, which is not an executable file")
    return _looked_at(path)


def _looked_at(path: Path) -> Path:
    """Return the path, absolute and without links; warn of a program that somebody else could have put there."""
    found = path.resolve()
    if os.name == "posix" and any(_is_open_to_all(place) for place in (found, found.parent)):
        _log.warning(
            "anybody on this machine may replace the Codex binary %s: mind who may write there",
            found,
            extra=about(),
        )
    return found


def _is_open_to_all(path: Path) -> bool:
    mode = path.stat().st_mode
    # In a folder like /tmp nobody may replace what is somebody else's.
    return bool(mode & stat.S_IWOTH) and not mode & stat.S_ISVTX


def to_toml(value: object) -> str:
    """Encode a JSON value as an inline TOML value, safe as one command-line token.

    Raises:
        TypeError: TOML has no such value (None among them).
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, str):
        return _toml_string(value)
    if isinstance(value, Mapping):
        value = cast("Mapping[str, object]", value)
        return "{" + ", ".join(f"{_toml_string(key)} = {to_toml(item)}" for key, item in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        value = cast("Sequence[object]", value)
        return "[" + ", ".join(to_toml(item) for item in value) + "]"
    raise TypeError(f"a Codex config value cannot be {type(value).__name__!r}: TOML has no form for it")


_TOML_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def _toml_string(text: str) -> str:
    return (
        '"'
        + "".join(
            _TOML_ESCAPES.get(char) or (char if char >= " " and char != "\x7f" else f"\\u{ord(char):04x}")
            for char in text
        )
        + '"'
    )
