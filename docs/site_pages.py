"""Pages of the site that are made from `examples/`: the code of each with what it prints, and the notebook with its outputs.

A hook of mkdocs. What there is, is found in the folders; nothing is run here.
"""

from __future__ import annotations

import ast
import html
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, cast

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = ROOT / "examples"
INDEX = "examples/index.md"
# A part of the navigation, and what the names of its pages begin with; what is in none of the others comes last.
GROUPS = {
    "Begin here": r"\d+_walkthrough|quickstart",
    "Client": r"(0\d|1[0-3])_",
    "LangChain": r"\d+_lang",
    "LlamaIndex": r"\d+_llama",
    "And more": r"",
}

Pages: TypeAlias = dict[str, str]
Json: TypeAlias = Mapping[str, object]


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Give the examples a part of the navigation, after the guide."""
    nav = cast("list[object]", config.nav)
    groups = [{name: uris} for name, uris in grouped(example_pages()).items()]
    nav.insert(2, {"Examples": [INDEX, *groups]})
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages."""
    from mkdocs.structure.files import File  # noqa: PLC0415 - the tests of this module have no mkdocs

    pages = example_pages()
    for uri, text in {INDEX: index_page(pages), **pages}.items():
        files.append(File.generated(config, uri, content=text))
    return files


def example_pages() -> Pages:
    """Return the page of each example, by its place in the site."""
    printed = told_by_the_tests()
    pages: Pages = {}
    for path in sorted(EXAMPLES.iterdir()):
        notebooks = sorted(path.glob("*.ipynb"))
        files = [path] if path.suffix == ".py" else sorted(path.glob("*.py"), reverse=True)
        uri = f"examples/{path.stem}.md"
        if notebooks:
            pages[uri] = notebook_page(notebooks[0])
        elif files:
            pages[uri] = code_page(files, printed.get(path.name) or kept_output(path))
    return pages


def told_by_the_tests() -> dict[str, str]:
    """Return what the examples print, by their folder: what the tests compare it with."""
    tree = ast.parse((ROOT / "tests/examples/test_examples.py").read_text())
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "EXPECTED":
            return cast("dict[str, str]", ast.literal_eval(node.value))
    raise ValueError("tests/examples/test_examples.py has no EXPECTED")


def kept_output(path: Path) -> str:
    """Return an output that is kept beside an example, where it is another one each time."""
    kept = path / "output.txt" if path.is_dir() else path.with_suffix(".txt")
    return kept.read_text() if kept.exists() else ""


def code_page(files: list[Path], printed: str) -> str:
    """Return the page of an example.

    Args:
        files: The same program for each face, or one program.
        printed: What it prints; may be empty.
    """
    lead = str(ast.get_docstring(ast.parse(files[0].read_text()))).split("\n\n", maxsplit=1)[0]
    title = title_of(lead)
    # The sentence itself, where it says more than its beginning.
    parts = [f"# {title}", *([] if lead == f"{title}." else [lead.replace("\n", " ")])]
    requirements = files[0].with_name("requirements.txt")
    if requirements.exists():
        parts.append(f"It needs more than the packages: `{relative(requirements)}`.")
    how = "python -m pytest -q" if files[0].name.startswith("test_") else "python"
    parts.append(fenced("\n".join(f"{how} {relative(path)}" for path in files), "text"))
    code = {path.name: fenced(path.read_text().rstrip(), "python") for path in files}
    if len(files) == 1:
        parts += code.values()
    else:
        parts += [f'=== "{name}"\n\n{indented(text)}' for name, text in code.items()]
    if printed:
        parts += ["## What it prints", fenced(printed.rstrip("\n"), "text")]
    return "\n\n".join(parts) + "\n"


def title_of(lead: str) -> str:
    """Return the beginning of a sentence that says what an example shows."""
    return re.split(r"[:,;.] |[.]$|\.\n", lead, maxsplit=1)[0].replace("\n", " ")


def relative(path: Path) -> str:
    """Return a path from the root of the repository."""
    return path.relative_to(ROOT).as_posix()


def fenced(text: str, language: str) -> str:
    """Return a block of code, whatever is in it."""
    marks = [len(found) for found in re.findall(r"^`{3,}", text, re.MULTILINE)]
    fence = "`" * (max(marks, default=2) + 1)
    return f"{fence}{language}\n{text}\n{fence}"


def indented(text: str) -> str:
    """Return a block as the content of a tab."""
    return "\n".join(f"    {line}" if line else "" for line in text.split("\n"))


def notebook_page(path: Path) -> str:
    """Return a notebook with the outputs that are kept in it."""
    cells = cast("list[Json]", json.loads(path.read_text())["cells"])
    parts = [part for cell in cells for part in cell_parts(cell)]
    return "\n\n".join([*parts, f"The notebook: `{relative(path)}`."]) + "\n"


def cell_parts(cell: Json) -> list[str]:
    """Return a cell as Markdown."""
    source = joined(cell["source"])
    if cell["cell_type"] == "markdown":
        # From the folder of the notebook to that of the pages.
        return [source.replace("](../../docs/", "](../")]
    outputs = [output_part(output) for output in cast("list[Json]", cell["outputs"])]
    return [fenced(source, "python"), *outputs]


def output_part(output: Json) -> str:
    """Return an output as HTML."""
    data = cast("Json", output.get("data", {}))
    if "text/html" in data:
        # As it came: the view of a turn escapes all that it shows.
        shown = joined(data["text/html"])
    else:
        text = joined(data["text/plain"] if data else output["text"])
        shown = f"<pre>{html.escape(text.strip())}</pre>"
    return f'<div class="result cell-output">{shown}</div>'


def joined(text: object) -> str:
    """Return a text of a notebook, which may be in lines."""
    return text if isinstance(text, str) else "".join(cast("list[str]", text))


def grouped(pages: Pages) -> dict[str, list[str]]:
    """Return the places of the pages, by the part that they are in."""
    groups: dict[str, list[str]] = {name: [] for name in GROUPS}
    for uri in pages:
        place = uri.removeprefix("examples/")
        group = next(name for name, pattern in GROUPS.items() if re.match(pattern, place))
        groups[group].append(uri)
    return {name: uris for name, uris in groups.items() if uris}


def index_page(pages: Pages) -> str:
    """Return the page that leads to the others."""
    # What is said of all of them; the table is made anew, from the folders.
    parts = [(EXAMPLES / "README.md").read_text().split("\n| |")[0].strip()]
    for name, uris in grouped(pages).items():
        rows = [f"- {lead_of(uri, pages[uri])}" for uri in uris]
        parts += [f"## {name}", "\n".join(rows)]
    return "\n\n".join(parts) + "\n"


def lead_of(uri: str, text: str) -> str:
    """Return a line that leads to a page: its title as a link, and how its first sentence goes on."""
    title, lead, *_ = text.removeprefix("# ").split("\n\n")
    if lead.startswith(title):
        rest = lead.removeprefix(title)
    else:
        rest = ": a notebook, with its outputs." if "cell-output" in text else "."
    return f"[{title}]({uri.removeprefix('examples/')}){rest}"
