"""From the JSON schema to classes and aliases: what is generated, before it is text.

A definition of the schema becomes one or more classes. The shapes that occur are few and regular; one that
is not known here raises `SchemaShapeError` with its place, so that a newer schema is never half understood.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, cast

import overrides
from names import attribute, camel, class_from_title, pascal

Json = dict[str, Any]

# Attributes of pydantic.BaseModel and of our own bases, as a list: the generator runs without pydantic.
_MODEL_NAMES = """
    construct copy dict from_orm json parse_file parse_obj parse_raw schema schema_json to_wire
    update_forward_refs validate model_computed_fields model_config model_construct model_copy model_dump
    model_dump_json model_extra model_fields model_fields_set model_json_schema model_parametrized_name
    model_post_init model_rebuild model_validate model_validate_json model_validate_strings
"""
MODEL_NAMES = frozenset(_MODEL_NAMES.split())
ENUM_NAMES = frozenset(dir(str)) | {"is_known", "known", "model_validate", "value"}

# Members of a schema that say nothing about the shape, and bounds that a client does not police.
_SILENT = {"$schema", "title", "description", "default", "format", "minimum", "maximum", "minLength"}
_SCALARS = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}


class SchemaShapeError(Exception):
    """The schema has a shape that the generator does not know."""


@dataclass(frozen=True)
class Type:
    """A type expression and the generated names in it."""

    text: str
    refs: frozenset[str] = frozenset()

    def __or__(self, other: Type) -> Type:
        if self.text == "JsonValue" or other.text in self.text.split(" | "):
            return self
        return Type(f"{self.text} | {other.text}", self.refs | other.refs)

    def wrap(self, pattern: str) -> Type:
        """Put the expression into another, such as `list[{}]`."""
        return Type(pattern.format(self.text), self.refs)


JSON = Type("JsonValue")
NONE = Type("None")


@dataclass(frozen=True)
class Field:
    """A field of a model; `default` is an expression, or None for a required field."""

    name: str
    wire: str
    type: Type
    default: str | None
    doc: str
    default_refs: frozenset[str] = frozenset()


@dataclass(frozen=True)
class EnumClass:
    """An open enum: attribute name, value and text of each member."""

    name: str
    doc: str
    members: list[tuple[str, str, str]]
    base: str = "OpenEnum"
    any_alias: str = ""


@dataclass(frozen=True)
class ModelClass:
    """A model; `arguments` are what stands behind the base in the class statement."""

    name: str
    doc: str
    fields: list[Field]
    base: str = "WireModel"
    arguments: str = ""


@dataclass(frozen=True)
class Alias:
    """A type alias."""

    name: str
    doc: str
    type: Type


Node = EnumClass | ModelClass | Alias


@dataclass
class Definition:
    """All that one definition of the schema becomes."""

    name: str
    nodes: list[Node] = field(default_factory=list[Node])

    @property
    def refs(self) -> set[str]:
        """Generated names that it uses and does not define."""
        found: set[str] = set()
        for node in self.nodes:
            if isinstance(node, Alias):
                found |= node.type.refs
            elif isinstance(node, ModelClass):
                found |= {node.base} - {"WireModel", "WireUnion"}
                for item in node.fields:
                    found |= item.type.refs | item.default_refs
        return found - {node.name for node in self.nodes}


def merge_namespaces(schema: Json) -> dict[str, Json]:
    """Return all definitions by name; those that stand in both namespaces must be the same."""
    top = cast("dict[str, Json]", dict(schema["definitions"]))
    newer = cast("dict[str, Json]", top.pop("v2"))
    for name in top.keys() & newer.keys():
        if _bare(top[name]) != _bare(newer[name]):
            raise SchemaShapeError(f"{name}: differs between the two namespaces of the schema")
    return dict(sorted({**top, **newer}.items()))


def _bare(schema: Json) -> Json:
    return {key: value for key, value in schema.items() if key not in {"$schema", "title"}}


def _in_camel_case(variant: Json) -> Json:
    return {
        **variant,
        "properties": {camel(name): body for name, body in variant["properties"].items()},
        "required": [camel(name) for name in variant.get("required", [])],
    }


def text_of(schema: Any) -> str:
    """Return the first paragraph of a description, on one line."""
    raw = cast("Json", schema).get("description", "") if isinstance(schema, dict) else ""
    first = str(raw).strip().split("\n\n", 1)[0]
    return re.sub(r"\s+", " ", first).strip()


class Builder:
    """Turns the definitions into nodes; owns the class names."""

    def __init__(self, schema: Json, doc_of: dict[str, str]) -> None:
        """Take the bundle and, by definition, the sentence that says which method it belongs to."""
        self.schemas = {
            name: body
            for name, body in merge_namespaces(schema).items()
            if name not in overrides.METHOD_UNIONS
        }
        self._doc_of = doc_of
        self._enums: dict[str, EnumClass] = {}
        self._used: set[object] = set()
        self._nodes: list[Node] = []

    def build(self) -> dict[str, Definition]:
        """Return every definition with its nodes."""
        built: dict[str, Definition] = {}
        order = sorted(self.schemas, key=lambda name: not self._is_enum(name))  # defaults look enums up
        for name in order:
            self._nodes = []
            self._definition(name, self.schemas[name])
            built[name] = Definition(name, self._nodes)
        self._check_overrides()
        names = [node.name for definition in built.values() for node in definition.nodes]
        if twice := {name for name in names if names.count(name) > 1}:
            raise SchemaShapeError(f"names that are generated more than once: {sorted(twice)}")
        return dict(sorted(built.items()))

    def _check_overrides(self) -> None:
        known = {*overrides.VARIANT_NAMES, *overrides.EXTRA_ENUMS, *overrides.CAMEL_CASE_VARIANTS}
        stale = known - self._used
        if stale:
            raise SchemaShapeError(f"overrides that no longer apply: {sorted(map(str, stale))}")

    # Definitions

    def _definition(self, name: str, schema: Json) -> None:
        doc = self._doc(name, schema)
        if self._is_enum(name):
            self._enum(name, doc, schema)
        elif (variants := schema.get("oneOf") or schema.get("anyOf")) is not None:
            self._union(name, doc, schema, cast("list[Json]", variants))
        elif schema.get("type") == "object" and not schema.get("additionalProperties"):
            self._known_keys(schema, name, {"type", "properties", "required", "additionalProperties"})
            self._model(name, doc, schema)
        elif "properties" in schema:  # additional properties: every model keeps them
            self._model(name, doc, schema)
        else:
            self._nodes.append(Alias(name, doc, self._type(schema, name)))

    def _doc(self, name: str, schema: Json) -> str:
        parts = [self._doc_of.get(name, ""), text_of(schema)]
        return "\n\n".join(part for part in parts if part) or f"`{name}` of the protocol."

    def _is_enum(self, name: str) -> bool:
        schema = self.schemas[name]
        if name in overrides.EXTRA_ENUMS:
            return True
        options = schema.get("oneOf") or [schema]
        return all(option.get("type") == "string" and "enum" in option for option in options)

    def _enum(self, name: str, doc: str, schema: Json) -> None:
        members: list[tuple[str, str]] = []
        if name in overrides.EXTRA_ENUMS:
            self._used.add(name)
            values, reason = overrides.EXTRA_ENUMS[name]
            if "enum" in schema:
                raise SchemaShapeError(f"{name}: the schema lists values now; drop the override")
            doc = f"{doc}\n\n{reason}"
            members = [(value, "") for value in values]
        for option in cast("list[Json]", schema.get("oneOf") or [schema]):
            whole = option is schema
            members += [(value, "" if whole else text_of(option)) for value in option.get("enum", [])]
        self._add_enum(EnumClass(name, doc, self._members(name, members)))

    def _members(self, name: str, values: list[tuple[str, str]]) -> list[tuple[str, str, str]]:
        members = [(attribute(value, ENUM_NAMES), value, doc) for value, doc in values]
        if len({attr for attr, _, _ in members}) != len(members):
            raise SchemaShapeError(f"{name}: two values give the same attribute name")
        return members

    def _add_enum(self, enum: EnumClass) -> None:
        self._enums[enum.name] = enum
        self._nodes.append(enum)

    def _union(self, name: str, doc: str, schema: Json, variants: list[Json]) -> None:
        objects = [variant for variant in variants if "properties" in variant]
        strings = [variant for variant in variants if variant.get("type") == "string" and "enum" in variant]
        catch_all = [variant for variant in variants if variant.get("type") == ["string", "object"]]
        if len(objects) == len(variants) and (discriminator := self._discriminator(objects)):
            self._tagged(name, doc, schema, objects, discriminator)
        elif strings and len(objects) + len(strings) + len(catch_all) == len(variants):
            self._keyed(name, doc, strings, objects)
        elif "properties" in schema:
            raise SchemaShapeError(f"{name}: properties beside a union that has no discriminator")
        else:
            self._nodes.append(Alias(name, doc, self._open_union(name, variants)))

    @staticmethod
    def _discriminator(variants: list[Json]) -> str:
        """Return the property that has one fixed value in each variant."""
        first = cast("Json", variants[0]["properties"])
        for wire in sorted(
            wire for wire in first if all(wire in variant["properties"] for variant in variants)
        ):
            bodies: list[Any] = [variant["properties"][wire] for variant in variants]
            if all(
                isinstance(body, dict) and len(cast("Json", body).get("enum", [])) == 1 for body in bodies
            ):
                return wire
        return ""

    def _tagged(self, name: str, doc: str, schema: Json, variants: list[Json], wire: str) -> None:
        attr = attribute(wire, MODEL_NAMES)
        renamed = "" if attr == wire else f', field="{attr}"'
        common = self._fields(schema, name)
        tag_doc = "Tells the variants apart; any string in a variant that is not known here."
        base_tag = Field(attr, wire, Type("str"), None, tag_doc)
        self._nodes.append(
            ModelClass(name, doc, [base_tag, *common], "WireUnion", f', discriminator="{wire}"{renamed}')
        )
        if name in overrides.CAMEL_CASE_VARIANTS:
            self._used.add(name)
            variants = [_in_camel_case(variant) for variant in variants]
        for variant in variants:
            tag = variant["properties"][wire]["enum"][0]
            class_name = self._variant_name(name, variant, tag)
            rest = {key: body for key, body in variant["properties"].items() if key != wire}
            fields = self._fields({**variant, "properties": rest}, class_name)
            kind = Field(attr, wire, Type(f'Literal["{tag}"]'), f'"{tag}"', "")
            variant_doc = text_of(variant) or f"`{name}` with `{wire}` `{tag}`."
            self._nodes.append(ModelClass(class_name, variant_doc, [kind, *fields], name, f', tag="{tag}"'))

    def _variant_name(self, owner: str, variant: Json, tag: str) -> str:
        if (owner, tag) in overrides.VARIANT_NAMES:
            self._used.add((owner, tag))
            return overrides.VARIANT_NAMES[owner, tag]
        return class_from_title(variant.get("title", "")) or f"{pascal(tag)}{owner}"

    def _keyed(self, name: str, doc: str, strings: list[Json], objects: list[Json]) -> None:
        values = [
            (value, "" if len(option["enum"]) > 1 else text_of(option))
            for option in strings
            for value in option["enum"]
        ]
        alias = f"Any{name}"
        self._add_enum(EnumClass(name, doc, self._members(name, values), "MixedEnum", alias))
        keys: list[tuple[str, str]] = []
        for variant in objects:
            if len(variant["properties"]) != 1:
                raise SchemaShapeError(f"{name}: an object with more than one key among strings")
            (key,) = variant["properties"]
            class_name = self._variant_name(name, variant, key)
            variant_doc = text_of(variant) or f"`{name}` as an object with the key `{key}`."
            body = variant["properties"][key]
            if isinstance(body, dict) and "properties" in body:
                details = f"{class_name}Details"
                self._model(details, f"What `{class_name}` holds.", cast("Json", body))
                fields = self._fields(variant, class_name, inline={key: Type(details, frozenset({details}))})
            else:
                fields = self._fields(variant, class_name)
            self._nodes.append(ModelClass(class_name, variant_doc, fields))
            keys.append((key, class_name))
        union = " | ".join([name, *(class_name for _, class_name in keys), "dict[str, JsonValue]"])
        table = ", ".join(f'"{key}": {class_name}' for key, class_name in keys)
        text = f"Annotated[{union}, KeyedUnion({name}, {{{table}}})]"
        self._nodes.append(
            Alias(alias, f"`{name}`: a string, an object, or an object not known here.", Type(text))
        )

    def _model(self, name: str, doc: str, schema: Json) -> None:
        self._nodes.append(ModelClass(name, doc, self._fields(schema, name)))

    # Fields

    def _fields(self, schema: Json, owner: str, *, inline: dict[str, Type] | None = None) -> list[Field]:
        properties: dict[str, Any] = dict(schema.get("properties", {}))
        required = set(schema.get("required", []))
        if "anyOf" in schema:  # alternatives inside a variant: one of several properties is given
            for option in schema["anyOf"]:
                properties |= option["properties"]
        fields = [
            self._field(wire, body, owner, required=wire in required, given=(inline or {}).get(wire))
            for wire, body in properties.items()
        ]
        if len({item.name for item in fields}) != len(fields):
            raise SchemaShapeError(f"{owner}: two properties give the same attribute name")
        return sorted(fields, key=lambda item: item.default is not None)

    def _field(self, wire: str, body: Any, owner: str, *, required: bool, given: Type | None) -> Field:
        name = attribute(wire, MODEL_NAMES)
        kind = given or self._type(body, f"{owner}{pascal(wire)}")
        if required:
            return Field(name, wire, kind, None, text_of(body))
        default = cast("Json", body).get("default") if isinstance(body, dict) else None
        if default is None:
            return Field(name, wire, kind | NONE, "None", text_of(body))
        text, refs = self._default(default, kind, f"{owner}.{wire}")
        return Field(name, wire, kind, text, text_of(body), refs)

    def _default(self, value: object, kind: Type, place: str) -> tuple[str, frozenset[str]]:
        if isinstance(value, (bool, int, float)) or value == []:
            return repr(value), frozenset()
        enum = next((self._enums[ref] for ref in self._without_any(kind.refs) if ref in self._enums), None)
        if isinstance(value, str):
            if enum is None:
                return _quoted(value), frozenset()
            attr = next((attr for attr, known, _ in enum.members if known == value), None)
            return f"{enum.name}.{attr}" if attr else f"{enum.name}({_quoted(value)})", frozenset({enum.name})
        if isinstance(value, list) and all(isinstance(item, str) for item in cast("list[object]", value)):
            parts = [self._default(item, kind, place) for item in cast("list[object]", value)]
            refs = frozenset(ref for _, part in parts for ref in part)
            return f"[{', '.join(text for text, _ in parts)}]", refs
        raise SchemaShapeError(f"{place}: a default of this kind is not known: {value!r}")

    @staticmethod
    def _without_any(refs: frozenset[str]) -> list[str]:
        return sorted(ref.removeprefix("Any") for ref in refs)

    # Type expressions

    def _type(self, schema: Any, place: str) -> Type:
        if schema is True:
            return JSON
        if not isinstance(schema, dict):
            raise SchemaShapeError(f"{place}: {schema!r}")
        body = cast("Json", schema)
        if "$ref" in body:
            self._known_keys(body, place, {"$ref"})
            return self._ref(body["$ref"])
        if "allOf" in body:
            self._known_keys(body, place, {"allOf"})
            if len(body["allOf"]) != 1:
                raise SchemaShapeError(f"{place}: allOf of several")
            return self._type(body["allOf"][0], place)
        if (options := body.get("anyOf") or body.get("oneOf")) is not None:
            self._known_keys(body, place, {"anyOf", "oneOf"})
            return self._plain_union(place, options)
        self._known_keys(
            body, place, {"type", "enum", "items", "properties", "required", "additionalProperties"}
        )
        names = body.get("type")
        if names is None:
            return JSON
        several = cast("list[str]", names if isinstance(names, list) else [names])
        kinds = [self._named(kind, body, place) for kind in several]
        result = kinds[0]
        for kind in kinds[1:]:
            result |= kind
        return result

    def _named(self, kind: Any, body: Json, place: str) -> Type:
        if "enum" in body and kind == "string":
            values: list[str] = body["enum"]
            if len(values) == 1:
                return Type(f'Literal["{values[0]}"]')
            self._add_enum(
                EnumClass(
                    place, f"Values of `{place}`.", self._members(place, [(value, "") for value in values])
                )
            )
            return Type(place, frozenset({place}))
        if kind == "array":
            return self._type(body.get("items", True), f"{place}Item").wrap("list[{}]")
        if kind == "object":
            if "properties" in body:
                self._model(place, text_of(body) or f"`{place}` of the protocol.", body)
                return Type(place, frozenset({place}))
            return self._type(body.get("additionalProperties", True) or True, f"{place}Value").wrap(
                "dict[str, {}]"
            )
        if kind not in _SCALARS:
            raise SchemaShapeError(f"{place}: type {kind!r}")
        return Type(_SCALARS[kind])

    def _open_union(self, name: str, variants: list[Json]) -> Type:
        kind = self._plain_union(name, variants)
        if all(variant.get("type") in {"string", "integer"} for variant in variants):
            return kind  # request ids: nothing else is an id
        models = self._models_in(name)
        if not models:
            return kind | JSON
        if len(models) == 1:
            return kind  # a nullable model, which is open itself
        shapes = ", ".join(models)
        return Type(f"Annotated[{(kind | JSON).text}, ShapeUnion({shapes})]", kind.refs | set(models))

    def _models_in(self, name: str) -> list[str]:
        """Return the model names if the definition is a union of models and null only, flattened."""
        schema = self.schemas[name]
        options = cast("list[Json]", schema.get("anyOf") or [])
        if not options:
            return [name] if schema.get("type") == "object" else []
        found: list[str] = []
        for option in options:
            if "$ref" in option:
                inner = self._models_in(option["$ref"].rsplit("/", 1)[-1])
                if not inner:
                    return []
                found += inner
            elif "properties" in option:
                found.append(self._alternative_name(name, option, options))
            elif option.get("type") != "null":
                return []
        return found

    def _alternative_name(self, place: str, option: Json, options: list[Json]) -> str:
        return class_from_title(option.get("title", "")) or self._name_by_required(place, option, options)

    def _plain_union(self, place: str, options: list[Json]) -> Type:
        kinds: list[Type] = []
        for option in options:
            if "properties" in option:
                name = self._alternative_name(place, option, options)
                self._model(
                    name, text_of(option) or f"`{place}` that has `{name.removesuffix(place)}`.", option
                )
                kinds.append(Type(name, frozenset({name})))
            else:
                kinds.append(self._type(option, place))
        nulls = [kind for kind in kinds if kind.text == "None"]
        result, *rest = [kind for kind in kinds if kind.text != "None"]
        for kind in [*rest, *nulls[:1]]:
            result |= kind
        return result

    @staticmethod
    def _name_by_required(place: str, option: Json, options: list[Json]) -> str:
        others: set[str] = set()
        for other in options:
            if other is not option:
                others |= set(other.get("required", []))
        own = sorted(set(option.get("required", [])) - others)
        if not own:
            raise SchemaShapeError(f"{place}: no name for an alternative without title")
        return "".join(map(pascal, own)) + place

    def _ref(self, pointer: str) -> Type:
        name = pointer.rsplit("/", 1)[-1]
        if name not in self.schemas:
            raise SchemaShapeError(f"{pointer}: no such definition")
        if self._is_mixed(name):
            name = f"Any{name}"
        return Type(name, frozenset({name}))

    def _is_mixed(self, name: str) -> bool:
        options = cast("list[Json]", self.schemas[name].get("oneOf") or self.schemas[name].get("anyOf") or [])
        return any("enum" in option for option in options) and any(
            "properties" in option for option in options
        )

    @staticmethod
    def _known_keys(schema: Json, place: str, known: set[str]) -> None:
        if unknown := set(schema) - known - _SILENT:
            raise SchemaShapeError(f"{place}: not understood: {sorted(unknown)}")


def _quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
