"""`doctor`: looks at the installation and says what would keep turns from running, and what to do about it."""

from __future__ import annotations

import json
import os
import platform
import stat
import subprocess
import sys
import tempfile
import warnings
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias, cast

from codex_app_server import AppServerConfig, Codex, __version__
from codex_app_server._cli.processes import app_servers
from codex_app_server._engine.server_info import NEWEST_KNOWN_VERSION, OLDEST_VERSION
from codex_app_server._escape import one_line
from codex_app_server.config import find_codex
from codex_app_server.errors import AppServerError, LaunchError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Check", "doctor"]

Status: TypeAlias = Literal["ok", "warning", "fail"]
_SCHEMA_VERSION = 1
# It tries the network, which may be silent for long.
_CODEX_DOCTOR_TIMEOUT_S = 60
_LOGIN = (
    "log in: python -m codex_app_server codex login; or set up a model provider with a key in config.toml"
)
# Looked at here already, and with the client's own eyes.
_SEEN_HERE = frozenset({"auth.credentials"})


@dataclass(frozen=True, slots=True)
class Check:
    """What was found out about one thing.

    Attributes:
        id: Names the check; those of `codex doctor` begin with `codex.`.
        status: `"fail"` keeps turns from running.
        summary: What is so.
        details: Facts, by name.
        remedy: What to do about it; empty when there is nothing to do.
    """

    id: str
    status: Status
    summary: str
    details: dict[str, object] = field(default_factory=dict[str, object])
    remedy: str = ""


def doctor(*, as_json: bool) -> int:
    """Check the installation and print the report; return 1 when a check failed."""
    checks = list(_checks())
    worst: Status = "ok"
    for status in ("warning", "fail"):
        if any(check.status == status for check in checks):
            worst = status
    sys.stdout.write(_as_json(checks, worst) if as_json else _as_text(checks, worst))
    return 1 if worst == "fail" else 0


def _checks() -> Iterator[Check]:
    try:
        binary = find_codex()
    except LaunchError as exc:
        yield Check("binary", "fail", str(exc))
        return
    yield _binary(binary)
    yield from _server()
    yield _leftovers()
    yield from _codex_doctor(binary)


# --- the binary ---


def _binary(binary: Path) -> Check:
    details: dict[str, object] = {"path": str(binary), "source": _source()}
    risks = list(_risks(binary))
    if risks:
        details["risks"] = risks
        remedy = "install it in a folder that only you or root may write to, and name it with CODEX_BIN"
        return Check("binary", "warning", f"{binary}: {'; '.join(risks)}", details, remedy)
    return Check("binary", "ok", f"{binary} ({details['source']})", details)


def _source() -> str:
    if os.environ.get("CODEX_BIN"):
        return "CODEX_BIN"
    from importlib.util import find_spec  # noqa: PLC0415 - loaded by the time it is asked

    return "runtime package" if find_spec("codex_cli_bin") else "PATH"


def _risks(binary: Path) -> Iterator[str]:
    """Tell how somebody else could put another program in the place of the binary."""
    if Path.cwd() in binary.parents and Path.cwd() != Path(binary.anchor) and not _is_environment(binary):
        yield "it is in the current directory, where the agent may write"
    for place in (binary, *binary.parents):
        found = place.stat()
        # In a folder like /tmp nobody may replace what is somebody else's.
        if found.st_mode & stat.S_IWOTH and not found.st_mode & stat.S_ISVTX:
            yield f"anybody may write to {place}"
        if found.st_uid not in {0, os.getuid()}:
            yield f"{place} belongs to another user"


def _is_environment(binary: Path) -> bool:
    """Whether it is in the virtual environment that runs this, which is trusted with more than the binary."""
    return Path(sys.prefix).resolve() in binary.parents


# --- the server ---


def _server() -> Iterator[Check]:
    try:
        with warnings.catch_warnings():
            # The note on the version is a check of its own below.
            warnings.simplefilter("ignore")
            codex = Codex(AppServerConfig())
    except AppServerError as exc:
        remedy = "see the output of: python -m codex_app_server codex app-server"
        yield Check("server", "fail", f"the app-server does not start: {exc}", remedy=remedy)
        return
    with codex:
        yield _version(codex)
        for check in (_home, _login, _sandbox):
            try:
                yield check(codex)
            except (AppServerError, OSError) as exc:
                yield Check(check.__name__.strip("_"), "fail", f"it could not be looked at: {exc}")


def _version(codex: Codex) -> Check:
    version = codex.metadata.server_version
    details: dict[str, object] = {
        "version": version,
        "oldest": OLDEST_VERSION,
        "newest_tested": NEWEST_KNOWN_VERSION,
    }
    tested = f"tested with {OLDEST_VERSION} to {NEWEST_KNOWN_VERSION}"
    if version is None or _minor(version) > _minor(NEWEST_KNOWN_VERSION):
        summary = f"{version or 'a version that the server does not tell'}; this package was {tested}"
        return Check("version", "warning", summary, details, "look for a newer codex-app-server-sdk")
    return Check("version", "ok", f"{version}; {tested}", details)


def _minor(version: str) -> list[int]:
    return [int(part) for part in version.split(".")[:2]]


def _home(codex: Codex) -> Check:
    home = codex.metadata.codex_home
    if home is None:
        return Check("codex_home", "warning", "the server does not tell where it keeps its data")
    path = Path(home)
    details: dict[str, object] = {"path": home, "from_environment": "CODEX_HOME" in os.environ}
    if not os.access(path, os.W_OK):
        return Check("codex_home", "fail", f"{home} cannot be written to", details, "set CODEX_HOME")
    auth = path / "auth.json"
    if auth.exists() and auth.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH):
        remedy = f"chmod 600 {auth}"
        return Check(
            "codex_home", "warning", f"others may read {auth}, which holds the login", details, remedy
        )
    return Check("codex_home", "ok", home, details)


def _login(codex: Codex) -> Check:
    answer = cast("dict[str, object]", codex.request_raw("account/read"))
    account = cast("dict[str, object]", answer.get("account") or {})
    kind = account.get("type")
    details: dict[str, object] = {"account": kind, "is_required": bool(answer.get("requiresOpenaiAuth"))}
    if kind:
        plan = account.get("planType")
        return Check("login", "ok", f"{kind}, plan {plan}" if plan else str(kind), details)
    if details["is_required"]:
        return Check("login", "fail", "nobody is logged in, and the model provider needs it", details, _LOGIN)
    return Check("login", "ok", "none; the configured model provider needs none", details)


def _sandbox(codex: Codex) -> Check:
    """Run a command that tries to write where it must not."""
    with tempfile.TemporaryDirectory(prefix="codex-doctor-") as folder:
        target = Path(folder) / "written"
        done = codex.commands.run(
            ["/bin/sh", "-c", 'touch "$1" 2>/dev/null; echo ran', "sh", str(target)],
            sandbox="read-only",
            cwd=folder,
            timeout_s=30,
        )
        if target.exists():
            summary = "a command in the read-only sandbox could write to a file"
            return Check("sandbox", "fail", summary, remedy="do not run turns here that you do not trust")
    details: dict[str, object] = {"exit_code": done.exit_code, "stderr": done.stderr[-500:]}
    if done.stdout.strip() != "ran":
        summary = "commands do not run in the sandbox"
        remedy = "on Linux, see that user namespaces are permitted, or install bubblewrap"
        return Check("sandbox", "fail", summary, details, remedy)
    return Check("sandbox", "ok", "commands run, and the read-only sandbox keeps them from writing")


def _leftovers() -> Check:
    found = app_servers()
    left = [server for server in found if server.is_orphan]
    details: dict[str, object] = {"app_servers": [asdict(server) for server in found]}
    if left:
        pids = ", ".join(str(server.pid) for server in left)
        summary = f"{len(left)} app-server(s) run without the program that started them: {pids}"
        return Check("leftovers", "warning", summary, details, f"end them: kill {pids.replace(',', '')}")
    others = f"; {len(found)} in use by other programs" if found else ""
    return Check("leftovers", "ok", f"no app-server was left behind{others}", details)


# --- codex doctor ---


def _codex_doctor(binary: Path) -> Iterator[Check]:
    """Take over what the binary finds out about itself, where it can."""
    try:
        done = subprocess.run(
            [binary, "doctor", "--json"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_CODEX_DOCTOR_TIMEOUT_S,
            check=False,
        )
        report: object = json.loads(done.stdout)
        found = cast("dict[str, dict[str, dict[str, object]]]", report)["checks"]
        yield from [_of_codex(name, check) for name, check in found.items() if name not in _SEEN_HERE]
    except subprocess.TimeoutExpired:
        yield Check("codex", "warning", f"`codex doctor` did not end in {_CODEX_DOCTOR_TIMEOUT_S} s")
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        yield Check("codex", "ok", "this Codex has no `codex doctor --json`")


def _of_codex(name: str, check: dict[str, object]) -> Check:
    known: dict[object, Status] = {"ok": "ok", "fail": "fail"}
    return Check(
        f"codex.{name}",
        known.get(check.get("status"), "warning"),
        str(check.get("summary") or ""),
        cast("dict[str, object]", check.get("details") or {}),
        str(check.get("remediation") or ""),
    )


# --- the report ---


def _about() -> dict[str, str]:
    return {
        "package": __version__,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
    }


def _as_json(checks: list[Check], worst: Status) -> str:
    report = {
        "schema_version": _SCHEMA_VERSION,
        "status": worst,
        **_about(),
        "checks": [asdict(check) for check in checks],
    }
    return json.dumps(report, indent=2) + "\n"


_WORDS: dict[Status, str] = {"ok": "ok", "warning": "WARNING", "fail": "FAIL"}


def _as_text(checks: list[Check], worst: Status) -> str:
    about = _about()
    lines = [f"codex-app-server-sdk {about['package']}, Python {about['python']}, {about['system']}", ""]
    for check in checks:
        # What Codex finds to be well is one line in the end.
        if check.status == "ok" and check.id.startswith("codex."):
            continue
        lines.append(f"{_WORDS[check.status]:>7}  {one_line(check.id)}: {one_line(check.summary)}")
        if check.remedy and check.status != "ok":
            lines.append(f"{'':>9}{one_line(check.remedy)}")
    well = sum(check.status == "ok" for check in checks if check.id.startswith("codex."))
    if well:
        lines.append(f"{'ok':>7}  codex: {well} further checks of `codex doctor`")
    verdict = {
        "ok": "All is well.",
        "warning": "It works; see the warnings.",
        "fail": "Turns will not run here; see FAIL.",
    }
    return "\n".join([*lines, "", verdict[worst], ""])
