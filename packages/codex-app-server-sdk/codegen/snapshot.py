"""The schema: asking a runtime for it, and the snapshot in `schema/` with its manifest."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import json
import os
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

BUNDLE = "codex_app_server_protocol.schemas.json"
METHOD_UNIONS = ("ClientRequest", "ServerRequest", "ServerNotification")

Json = dict[str, Any]


class SnapshotError(Exception):
    """The snapshot, or the runtime that is to give one, cannot be used."""


@dataclass(frozen=True)
class Snapshot:
    """A schema with what is known of its origin."""

    version: str
    text: str
    experimental: dict[str, list[str]]

    @property
    def sha256(self) -> str:
        """Hash of the text, which is what the file holds."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def schema(self) -> Json:
        """The parsed bundle."""
        return json.loads(self.text)


def installed_runtime() -> Path | None:
    """Return the binary of the installed runtime package, or None."""
    if importlib.util.find_spec("codex_cli_bin") is None:
        return None
    return importlib.import_module("codex_cli_bin").bundled_codex_path()


def ask_runtime(binary: Path) -> Snapshot:
    """Let a codex binary write its schema, with and without the experimental part."""
    with tempfile.TemporaryDirectory(prefix="codex-schema-") as scratch:
        version = _run(binary, ["--version"], scratch).split()[-1]
        bundles: list[Json] = []
        for name, flags in (("full", ["--experimental"]), ("stable", [])):
            out = Path(scratch, name)
            _run(binary, ["app-server", "generate-json-schema", *flags, "--out", str(out)], scratch)
            bundles.append(json.loads((out / BUNDLE).read_text(encoding="utf-8")))
    full, stable = bundles
    experimental = {
        union: sorted(methods_of(full, union) - methods_of(stable, union)) for union in METHOD_UNIONS
    }
    # One key a line keeps the diff of two runtimes readable.
    text = json.dumps(full, sort_keys=True, ensure_ascii=False, indent=1) + "\n"
    return Snapshot(version=version, text=text, experimental=experimental)


def methods_of(schema: Json, union: str) -> set[str]:
    """Return the names of the methods that a union of the bundle lists."""
    variants = cast("list[Json]", schema["definitions"][union]["oneOf"])
    return {variant["properties"]["method"]["enum"][0] for variant in variants}


def load(folder: Path) -> Snapshot:
    """Read the snapshot and make sure that it is the one its manifest describes."""
    manifest_path = folder / "manifest.json"
    try:
        manifest: Json = json.loads(manifest_path.read_text(encoding="utf-8"))
        text = (folder / BUNDLE).read_text(encoding="utf-8")
    except (OSError, ValueError) as exc:
        raise SnapshotError(f"the schema snapshot cannot be read: {exc}") from exc
    snapshot = Snapshot(
        version=manifest["runtime_version"], text=text, experimental=manifest["experimental_methods"]
    )
    if snapshot.sha256 != manifest["sha256"]:
        raise SnapshotError(
            f"{BUNDLE} has sha256 {snapshot.sha256}, but manifest.json says {manifest['sha256']}"
        )
    return snapshot


def save(snapshot: Snapshot, folder: Path) -> None:
    """Write the snapshot and its manifest."""
    folder.mkdir(parents=True, exist_ok=True)
    manifest = {
        "runtime_version": snapshot.version,
        "sha256": snapshot.sha256,
        "experimental_methods": snapshot.experimental,
    }
    _write(folder / BUNDLE, snapshot.text)
    _write(folder / "manifest.json", json.dumps(manifest, indent=1) + "\n")


def _write(path: Path, text: str) -> None:
    path.write_bytes(text.encode())  # bytes: no line ends of the platform, which would change the hash


def _run(binary: Path, args: list[str], home: str) -> str:
    # A home of its own: the runtime reads configuration, and makes files, wherever it is started.
    env = {**os.environ, "HOME": home, "CODEX_HOME": home}
    done = subprocess.run(
        [str(binary), *args], env=env, capture_output=True, text=True, timeout=120, check=False
    )
    if done.returncode != 0:
        raise SnapshotError(
            f"{binary} {' '.join(args)} failed with exit code {done.returncode}: {done.stderr[-2000:]}"
        )
    return done.stdout
