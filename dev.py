#!/usr/bin/env python3
"""One file to run and check this repository; needs only Python 3.10+ with venv and pip.

    python3 dev.py quickstart          the main job: core client, LangChain, LlamaIndex on one app-server
    python3 dev.py quickstart --live   the same with your Codex login
    python3 dev.py test                every check; `test lint types` runs just those
    python3 dev.py compat              the tests with the lowest dependencies, and on another Python; `compat all`: on all of this machine
    python3 dev.py newest              the tests of the core on the newest Codex; tells what differs
    python3 dev.py speed               the client beside the bound, the cheap figures; fails on a gross regression
    python3 dev.py bench               every figure, beside the peers too, into docs/performance.md
    python3 dev.py faults              the same faults done to openai-codex and to this client, into docs/guarantees.md
    python3 dev.py soak                10,000 turns with failures mixed in, on one client: what they leave; `--turns N` for fewer
    python3 dev.py release             wheels and sdists, checked, and tried on every Python of this machine; `release newest`: with today's dependencies
    python3 dev.py ray                 the tests on a Ray cluster of a head and two nodes, within this machine
    python3 dev.py docs                the site, strictly, into build/docs; `docs serve` shows it while you write
    python3 dev.py walkthrough         run the notebook of the examples, and keep its outputs in it
    python3 dev.py fix                 format, and fix what the linter can
    python3 dev.py refresh             newer dependencies into constraints.txt

The environment is `.venv` beside this file (or the folder that CODEX_SDK_VENV names); it is made on
first use and again when the requirements change.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
import venv
import zipfile
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator

ROOT = Path(__file__).resolve().parent
VENV = Path(os.environ.get("CODEX_SDK_VENV") or ROOT / ".venv")
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
CONSTRAINTS = ROOT / "constraints.txt"
# What was compiled once serves every process that follows: importing the frameworks takes half the time.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
# What is wanted is in the file itself, the exact versions in the one with the ending `.txt`.
DOCS_REQUIREMENTS = ROOT / "docs/requirements.in"
CORE = "packages/codex-app-server-sdk"
DISTRIBUTIONS = (
    CORE, "integrations/langchain-codex", "integrations/llama-index-llms-codex",
    "integrations/llama-index-agent-codex", "integrations/codex-ray",
)  # fmt: skip
SOURCES = ("packages", "integrations", "examples", "tests", "benchmarks", "docs", "dev.py")
# A second run on another Python or server: what asyncio shows of those, trio does not show otherwise.
QUICKER = ("-m", "pytest", "-n", "auto", "-q", "-p", "no:cacheprovider", "-k", "not trio")
# The tests that depend on what the server does.
OF_THE_SERVER = (
    "approvals", "areas", "client", "every_method", "lifecycle", "questions", "recovery",
    "server_requests", "threads", "tool_calls", "transports",
)  # fmt: skip
# The tests that depend on what Python does, and on what the dependencies do. What is left out runs in `dev.py test`: the
# faults and the examples show this code and the server, whatever is installed beside them.
OF_PYTHON = ("tests/core", "--ignore", "tests/core/protocol", "--ignore", "tests/core/testing")
OF_THE_DEPENDENCIES = (
    *(f"tests/core/test_{name}.py" for name in (*OF_THE_SERVER, "output", "parts", "python_tools", "wakeups")),
    "tests/core/protocol", "tests/langchain", "tests/llama_index", "tests/llama_index_llms", "tests/otel", "tests/cli",
)  # fmt: skip
IMPORTS = (
    "codex_app_server",
    "langchain_codex",
    "llama_index.llms.codex",
    "llama_index.agent.codex",
    "codex_ray",
)
# Shared with other distributions, so that no wheel may bring an `__init__.py` for them.
NAMESPACES = ("llama_index", "llama_index/agent", "llama_index/llms")


def run(*command: str | Path, cwd: Path = ROOT, env: dict[str, str] | None = None) -> None:
    """Run a command; leave with its exit code when it fails."""
    print("$", " ".join(_shown(part) for part in command), flush=True)
    done = subprocess.run([str(part) for part in command], cwd=cwd, env=env, check=False)
    if done.returncode:
        sys.exit(done.returncode)


def _shown(part: str | Path) -> str:
    return str(part).replace(f"{ROOT}{os.sep}", "")


def prepare(*, with_tools: bool) -> None:
    """Make the environment, unless it is there and current."""
    files = [
        CONSTRAINTS,
        ROOT / "pyproject.toml",
        *(ROOT / name / "pyproject.toml" for name in DISTRIBUTIONS),
    ]
    state = hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()
    stamp = VENV / ("stamp-tools" if with_tools else "stamp")
    if PYTHON.exists() and any(
        path.exists() and path.read_text() == state for path in (stamp, VENV / "stamp-tools")
    ):
        return
    if not PYTHON.exists():
        print(f"making {_shown(VENV)}", flush=True)
        venv.create(VENV, with_pip=True)
    pip = (
        PYTHON,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--constraint",
        CONSTRAINTS,
    )
    editable = [part for name in DISTRIBUTIONS for part in ("--editable", f"{name}[runtime]")]
    if with_tools:
        run(*pip, "uv")
        groups = ("--group", "dev", "--group", "only-there")
        uv_install(PYTHON, "--constraint", CONSTRAINTS, "--build-constraint", CONSTRAINTS, *editable, *groups)
    else:
        run(*pip, "--upgrade", "pip")
        # Editable installs build with what the constraints name, too.
        run(*pip, *editable, env={**os.environ, "PIP_CONSTRAINT": str(CONSTRAINTS)})
    stamp.write_text(state)


def uv_install(python: Path, *wanted: str | Path) -> None:
    """Install into another environment, in a fraction of the time that pip takes."""
    run(PYTHON, "-m", "uv", "pip", "install", "--quiet", "--python", python, *wanted)


def install(venv_dir: Path, interpreter: str, *options: str) -> Path:
    """Make another environment with everything in it; return its Python."""
    python = venv_dir / PYTHON.relative_to(VENV)
    if not python.exists():
        run(interpreter, "-m", "venv", "--without-pip", venv_dir)
    editable = [part for name in DISTRIBUTIONS for part in ("--editable", f"{name}[runtime]")]
    uv_install(python, *options, *editable, "--group", "dev")
    return python


def compat(options: list[str]) -> None:
    """Run the tests of the lowest dependencies on the oldest Python, and those of the core on the newest other one.

    With `all`, those of the core on every other Python.
    """
    everything = "all" in options
    prepare(with_tools=True)
    pythons = other_pythons()
    print("other Pythons here:", ", ".join(pythons) or "none", flush=True)
    order = sorted(pythons, key=lambda version: int(version.split(".")[1]))
    oldest = order[0] if order else None
    # The oldest one has its turn with the lowest dependencies; those between show what the newest does not.
    for version in order if everything else order[1:][-1:]:
        python = install(ROOT / f".venv-{version}", pythons[version], "--constraint", str(CONSTRAINTS))
        print(f"--- tests of the core on {version}", flush=True)
        run(python, *QUICKER, *OF_PYTHON)
    interpreter = sys.executable if oldest is None or sys.version_info[:2] == (3, 10) else pythons[oldest]
    python = install(ROOT / ".venv-lowest", interpreter, "--resolution", "lowest-direct")
    print("--- tests with the lowest dependencies", flush=True)
    run(python, *QUICKER, *OF_THE_DEPENDENCIES)


def other_pythons() -> dict[str, str]:
    """Return the supported Pythons on this machine, other than the one that runs this, by version."""
    found: dict[str, str] = {}
    for minor in range(10, 14):
        version = f"3.{minor}"
        candidates = [
            shutil.which(f"python{version}"),
            *Path.home().glob(f".pyenv/versions/{version}.*/bin/python"),
        ]
        for candidate in filter(None, candidates):
            # A shim may be there for a version that is not.
            code = "import sys, venv, ensurepip; print('.'.join(map(str, sys.version_info[:2])))"
            answer = subprocess.run([str(candidate), "-c", code], capture_output=True, text=True, check=False)
            if answer.stdout.strip() == version and sys.version_info[:2] != (3, minor):
                found[version] = str(candidate)
    return found


def newest(_: list[str]) -> None:
    """Run the tests of the core on the newest Codex there is, and report what differs from the pinned one.

    A newer server may differ without anything being wrong here, so the report does not fail.
    """
    prepare(with_tools=True)
    with tempfile.TemporaryDirectory() as name:
        binary = _newest_codex(Path(name))
        if binary is None:
            print("no newer Codex can be had here: neither npm nor a package index has one", flush=True)
            return
        env = {**os.environ, "CODEX_BIN": str(binary)}
        version = subprocess.run(
            [binary, "--version"], capture_output=True, text=True, check=True
        ).stdout.strip()
        print(f"--- {version}: the protocol", flush=True)
        command = [PYTHON, f"{CORE}/codegen/generate.py", "--differences", "--codex-bin", binary]
        subprocess.run(command, cwd=ROOT, check=False)
        print(f"--- {version}: tests of the core", flush=True)
        tests = [f"tests/core/test_{name}.py" for name in OF_THE_SERVER]
        command = [PYTHON, *QUICKER, "--tb=line", "-rf", *tests]
        failed = subprocess.run(command, cwd=ROOT, env=env, check=False).returncode
        print(
            f"--- {version}: {'see the differences above' if failed else 'no test tells a difference'}",
            flush=True,
        )


def _newest_codex(folder: Path) -> Path | None:
    """Install the newest Codex into a folder: of npm, which has it first, else of the package index."""
    npm = shutil.which("npm")
    if npm is not None:
        command = [npm, "install", "--silent", "--no-audit", "--no-fund", "--prefix", folder, "@openai/codex"]
        if subprocess.run(command, check=False).returncode == 0:
            found = [path for path in folder.glob("node_modules/@openai/**/bin/codex") if path.is_file()]
            if found:
                return found[0]
    command = [
        PYTHON,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--target",
        folder / "pip",
    ]
    if subprocess.run([*command, "--upgrade", "openai-codex-cli-bin"], check=False).returncode:
        return None
    return next((path for path in (folder / "pip").glob("codex_cli_bin/**/codex") if path.is_file()), None)


def speed(options: list[str]) -> None:
    """Take the guarded figures beside raw."""
    prepare(with_tools=True)
    run(PYTHON, "benchmarks/run.py", "--guard", "--rounds", "3", *options)


def bench(options: list[str]) -> None:
    """Take every figure, with the peers in an environment of their own, into the documentation."""
    python = beside_peers()
    run(python, "benchmarks/run.py", *([] if options else ["--write"]), *options)
    if not options:
        run(python, "benchmarks/adapters.py", "--write")


def faults(options: list[str]) -> None:
    """Do the same faults to openai-codex and to this client, into the documentation."""
    run(beside_peers(), "benchmarks/peer_faults.py", *([] if options else ["--write"]), *options)


def beside_peers() -> Path:
    """Make the environment that has the peers, too; return its Python."""
    prepare(with_tools=True)
    python = install(ROOT / ".venv-bench", sys.executable, "--constraint", str(CONSTRAINTS))
    uv_install(python, "-r", "benchmarks/requirements.txt")
    return python


def soak(options: list[str]) -> None:
    """Run thousands of turns with failures mixed in; fails where one ends otherwise than asked, or something is left."""
    prepare(with_tools=False)
    run(PYTHON, "benchmarks/soak.py", *options)


def ray(options: list[str]) -> None:
    """Run the tests on a Ray cluster, in an environment of their own: Ray weighs more than everything else together."""
    prepare(with_tools=True)
    wanted = ("--constraint", str(CONSTRAINTS), "--requirement", "tests/ray/requirements.txt")
    python = install(ROOT / ".venv-ray", sys.executable, *wanted)
    # In one process: they share the cluster.
    run(
        python, "-m", "pytest", "-n0", "-q", "-p", "no:cacheprovider", "--durations=10", "tests/ray", *options
    )


def docs(options: list[str]) -> None:
    """Build the site, in an environment of its own: the packages are read and not imported."""
    prepare(with_tools=True)
    folder = ROOT / ".venv-docs"
    python = folder / PYTHON.relative_to(VENV)
    wanted = (DOCS_REQUIREMENTS.with_suffix(".txt")).read_text()
    stamp = folder / "stamp"
    if not (python.exists() and stamp.exists() and stamp.read_text() == wanted):
        print(f"making {_shown(folder)}", flush=True)
        venv.create(folder, clear=True)
        uv_install(python, "--requirement", DOCS_REQUIREMENTS.with_suffix(".txt"))
        stamp.write_text(wanted)
    env = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    run(python, "-m", "mkdocs", *(options or ("build", "--quiet")), "--strict", env=env)


def walkthrough(options: list[str]) -> None:
    """Run the notebook of the examples, and keep its outputs in it; with `--check`, tell what differs."""
    prepare(with_tools=True)
    run(PYTHON, "tests/examples/walkthrough.py", *options)


def release(options: list[str]) -> None:
    """Build all wheels and sdists, check them, install them on each Python of this machine, and run turns with them.

    With `newest`, the dependencies are those that a user gets today, not those of the constraints.
    """
    prepare(with_tools=True)
    with tempfile.TemporaryDirectory() as name:
        dist = Path(name) / "dist"
        for distribution in DISTRIBUTIONS:
            # The wheel is built of the sdist, so that one that lacks a file is found.
            run(PYTHON, "-m", "build", "--no-isolation", "--outdir", dist, distribution)
        wheels = sorted(dist.glob("*.whl"))
        for wheel in wheels:
            _check_wheel(wheel)
        run(PYTHON, "tests/release/artifacts.py", dist, "CHANGELOG.md")
        pythons = {**other_pythons(), ".".join(map(str, sys.version_info[:2])): sys.executable}
        versions = sorted(pythons, key=lambda version: int(version.split(".")[1]))
        for version in versions:
            _try_installed(Path(name) / version, pythons[version], wheels, pinned="newest" not in options)
        _try_installed(Path(name) / "sdists", sys.executable, sorted(dist.glob("*.tar.gz")), pinned=True)
    print(f"all is well on {', '.join(versions)}")


def _try_installed(folder: Path, interpreter: str, files: list[Path], *, pinned: bool) -> None:
    """Install files into a fresh environment, and run turns with them."""
    print(f"--- {folder.name}", flush=True)
    run(interpreter, "-m", "venv", "--without-pip", folder)
    python = folder / PYTHON.relative_to(VENV)
    pins = ("--constraint", CONSTRAINTS) if pinned else ()
    wanted = [f"{path}[runtime]" for path in files]
    uv_install(python, *pins, *wanted)
    # Not from the repository: what is tried is what was installed.
    run(python, "-I", ROOT / "tests/release/smoke.py", *IMPORTS, cwd=folder)


def quickstart(options: list[str]) -> None:
    """Run the main job."""
    prepare(with_tools=False)
    run(PYTHON, "examples/quickstart.py", *options)


def step_format() -> None:
    """Check the format."""
    run(PYTHON, "-m", "ruff", "format", "--check", *SOURCES)


def step_lint() -> None:
    """Lint."""
    run(PYTHON, "-m", "ruff", "check", *SOURCES)


def step_types() -> None:
    """Check the types, strictly."""
    run(PYTHON, "-m", "pyright", "--pythonpath", PYTHON)


def step_generated() -> None:
    """Check that the generated protocol types are those of the pinned runtime."""
    run(PYTHON, f"{CORE}/codegen/generate.py", "--check")


def step_wheels() -> None:
    """Build all wheels, install them side by side in a fresh environment, import them."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for distribution in DISTRIBUTIONS:
            run(PYTHON, "-m", "build", "--no-isolation", "--outdir", folder / "dist", distribution)
        wheels = sorted((folder / "dist").glob("*.whl"))
        for wheel in wheels:
            _check_wheel(wheel)
        venv.create(folder / "venv")
        python = folder / "venv" / PYTHON.relative_to(VENV)
        uv_install(python, "--constraint", CONSTRAINTS, *wheels)
        imports = "; ".join(
            f"import {module}; print({module}.__name__, {module}.__version__)" for module in IMPORTS
        )
        run(
            python,
            "-I",
            "-W",
            "error::SyntaxWarning",
            "-c",
            f"{imports}; import llama_index.core",
            cwd=folder,
        )


def _check_wheel(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    strays = [name for name in names if name in {f"{space}/__init__.py" for space in NAMESPACES}]
    if strays:
        sys.exit(f"{wheel.name} ships {strays}: these namespaces are shared with other distributions")
    for wanted in ("py.typed", "licenses/LICENSE"):
        if not any(name.endswith(wanted) for name in names):
            sys.exit(f"{wheel.name} has no {wanted}")


def step_docs() -> None:
    """Build the site, strictly: links, anchors and the names in the reference."""
    docs([])


def step_tests() -> None:
    """Run the tests, on as many processes as there are cores."""
    run(PYTHON, "-m", "pytest", "-n", "auto", "-q", "--durations=10")


def step_coverage() -> None:
    """Run the tests and show which lines they leave out; takes half as long again."""
    for left in ROOT.glob(".coverage*"):
        left.unlink()
    run(PYTHON, "-m", "pytest", "-n", "auto", "-q", "--cov", "--cov-report=term:skip-covered")


STEPS = {
    "format": step_format,
    "lint": step_lint,
    "types": step_types,
    "generated": step_generated,
    "wheels": step_wheels,
    "docs": step_docs,
    "tests": step_tests,
}
# For when they are asked for by name.
FURTHER_STEPS = {"coverage": step_coverage}


def _timed(name: str) -> None:
    print(f"--- {name}", flush=True)
    began = time.monotonic()
    {**STEPS, **FURTHER_STEPS}[name]()
    print(f"--- {name}: {time.monotonic() - began:.0f} s", flush=True)


@contextmanager
def _beside(name: str) -> Generator[None]:
    """Run a check in a process of its own meanwhile; show what it told, and leave where it failed, at the end."""
    command = [sys.executable, "-c", f"import dev; dev._timed({name!r})"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as check:
        try:
            yield
            told, _ = check.communicate()
        finally:
            check.terminate()
    print(told.decode(errors="replace"), end="", flush=True)
    if check.returncode:
        sys.exit(check.returncode)


def test(names: list[str]) -> None:
    """Run the named checks, or all of them."""
    steps = {**STEPS, **FURTHER_STEPS}
    unknown = set(names) - set(steps)
    if unknown:
        sys.exit(f"no such check: {', '.join(sorted(unknown))}; there are {', '.join(steps)}")
    prepare(with_tools=True)
    # The types take one core for as long as the checks that follow; the tests take both.
    with _beside("types") if not names else nullcontext():
        for name in names or (name for name in STEPS if name not in ("types", "tests")):
            _timed(name)
    if not names:
        _timed("tests")
    print("all checks passed")


def fix(_: list[str]) -> None:
    """Format, and fix what the linter can."""
    prepare(with_tools=True)
    run(PYTHON, "-m", "ruff", "check", "--fix", *SOURCES)
    run(PYTHON, "-m", "ruff", "format", *SOURCES)


def refresh(_: list[str]) -> None:
    """Resolve the newest dependencies for all supported Pythons into constraints.txt and docs/requirements.txt."""
    prepare(with_tools=True)
    own = [part for name in DISTRIBUTIONS for part in ("--no-emit-package", Path(name).name)]
    files = [f"{name}/pyproject.toml" for name in DISTRIBUTIONS]
    run(
        PYTHON, "-m", "uv", "pip", "compile", "--upgrade", "--universal", "--python-version", "3.10", "--no-header", "--no-annotate",
        "--quiet", *own, "--group", "dev", "--group", "only-there", *files, "--output-file", CONSTRAINTS,
    )  # fmt: skip
    run(
        PYTHON, "-m", "uv", "pip", "compile", "--upgrade", "--universal", "--python-version", "3.10", "--no-header", "--no-annotate",
        "--quiet", DOCS_REQUIREMENTS, "--output-file", DOCS_REQUIREMENTS.with_suffix(".txt"),
    )  # fmt: skip


COMMANDS = {
    "quickstart": quickstart,
    "test": test,
    "compat": compat,
    "newest": newest,
    "speed": speed,
    "bench": bench,
    "faults": faults,
    "soak": soak,
    "ray": ray,
    "docs": docs,
    "walkthrough": walkthrough,
    "release": release,
    "fix": fix,
    "refresh": refresh,
}


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("command", choices=COMMANDS)
    parser.add_argument("rest", nargs=argparse.REMAINDER, help="options of the example, or names of checks")
    options = parser.parse_args()
    if {"-h", "--help"} & set(options.rest):
        parser.print_help()
        return
    COMMANDS[options.command](options.rest)


if __name__ == "__main__":
    main()
