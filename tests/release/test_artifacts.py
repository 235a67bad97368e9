"""The check of what is released finds what is wrong with it; here with wheels and sdists that are made up."""

from __future__ import annotations

import io
import tarfile
import zipfile
from typing import TYPE_CHECKING

import pytest
from packaging.metadata import ExceptionGroup

from .artifacts import CLASSIFIERS, faults, read

if TYPE_CHECKING:
    from pathlib import Path

METADATA = "\n".join(
    [
        "Metadata-Version: 2.4",
        "Name: some-codex",
        "Version: 1.2.0",
        "Summary: A package.",
        "Keywords: codex",
        "License-Expression: Apache-2.0",
        "License-File: LICENSE",
        "Requires-Python: >=3.10",
        "Requires-Dist: anyio>=4",
        *(f"Classifier: {name}" for name in CLASSIFIERS),
        "Description-Content-Type: text/markdown",
        "",
        "# some-codex",
        "",
        "See [the server](https://github.com/openai/codex).",
        "",
    ]
)
IN_WHEEL = ("some_codex/py.typed", "some_codex-1.2.0.dist-info/licenses/LICENSE")
IN_SDIST = ("src/some_codex/py.typed", "LICENSE", "README.md")
CHANGELOG = "# Changelog\n\n## 1.2.0 (2026-01-01)\n\n- A thing.\n\n## 1.1.0\n"


def wheel(folder: Path, metadata: str = METADATA, files: tuple[str, ...] = IN_WHEEL) -> Path:
    path = folder / "some_codex-1.2.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name in files:
            archive.writestr(name, "")
        archive.writestr("some_codex-1.2.0.dist-info/METADATA", metadata)
    return path


def sdist(folder: Path, metadata: str = METADATA, files: tuple[str, ...] = IN_SDIST) -> Path:
    path = folder / "some_codex-1.2.0.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for name, text in {**dict.fromkeys(files, ""), "PKG-INFO": metadata}.items():
            member = tarfile.TarInfo(f"some_codex-1.2.0/{name}")
            member.size = len(text.encode())
            archive.addfile(member, io.BytesIO(text.encode()))
    return path


def found(*paths: Path, changelog: str = CHANGELOG) -> list[str]:
    return faults(map(read, paths), changelog)


def test_a_good_wheel_and_a_good_sdist_have_no_faults(tmp_path: Path) -> None:
    assert found(wheel(tmp_path), sdist(tmp_path)) == []


def test_what_is_missing_in_a_file_is_told(tmp_path: Path) -> None:
    files = found(wheel(tmp_path, files=("some_codex/__pycache__/a.pyc",)), sdist(tmp_path, files=()))
    name = "some_codex-1.2.0-py3-none-any.whl"
    assert files == [
        f"{name}: it has no py.typed",
        f"{name}: it has no licenses/LICENSE",
        f"{name}: it ships some_codex/__pycache__/a.pyc",
        "some_codex-1.2.0.tar.gz: it has no py.typed",
        "some_codex-1.2.0.tar.gz: it has no LICENSE",
        "some_codex-1.2.0.tar.gz: it has no README.md",
    ]


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("Typing :: Typed", "Typing :: Tipped", "no classifier is called 'Typing :: Tipped'"),
        ("Typing :: Typed", "Framework :: AnyIO", "the classifier 'Typing :: Typed' is missing"),
        (">=3.10", ">=3.11", "Requires-Python is >=3.11, which leaves out one of 3.10, 3.11, 3.12, 3.13"),
        ("Keywords: codex\n", "", "it needs a summary, a licence expression and keywords"),
        ("# some-codex\n", "some-codex\n", "its README does not begin with a heading"),
        (
            "https://github.com/openai/codex",
            "docs/index.md",
            "its README leads to 'docs/index.md', which is no place on an index",
        ),
        ("See [", "<p>\nSee [", "its README has HTML, which an index may not show"),
        ("text/markdown", "text/plain", "its README is text/plain, not Markdown"),
    ],
)
def test_what_is_wrong_with_the_metadata_is_told(old: str, new: str, fault: str, tmp_path: Path) -> None:
    assert old in METADATA
    assert f"some_codex-1.2.0.tar.gz: {fault}" in found(sdist(tmp_path, METADATA.replace(old, new)))


def test_metadata_that_break_the_standard_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ExceptionGroup, match="invalid"):
        read(wheel(tmp_path, METADATA.replace("Apache-2.0", "Apache 2")))


def test_files_that_do_not_agree_are_told(tmp_path: Path) -> None:
    assert found(wheel(tmp_path), changelog="# Changelog\n\n## 1.3.0\n") == [
        "all: the changelog begins with 1.3.0, and this is 1.2.0",
        "some-codex: it is there as a wheel only",
    ]
    own = METADATA.replace("anyio>=4", "Some_Codex~=1.1.0")
    assert found(wheel(tmp_path, own), sdist(tmp_path)) == [
        "some_codex-1.2.0-py3-none-any.whl: it wants Some_Codex~=1.1.0, and this is 1.2.0"
    ]
    other = METADATA.replace("Version: 1.2.0", "Version: 1.2.1")
    assert found(wheel(tmp_path, other), sdist(tmp_path)) == ["all: they have several versions: 1.2.0, 1.2.1"]
