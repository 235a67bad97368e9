"""What the generated protocol types are built from: models, open enums and unions.

Every class here is open to a newer server: unknown fields, enum values and union variants are kept as data
and go back on the wire as they came. A value that is known but does not fit raises `pydantic.ValidationError`.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias, cast

from pydantic import BaseModel, ConfigDict
from pydantic_core import PydanticCustomError, core_schema

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pydantic import GetCoreSchemaHandler, SerializationInfo
    from typing_extensions import Self

    JsonValue: TypeAlias = bool | int | float | str | list["JsonValue"] | dict[str, "JsonValue"] | None
else:
    # Data of unknown shape is passed through unread; checking it would cost time and could only refuse.
    JsonValue = Any

__all__ = [
    "JsonValue",
    "KeyedUnion",
    "MixedEnum",
    "OpenEnum",
    "ShapeUnion",
    "WireModel",
    "WireUnion",
    "member",
]


_build_lock = threading.RLock()


class WireModel(BaseModel):
    """An object of the protocol: snake_case attributes, wire names as aliases, unknown fields kept."""

    # defer_build: the validator of a class is made when it is first used, which most never are.
    # protected_namespaces: the protocol has fields such as `modelProvider`.
    model_config = ConfigDict(
        defer_build=True,
        extra="allow",
        protected_namespaces=(),
        validate_by_alias=True,
        validate_by_name=True,
    )

    if not TYPE_CHECKING:  # the signature is private to pydantic in part

        @classmethod
        def model_rebuild(cls, **options: Any) -> bool | None:
            """Build the validator, which the first use does; one OS thread at a time.

            pydantic 2.12 takes a class apart for a moment while building it, in sight of the others.
            """
            options["_parent_namespace_depth"] = options.get("_parent_namespace_depth", 2) + 1
            with _build_lock:
                return super().model_rebuild(**options)

    def to_wire(self) -> dict[str, JsonValue]:
        """Return the JSON-able object for the wire.

        Wire names are used, fields that were not given are left out, and an explicit None becomes null.
        """
        return self.model_dump(mode="json", by_alias=True, exclude_unset=True)


class _Member:
    """Stands for a known value in the body of an `OpenEnum` until the class exists."""

    __slots__ = ("value",)

    def __init__(self, value: str) -> None:
        self.value = value


def member(value: str) -> Any:
    """Declare a known value in the body of an `OpenEnum`; the class turns it into an instance of itself."""
    return _Member(value)


class OpenEnum(str):
    """A string with known values as class attributes, which accepts any other string as well.

    Known values are single objects, but compare with `==`: an instance equals the plain string.
    """

    __slots__ = ()

    _by_value: ClassVar[dict[str, Any]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls._by_value = {}
        for name, entry in list(vars(cls).items()):
            if isinstance(entry, _Member):
                instance = str.__new__(cls, entry.value)
                setattr(cls, name, instance)
                cls._by_value[entry.value] = instance

    def __new__(cls, value: str) -> Self:
        """Return the known instance for `value`, or a new one that is not known."""
        if not isinstance(value, str):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError(f"{cls.__name__} takes a string, not {value!r}")
        known: Self | None = cls._by_value.get(value)
        return str.__new__(cls, value) if known is None else known

    @property
    def value(self) -> str:
        """The plain string."""
        return str(self)

    @property
    def is_known(self) -> bool:
        """Whether the schema that these types were generated from lists this value."""
        return self in self._by_value

    @classmethod
    def known(cls) -> tuple[Self, ...]:
        """Return the known values in the order of the schema."""
        return tuple(cls._by_value.values())

    @classmethod
    def model_validate(cls, value: object) -> Self:
        """Return the instance for a value from the wire, like the method of the models.

        Raises:
            TypeError: The value is not a string.
        """
        return cls(cast("str", value))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"

    def __reduce__(self) -> tuple[type[Self], tuple[str]]:
        return type(self), (str(self),)

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: type[Any], handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        """Validate any string into the class; serialise it as the string that it is."""
        return core_schema.no_info_after_validator_function(
            cls, core_schema.str_schema(), serialization=core_schema.simple_ser_schema("str")
        )


def _dump_by_own_class(value: object, info: SerializationInfo) -> object:
    """Serialise a model by its own class where the field is annotated with something wider.

    `SerializeAsAny` would do, were it not that it fails on a model of a class that is not built yet,
    such as one that comes out of a pickle.
    """
    if not isinstance(value, BaseModel):
        return str(value) if isinstance(value, OpenEnum) and info.mode == "json" else value
    return value.__pydantic_serializer__.to_python(
        value,
        mode=info.mode,
        include=cast("Any", info.include),  # the two sides name the same thing differently
        exclude=cast("Any", info.exclude),
        context=info.context,
        by_alias=info.by_alias,
        exclude_unset=info.exclude_unset,
        exclude_defaults=info.exclude_defaults,
        exclude_none=info.exclude_none,
        round_trip=info.round_trip,
        serialize_as_any=info.serialize_as_any,
    )


class WireUnion(WireModel):
    """Base of a union of objects that one property, the discriminator, tells apart.

    A direct subclass (`class ThreadItem(WireUnion, discriminator="type")`) is the union: validating it, or a
    field annotated with it, gives the variant that the discriminator names by one dict lookup. An unknown
    discriminator gives an instance of the union class itself, with all data kept. Its subclasses
    (`class PlanThreadItem(ThreadItem, tag="plan")`) are the variants.
    """

    _wire_discriminator: ClassVar[str]
    _discriminator: ClassVar[str]
    _variants: ClassVar[dict[str, type[WireUnion]]]
    _is_variant: ClassVar[bool] = False

    def __init_subclass__(
        cls, *, discriminator: str = "", field: str = "", tag: str = "", **kwargs: Any
    ) -> None:
        super().__init_subclass__(**kwargs)
        if discriminator:
            cls._wire_discriminator = discriminator
            cls._discriminator = field or discriminator
            cls._variants = {}
        elif tag:
            cls._is_variant = True
            cls._variants[tag] = cls

    if not TYPE_CHECKING:  # the signature that type checkers see is made from the fields

        def __init__(self, /, **data: Any) -> None:
            if not self._is_variant and (variant := self._variant_for(data)) is not None:
                raise TypeError(f"use {variant.__name__}(...) for this variant of {type(self).__name__}")
            super().__init__(**data)

        # As pydantic marks its own: validation need not go through this method.
        __init__.__pydantic_base_init__ = True

    def model_post_init(self, _context: Any, /) -> None:
        """Count the discriminator as given, so that it is sent although it has a default."""
        self.__pydantic_fields_set__.add(self._discriminator)

    @classmethod
    def _variant_for(cls, data: Mapping[str, object]) -> type[WireUnion] | None:
        tag = data.get(cls._wire_discriminator)
        if tag is None:
            tag = data.get(cls._discriminator)
        return cls._variants.get(tag) if isinstance(tag, str) else None

    @classmethod
    def _validate(cls, value: object, handler: Callable[[object], object]) -> object:
        if isinstance(value, cls):
            return value
        if isinstance(value, dict):
            data = cast("dict[str, object]", value)
            variant = cls._variant_for(data)
            if variant is not None:
                return variant.__pydantic_validator__.validate_python(data)
            return handler(data)
        return handler(value)

    @classmethod
    def _dump(cls, value: object, handler: Callable[[object], object], info: SerializationInfo) -> object:
        return handler(value) if type(value) is cls else _dump_by_own_class(value, info)

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: type[Any], handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        """Dispatch on the union class; a variant is an ordinary model."""
        schema = handler(source)
        if cls._is_variant or "_variants" not in cls.__dict__:
            return schema
        return core_schema.no_info_wrap_validator_function(
            cls._validate,
            schema,
            serialization=core_schema.wrap_serializer_function_ser_schema(
                cls._dump, info_arg=True, schema=schema
            ),
        )


class KeyedUnion:
    """Annotation of a union of strings and of objects with one telling key, such as `AskForApproval`.

    Strings become the enum, an object with a known key becomes that key's model, and any other object stays
    a dict.
    """

    def __init__(self, enum: type[MixedEnum], variants: Mapping[str, type[WireModel]]) -> None:
        self._enum = enum
        self._variants = dict(variants)
        self._classes = tuple(self._variants.values())
        _union_of[enum] = self

    def validate(self, value: object) -> object:
        """Return the enum, model or dict for a value from the wire."""
        if isinstance(value, str):
            return self._enum(value)
        if isinstance(value, dict):
            data = cast("dict[str, object]", value)
            for key in data:
                variant = self._variants.get(key)
                if variant is not None:
                    return variant.__pydantic_validator__.validate_python(data)
            return data
        if isinstance(value, self._classes):
            return value
        raise PydanticCustomError(
            "keyed_union_type", "{name} is a string or an object", {"name": self._enum.__name__}
        )

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        """Look at the value instead of trying one alternative after the other."""
        return core_schema.no_info_plain_validator_function(
            self.validate,
            serialization=core_schema.plain_serializer_function_ser_schema(_dump_by_own_class, info_arg=True),
            json_schema_input_schema=core_schema.any_schema(),
        )


class ShapeUnion:
    """Annotation of a union of objects without a discriminator, such as `ResourceContent`.

    An object becomes the model whose required fields it has, with known values where they are enums; of
    several, the one that knows most of its keys, then the first. Anything else stays as it is.
    """

    def __init__(self, *variants: type[WireModel]) -> None:
        self._variants = variants
        self._shapes: list[_Shape] = []

    def validate(self, value: object) -> object:
        """Return the model for a value from the wire, or the value."""
        if not isinstance(value, dict):
            return value
        data = cast("dict[str, object]", value)
        if not self._shapes:  # made late: it looks at fields, which validation of other types never needs
            self._shapes = [_Shape(variant) for variant in self._variants]
        best = max(self._shapes, key=lambda shape: shape.score(data))
        return best.model.__pydantic_validator__.validate_python(data) if best.score(data) >= 0 else data

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        """Look at the keys instead of trying one alternative after the other."""
        return core_schema.no_info_plain_validator_function(
            self.validate,
            serialization=core_schema.plain_serializer_function_ser_schema(_dump_by_own_class, info_arg=True),
            json_schema_input_schema=core_schema.any_schema(),
        )


class _Shape:
    """What tells one model of a `ShapeUnion` from the others."""

    def __init__(self, model: type[WireModel]) -> None:
        self.model = model
        self._keys: set[str] = set()
        self._required: dict[str, type[OpenEnum] | None] = {}
        for name, field in model.model_fields.items():
            wire = field.validation_alias if isinstance(field.validation_alias, str) else name
            self._keys.add(wire)
            if field.is_required():
                kind = cast("object", field.annotation)
                self._required[wire] = kind if isinstance(kind, type) and issubclass(kind, OpenEnum) else None

    def score(self, data: Mapping[str, object]) -> int:
        """Return how many keys the model knows; -1 if the object is not of this shape."""
        for wire, enum in self._required.items():
            if wire not in data:
                return -1
            text = data[wire]
            if enum is not None and not (isinstance(text, str) and enum(text).is_known):
                return -1
        return len(self._keys & data.keys())


class MixedEnum(OpenEnum):
    """The strings of a union of strings and objects; `model_validate` takes both.

    Annotate with the generated `Any...` alias (`AnyAskForApproval`) where objects may come as well.
    """

    __slots__ = ()

    @classmethod
    def model_validate(cls, value: object) -> Any:
        """Return the enum, model or dict for a value from the wire.

        Raises:
            ValidationError: An object with a known key does not fit its model.
            TypeError: The value is neither a string nor an object.
        """
        try:
            return _union_of[cls].validate(value)
        except PydanticCustomError as exc:
            raise TypeError(exc.message()) from exc


# Enum and union are declared apart, since the union is an annotation that names the enum.
_union_of: dict[type[MixedEnum], KeyedUnion] = {}
