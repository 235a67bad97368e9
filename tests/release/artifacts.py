"""Checks wheels and sdists before they are released: metadata, files, README, and that all of them agree.

    python tests/release/artifacts.py DIST CHANGELOG

Nothing is installed here; see smoke.py for what is tried after an installation.
"""

from __future__ import annotations

import re
import sys
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from markdown_it import MarkdownIt
from packaging.metadata import ExceptionGroup, Metadata
from packaging.utils import canonicalize_name
from trove_classifiers import classifiers as known_classifiers

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PYTHONS = ("3.10", "3.11", "3.12", "3.13")
CLASSIFIERS = ("Typing :: Typed", *(f"Programming Language :: Python :: {version}" for version in PYTHONS))
# What editors, systems and tests leave behind.
_STRAYS = re.compile(r"__pycache__|\.pyc$|\.DS_Store|(^|/)(\.venv|\.git|tests?)/")


@dataclass(frozen=True, slots=True)
class Artifact:
    """A wheel or an sdist.

    Attributes:
        name: Its file name.
        metadata: Its core metadata.
        files: The paths in it.
    """

    name: str
    metadata: Metadata
    files: tuple[str, ...]

    @property
    def is_wheel(self) -> bool:
        """Whether it is a wheel."""
        return self.name.endswith(".whl")


def read(path: Path) -> Artifact:
    """Return what a file holds.

    Raises:
        ExceptionGroup: Its metadata break the standard.
    """
    if path.suffix == ".whl":
        with zipfile.ZipFile(path) as wheel:
            files = tuple(wheel.namelist())
            (place,) = (name for name in files if name.endswith(".dist-info/METADATA"))
            data = wheel.read(place)
    else:
        with tarfile.open(path) as sdist:
            files = tuple(name.partition("/")[2] for name in sdist.getnames())
            member = sdist.extractfile(f"{path.name.removesuffix('.tar.gz')}/PKG-INFO")
            assert member is not None
            data = member.read()
    return Artifact(path.name, Metadata.from_email(data, validate=True), files)


def faults(artifacts: Iterable[Artifact], changelog: str) -> list[str]:
    """Return what is wrong; each entry begins with the file that it is about."""
    artifacts = list(artifacts)
    found = [f"{artifact.name}: {fault}" for artifact in artifacts for fault in _faults_of(artifact)]
    return [*found, *_disagreements(artifacts, changelog)]


def _faults_of(artifact: Artifact) -> Iterator[str]:
    yield from _faults_of_files(artifact)
    metadata = artifact.metadata
    given = metadata.classifiers or []
    yield from (f"no classifier is called {name!r}" for name in given if name not in known_classifiers)
    yield from (f"the classifier {name!r} is missing" for name in CLASSIFIERS if name not in given)
    if metadata.requires_python is None or not all(map(metadata.requires_python.contains, PYTHONS)):
        yield f"Requires-Python is {metadata.requires_python}, which leaves out one of {', '.join(PYTHONS)}"
    if not metadata.summary or not metadata.license_expression or not metadata.keywords:
        yield "it needs a summary, a licence expression and keywords"
    yield from _faults_of_readme(metadata)


def _faults_of_files(artifact: Artifact) -> Iterator[str]:
    wanted = ("py.typed", "licenses/LICENSE") if artifact.is_wheel else ("py.typed", "LICENSE", "README.md")
    for ending in wanted:
        if not any(f"/{name}".endswith(f"/{ending}") for name in artifact.files):
            yield f"it has no {ending}"
    yield from (f"it ships {name}" for name in artifact.files if _STRAYS.search(name))
    if artifact.is_wheel and not artifact.name.endswith("-py3-none-any.whl"):
        yield "it is not for every Python and system"


def _faults_of_readme(metadata: Metadata) -> Iterator[str]:
    if not metadata.description or metadata.description_content_type is None:
        yield "it has no README"
        return
    if not metadata.description_content_type.startswith("text/markdown"):
        yield f"its README is {metadata.description_content_type}, not Markdown"
    tokens = MarkdownIt("commonmark").enable("table").parse(metadata.description)
    if not tokens or tokens[0].tag != "h1":
        yield "its README does not begin with a heading"
    for token in (inner for outer in tokens for inner in outer.children or []):
        target = str(token.attrs.get("href") or token.attrs.get("src") or "#")
        # An index shows the README without the repository around it.
        if not target.startswith(("#", "https://", "mailto:")):
            yield f"its README leads to {target!r}, which is no place on an index"
    if any(token.type == "html_block" for token in tokens):
        yield "its README has HTML, which an index may not show"


def _disagreements(artifacts: list[Artifact], changelog: str) -> Iterator[str]:
    versions = {str(artifact.metadata.version) for artifact in artifacts}
    if len(versions) != 1:
        yield f"all: they have several versions: {', '.join(sorted(versions))}"
        return
    (version,) = versions
    newest = re.search(r"^## (\S+)", changelog, re.MULTILINE)
    if newest is None or newest[1] != version:
        yield f"all: the changelog begins with {newest[1] if newest else 'nothing'}, and this is {version}"
    names = {canonicalize_name(artifact.metadata.name) for artifact in artifacts}
    for artifact in artifacts:
        for wanted in artifact.metadata.requires_dist or []:
            if canonicalize_name(wanted.name) in names and not wanted.specifier.contains(version):
                yield f"{artifact.name}: it wants {wanted}, and this is {version}"
    for name in names:
        kinds = {each.is_wheel for each in artifacts if canonicalize_name(each.metadata.name) == name}
        if len(kinds) != 2:
            yield f"{name}: it is there as {'a wheel' if kinds == {True} else 'an sdist'} only"


def main() -> int:
    """Check a folder; return the exit code."""
    folder, changelog = Path(sys.argv[1]), Path(sys.argv[2]).read_text()
    artifacts: list[Artifact] = []
    found: list[str] = []
    for path in sorted(folder.glob("*.whl")) + sorted(folder.glob("*.tar.gz")):
        try:
            artifacts.append(read(path))
        except ExceptionGroup as exc:
            found += [f"{path.name}: {fault}" for fault in exc.exceptions]
    found += faults(artifacts, changelog)
    for fault in found:
        sys.stdout.write(f"{fault}\n")
    if "(unreleased)" in changelog.partition("\n## ")[2].partition("\n")[0]:
        sys.stdout.write("note: the changelog still says that this version is unreleased\n")
    sys.stdout.write(f"{len(artifacts)} files checked, {len(found)} faults\n")
    return 1 if found or not artifacts else 0


if __name__ == "__main__":
    sys.exit(main())
