"""From nodes to the text of the generated modules; the formatter does the rest."""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING

import overrides
from model import EnumClass, ModelClass, SchemaShapeError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from methods import Method
    from model import Definition, Field, Node

PACKAGE = "codex_app_server.protocol"
COMMAND = "python packages/codex-app-server-sdk/codegen/generate.py"
# Exported beside the generated types, and where from.
HAND_WRITTEN = {
    "_base": ["JsonValue", "OpenEnum", "WireModel", "WireUnion"],
    "_methods": [
        "ClientMethod",
        "client_methods",
        "notification_model",
        "params_model",
        "result_model",
        "server_request_params_model",
        "server_request_result_model",
    ],
    "_generated.methods": ["SCHEMA_VERSION"],
}
_BASE_NAMES = [
    "JsonValue",
    "KeyedUnion",
    "MixedEnum",
    "OpenEnum",
    "ShapeUnion",
    "WireModel",
    "WireUnion",
    "member",
]
_WIDTH = 106
# Discriminators are narrowed in the variants, and `model_validate` of a `MixedEnum` returns its models too.
_PYRIGHT = "# pyright: reportIncompatibleVariableOverride=false, reportIncompatibleMethodOverride=false"


def header(title: str, version: str, sha256: str) -> str:
    """Return the docstring of a generated module."""
    return (
        f'"""{title}\n\n'
        f"Generated from the schema of `codex app-server` {version} (sha256 {sha256}).\n"
        f'Do not edit; the command is `{COMMAND}`.\n"""\n\n'
    )


def area_module(
    module: str, names: list[str], definitions: Mapping[str, Definition], home: Mapping[str, str], head: str
) -> str:
    """Return one module of types; `home` tells the module of every generated name."""
    nodes = [node for name in names for node in definitions[name].nodes]
    ahead = {node.name for node in nodes}
    parts: list[str] = []
    for node in nodes:
        parts.append(_node(node, ahead))
        ahead.remove(node.name)
    body = "\n\n".join(parts)
    imports: dict[str, set[str]] = {}
    for name in names:
        for ref in definitions[name].refs:
            if home[ref] != module:
                imports.setdefault(home[ref], set()).add(ref)
    base = [name for name in _BASE_NAMES if re.search(rf"\b{name}\b", body)]
    typing = [name for name in ("Annotated", "ClassVar", "Literal", "TypeAlias") if name in body]
    if "MixedEnum" in body:
        typing.insert(0, "TYPE_CHECKING")
    # No `from __future__ import annotations`: pydantic evaluates every annotation when the class is made, which
    # as text takes a third of the import. Definitions are in order; a reference ahead is quoted.
    lines = [head, f"{_PYRIGHT}\n"]
    if typing:
        lines.append(f"from typing import {', '.join(typing)}\n")
    if "Field(" in body:
        lines.append("from pydantic import Field\n")
    lines.append(f"from {PACKAGE}._base import {', '.join(base)}\n")
    lines += [
        f"from {PACKAGE}._generated.{other} import {', '.join(sorted(refs))}"
        for other, refs in sorted(imports.items())
    ]
    return "\n".join(lines) + "\n\n\n" + body + "\n"


def _node(node: Node, ahead: set[str]) -> str:
    if isinstance(node, EnumClass):
        return _enum(node)
    if isinstance(node, ModelClass):
        return _model(node, ahead)
    if early := node.type.refs & ahead - {node.name}:
        raise SchemaShapeError(f"{node.name}: an alias in a cycle of references, with {sorted(early)}")
    return f"{node.name}: TypeAlias = {node.type.text}\n{docstring(node.doc)}\n"


def _enum(node: EnumClass) -> str:
    lines = [f"class {node.name}({node.base}):", _indent(docstring(node.doc)), ""]
    for attr, value, doc in node.members:
        lines.append(f'    {attr}: ClassVar["{node.name}"] = member("{value}")')
        if doc:
            lines.append(_indent(docstring(doc)))
    if node.any_alias:
        lines += [
            "",
            "    if TYPE_CHECKING:",
            "",
            "        @classmethod",
            f'        def model_validate(cls, value: object) -> "{node.any_alias}": ...',
        ]
    return "\n".join(lines) + "\n"


def _model(node: ModelClass, ahead: set[str]) -> str:
    lines = [f"class {node.name}({node.base}{node.arguments}):", _indent(docstring(node.doc)), ""]
    for item in node.fields:
        lines.append(f"    {_field(item, ahead)}")
        if item.doc:
            lines.append(_indent(docstring(item.doc)))
    return "\n".join(lines).rstrip() + "\n"


def _field(item: Field, ahead: set[str]) -> str:
    # Both alias arguments instead of `alias`, which type checkers take for the name in the constructor.
    alias = (
        f'validation_alias="{item.wire}", serialization_alias="{item.wire}"' if item.wire != item.name else ""
    )
    if item.default is not None and item.default.startswith("["):
        default = "default=[]" if item.default == "[]" else f"default_factory=lambda: {item.default}"
    else:
        default = f"default={item.default}" if item.default is not None else ""
    text = item.type.text
    kind = f"'{text}'" if item.type.refs & ahead else text
    plain = not alias and not (item.default or "").startswith("[")
    if plain:
        return f"{item.name}: {kind}" + (f" = {item.default}" if item.default is not None else "")
    return f"{item.name}: {kind} = Field({', '.join(part for part in (default, alias) if part)})"


def docstring(text: str) -> str:
    """Return the text as a docstring, wrapped: a first line, and the rest behind an empty one."""
    text = text.replace("\\", "\\\\").replace('"""', "'''")
    paragraphs = [
        textwrap.fill(part, _WIDTH - 4, break_long_words=False, break_on_hyphens=False)
        for part in text.split("\n\n")
    ]
    whole = "\n\n".join(paragraphs)
    if whole.endswith('"'):
        whole += " "
    return f'"""{whole}\n"""' if "\n" in whole else f'"""{whole}"""'


def _indent(text: str) -> str:
    return textwrap.indent(text, "    ")


def methods_module(methods: list[Method], version: str, head: str) -> str:
    """Return the tables of methods, which name types and import none."""
    tables = {
        "CLIENT_METHODS": ("ClientRequest", "tuple[str | None, str, bool]", "params, result, experimental"),
        "SERVER_REQUESTS": ("ServerRequest", "tuple[str | None, str, bool]", "params, result, experimental"),
        "SERVER_NOTIFICATIONS": ("ServerNotification", "str | None", "payload"),
        "CLIENT_NOTIFICATIONS": ("ClientNotification", "str | None", "payload"),
    }
    parts = [head, "from __future__ import annotations\n\nfrom typing import Final\n"]
    parts.append(
        f'SCHEMA_VERSION: Final = "{version}"\n"""Version of the runtime that the types come from."""\n'
    )
    for table, (union, kind, what) in tables.items():
        rows = [f'    "{method.name}": {_row(method)},' for method in methods if method.union == union]
        parts.append(
            f"{table}: Final[dict[str, {kind}]] = {{\n"
            + "\n".join(rows)
            + f'\n}}\n"""By method: {what}."""\n'
        )
    return "\n".join(parts)


def _row(method: Method) -> str:
    params = f'"{method.params}"' if method.params else "None"
    return params if method.result is None else f'({params}, "{method.result}", {method.experimental})'


def requests_module(
    methods: list[Method], definitions: Mapping[str, Definition], home: Mapping[str, str], head: str
) -> str:
    """Return the base classes that tell type checkers the types of `request`, method by method."""
    calls = [method for method in methods if method.union == "ClientRequest"]
    imports: dict[str, set[str]] = {}
    for name in {root for method in calls for root in method.roots}:
        imports.setdefault(home[name], set()).add(name)
    lines = [
        head,
        "from __future__ import annotations\n",
        "from typing import TYPE_CHECKING, overload\n",
        "if TYPE_CHECKING:",
        "    from collections.abc import Mapping",
        "    from typing import Literal\n",
        f"    from {PACKAGE}._base import WireModel",
        *(
            f"    from {PACKAGE}._generated.{module} import {', '.join(sorted(names))}"
            for module, names in sorted(imports.items())
        ),
        "",
    ]
    for name, word, how in (("Requests", "def", "blocks"), ("AsyncRequests", "async def", "awaits")):
        # One line for each overload: broken up by the formatter they would fill thousands.
        lines += ["# fmt: off", f"class {name}:", f'    """`request` of the client that {how}."""\n']
        for method in calls:
            needed = method.params is not None and _is_needed(method.params, definitions)
            kind = f'Literal["{method.name}"]'
            lines.append(_overload(word, kind, method.params, method.result, is_needed=needed))
        lines.append(_overload(word, "str", "WireModel", "object", is_needed=False))
        lines += [
            f"    {word} request(self, method: str, params: object = None, *, timeout_s: float | None = None) -> object:",
            f"{_indent(_indent(docstring(_REQUEST_DOC)))}",
            "        raise NotImplementedError",
            "# fmt: on\n",
        ]
    return "\n".join(lines)


_REQUEST_DOC = """Send any request of the protocol, and get its typed result.

The result is an `object` where no method of this version takes these params: `request_raw` is for the methods
of newer servers."""


def _is_needed(params: str, definitions: Mapping[str, Definition]) -> bool:
    """Whether a request must come with params: a union has its discriminator, and fields may be required."""
    node = next(node for node in definitions[params].nodes if node.name == params)
    return not isinstance(node, ModelClass) or any(field.default is None for field in node.fields)


def _overload(word: str, method: str, params: str | None, result: str | None, *, is_needed: bool) -> str:
    kind = f"{params} | Mapping[str, object]" if params else "Mapping[str, object]"
    given = f"params: {kind}" if is_needed else f"params: {kind} | None = None"
    return (
        "    @overload\n"
        f"    {word} request(self, method: {method}, {given}, *, timeout_s: float | None = None) -> {result}: ..."
    )


def index_module(names: Mapping[str, list[str]], head: str) -> str:
    """Return the table that finds the module of an exported name."""
    parts = [head, "from __future__ import annotations\n\nfrom typing import Final\n"]
    rows = [
        f'    "{module}": """\n{_columns(exported)}\n    """,' for module, exported in sorted(names.items())
    ]
    parts.append(
        "NAMES: Final[dict[str, str]] = {\n" + "\n".join(rows) + "\n}\n" + '"""By module: its names."""\n\n'
        "MODULE_OF: Final = {name: module for module, names in NAMES.items() for name in names.split()}\n"
        '"""By name: its module."""\n'
    )
    return "\n".join(parts)


def _columns(names: list[str]) -> str:
    return textwrap.fill(" ".join(sorted(names)), _WIDTH, initial_indent=" " * 8, subsequent_indent=" " * 8)


def package_module(names: Mapping[str, list[str]], head: str) -> str:
    """Return `protocol/__init__.py`: every name for type checkers, and none loaded before it is used."""
    imports = [
        f"    from {PACKAGE}.{module} import {', '.join(sorted(exported))}"
        for module, exported in sorted(names.items())
    ]
    exported = sorted({name for group in names.values() for name in group})
    return "\n".join(
        [
            head,
            "from __future__ import annotations\n",
            "from typing import TYPE_CHECKING\n",
            "if TYPE_CHECKING:",
            *imports,
            "",
            f"__all__ = [{', '.join(_quote(name) for name in exported)}]\n",
            _LAZY,
        ]
    )


def _quote(name: str) -> str:
    return f'"{name}"'


_LAZY = '''
if not TYPE_CHECKING:  # type checkers know every name from above, and report those that do not exist

    def __getattr__(name: str) -> object:
        """Import the module that holds the name (PEP 562)."""
        from importlib import import_module  # noqa: PLC0415  # importing this package costs next to nothing

        from codex_app_server.protocol._generated.index import MODULE_OF  # noqa: PLC0415

        module = MODULE_OF.get(name)
        if module is None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = globals()[name] = getattr(import_module(f"{__name__}.{module}"), name)
        return value

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
'''


def all_names(
    modules: Mapping[str, list[str]], definitions: Mapping[str, Definition]
) -> dict[str, list[str]]:
    """Return the exported names by module below the package."""
    names = {module: list(exported) for module, exported in HAND_WRITTEN.items()}
    for module, members in modules.items():
        names[f"_generated.{module}"] = [node.name for name in members for node in definitions[name].nodes]
    return names


def module_title(module: str) -> str:
    """Return the first line of the docstring of a module of types."""
    return f"Protocol types: {overrides.MODULE_TEXT[module]}."
