"""Generate `codex_app_server.protocol` from the schema of `codex app-server`.

    python packages/codex-app-server-sdk/codegen/generate.py            from the snapshot in schema/
    python packages/codex-app-server-sdk/codegen/generate.py --check    exit code 1 if anything is not current
    python packages/codex-app-server-sdk/codegen/generate.py --refresh  new snapshot from the runtime, then generate

Needs ruff; `--refresh`, and the comparison with the runtime in `--check`, need `openai-codex-cli-bin` or
`--codex-bin`.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import layout
import overrides
import render
import snapshot as snapshots
from methods import document, read_methods
from model import Builder, SchemaShapeError, merge_namespaces

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
SCHEMA = HERE / "schema"
OUTPUT = HERE.parent / "src" / "codex_app_server" / "protocol"
REFRESH = f"{render.COMMAND} --refresh"


class GenerationError(Exception):
    """The formatter is missing or refuses the output."""


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; return the exit code."""
    parser = argparse.ArgumentParser(
        description=(__doc__ or "").split("\n\n")[0], formatter_class=argparse.RawDescriptionHelpFormatter
    )
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument(
        "--check", action="store_true", help="change nothing; exit with 1 if anything is not current"
    )
    mode.add_argument(
        "--differences", action="store_true", help="change nothing; print what the runtime has more or less"
    )
    mode.add_argument("--refresh", action="store_true", help="take a new snapshot from the runtime first")
    parser.add_argument(
        "--codex-bin", type=Path, help="binary to ask instead of the installed runtime package"
    )
    options = parser.parse_args(arguments)
    try:
        if options.check:
            return check(options.codex_bin)
        if options.differences:
            return differences(options.codex_bin)
        if options.refresh:
            refresh(options.codex_bin)
        write(generate(snapshots.load(SCHEMA)))
    except (snapshots.SnapshotError, SchemaShapeError, GenerationError) as exc:
        print(f"error: {exc}", file=sys.stderr)
        return 1
    return 0


def generate(snapshot: snapshots.Snapshot) -> dict[str, str]:
    """Return the generated files, formatted, by path below the output folder."""
    names = set(merge_namespaces(snapshot.schema)) - overrides.METHOD_UNIONS
    methods = read_methods(snapshot, names)
    definitions = Builder(snapshot.schema, document(methods)).build()
    modules = layout.arrange(definitions, methods)
    home = {
        node.name: module
        for module, group in modules.items()
        for name in group
        for node in definitions[name].nodes
    }

    def head(title: str) -> str:
        return render.header(title, snapshot.version, snapshot.sha256)

    exported = render.all_names(modules, definitions)
    files = {
        f"_generated/{module}.py": render.area_module(
            module, group, definitions, home, head(render.module_title(module))
        )
        for module, group in modules.items()
    }
    files["_generated/__init__.py"] = head(
        "Generated protocol types; import them from `codex_app_server.protocol`."
    )
    files["_generated/methods.py"] = render.methods_module(
        methods, snapshot.version, head("Protocol methods: the types that belong to each.")
    )
    files["_generated/requests.py"] = render.requests_module(
        methods,
        definitions,
        home,
        head("The requests of the client with their types; for type checkers alone."),
    )
    files["_generated/index.py"] = render.index_module(exported, head("Where each exported name is defined."))
    files["__init__.py"] = render.package_module(exported, head(_PACKAGE_TITLE))
    return formatted(files)


_PACKAGE_TITLE = """The types of the protocol, by name; each is imported when it is first used.

Attributes are snake_case, wire names are aliases: parse with `model_validate`, send with `to_wire`. Unknown
fields, enum values and union variants are kept as data. `client_methods`, `params_model` and their like find
the types of a method."""


def formatted(files: dict[str, str]) -> dict[str, str]:
    """Return the files as the project's formatter leaves them."""
    config = ["--config", str(ROOT / "pyproject.toml"), "--quiet", "--no-cache"]
    with tempfile.TemporaryDirectory(prefix="codex-codegen-") as scratch:
        for name, text in files.items():
            path = Path(scratch, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
        # Sorting of __all__ and of imports is a lint rule; the formatter comes last.
        _ruff("check", *config, "--select", "I001,RUF022", "--fix", str(Path(scratch, "__init__.py")))
        _ruff("format", *config, "--no-force-exclude", scratch)
        return {name: Path(scratch, name).read_text(encoding="utf-8") for name in sorted(files)}


def _ruff(*arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ruff", *arguments], capture_output=True, text=True, check=False, timeout=120
    )
    if done.returncode != 0:
        raise GenerationError(f"ruff failed: {done.stdout}{done.stderr}")


def _present() -> set[str]:
    found = {f"_generated/{path.name}" for path in (OUTPUT / "_generated").glob("*.py")}
    return found | {"__init__.py"}


def write(files: dict[str, str]) -> None:
    """Write what differs, and delete generated files that are no longer made."""
    for name, text in files.items():
        path = OUTPUT / name
        data = text.encode()
        if not path.is_file() or path.read_bytes() != data:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            print(f"wrote {path.relative_to(ROOT)}")
    for name in sorted(_present() - set(files)):
        (OUTPUT / name).unlink()
        print(f"deleted {name}")


def refresh(binary: Path | None) -> None:
    """Take the snapshot from a runtime; nothing is saved if its types cannot be generated."""
    binary = binary or snapshots.installed_runtime()
    if binary is None:
        raise snapshots.SnapshotError("no runtime: install openai-codex-cli-bin or give --codex-bin PATH")
    taken = snapshots.ask_runtime(binary)
    generate(taken)
    snapshots.save(taken, SCHEMA)
    print(f"snapshot of {taken.version}, sha256 {taken.sha256}")


def check(binary: Path | None) -> int:
    """Compare the generated files with the snapshot, and the snapshot with the runtime."""
    faults: list[str] = []
    try:
        snapshot = snapshots.load(SCHEMA)
    except snapshots.SnapshotError as exc:
        print(f"{exc}\nto take the snapshot again: {REFRESH}", file=sys.stderr)
        return 1
    files = generate(snapshot)
    differing = [
        name
        for name, text in files.items()
        if not (OUTPUT / name).is_file() or (OUTPUT / name).read_bytes() != text.encode()
    ]
    differing += sorted(_present() - set(files))
    if differing:
        listed = "".join(f"  {(OUTPUT / name).relative_to(ROOT)}\n" for name in sorted(differing))
        faults.append(f"generated files that are not current:\n{listed}to write them again: {render.COMMAND}")
    binary = binary or snapshots.installed_runtime()
    if binary is not None:
        faults += _runtime_faults(snapshot, binary)
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


def differences(binary: Path | None) -> int:
    """Print which methods and types another runtime has more or less than the snapshot."""
    binary = binary or snapshots.installed_runtime()
    if binary is None:
        raise snapshots.SnapshotError("no runtime: install openai-codex-cli-bin or give --codex-bin PATH")
    ours, theirs = snapshots.load(SCHEMA), snapshots.ask_runtime(binary)
    print(f"snapshot {ours.version}, runtime {theirs.version}")
    for union in ("ClientRequest", "ServerRequest", "ServerNotification", "ClientNotification"):
        old, new = (snapshots.methods_of(taken.schema, union) for taken in (ours, theirs))
        _print_difference(union, old, new)
    _print_difference("types", *(set(taken.schema["definitions"]["v2"]) for taken in (ours, theirs)))
    return 0


def _print_difference(what: str, old: set[str], new: set[str]) -> None:
    print(f"{what}: {len(old)} and {len(new)}")
    for mark, names in (("+", new - old), ("-", old - new)):
        if names:
            print(f"  {mark} {', '.join(sorted(names))}")


def _runtime_faults(snapshot: snapshots.Snapshot, binary: Path) -> list[str]:
    current = snapshots.ask_runtime(binary)
    if (current.version, current.text, current.experimental) == (
        snapshot.version,
        snapshot.text,
        snapshot.experimental,
    ):
        return []
    fault = (
        f"the snapshot is of runtime {snapshot.version} (sha256 {snapshot.sha256}), but the runtime {binary} is "
        f"{current.version} and gives another schema (sha256 {current.sha256})\nto follow the runtime: {REFRESH}"
    )
    return [fault]


if __name__ == "__main__":
    sys.exit(main())
