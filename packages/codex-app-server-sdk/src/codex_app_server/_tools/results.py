"""What a function returned, as what the model gets to see."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, cast

from codex_app_server.errors import ToolError
from codex_app_server.inputs import ImageInput, LocalImageInput, TextInput

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from codex_app_server.questions import ToolContent

__all__ = ["result_content"]

_PARTS = (TextInput, ImageInput, LocalImageInput)
_IMAGE_BYTES = 20 * 1024 * 1024


def result_content(value: object) -> list[ToolContent]:
    """Return the content that answers a call, for what a tool returned.

    A str is taken as it is, and so are `TextInput` and `ImageInput`; a `LocalImageInput` is read, from this
    machine, and becomes a `data:` URL. A list or tuple with one of these in it is several parts. Everything else
    is written as JSON (so also a list of str): dicts, lists, numbers, None, dataclasses, pydantic models (by alias),
    enums, dates and what else pydantic writes. NaN and infinity, which JSON does not have, become null.

    Raises:
        TypeError: The value has no JSON form, as bytes have none.
        ToolError: An image cannot be read, is too large or is no image.
    """
    several = _several(value)
    if any(isinstance(item, _PARTS) for item in several):
        return [_part(item) for item in several]
    return [_part(value)]


def _several(value: object) -> Sequence[object]:
    return cast("Sequence[object]", value) if isinstance(value, (list, tuple)) else ()


def _part(value: object) -> ToolContent:
    if isinstance(value, (TextInput, ImageInput)):
        return value
    if isinstance(value, LocalImageInput):
        return ImageInput(_data_url(value.path))
    if isinstance(value, str):
        # The text itself also of a subclass that prints otherwise, such as an enum.
        return str.__str__(value)
    return _json_text(value)


def _json_text(value: object) -> str:
    try:
        text = _to_json(value)
    except (ValueError, RecursionError) as exc:
        raise TypeError(
            f"the result, {type(value).__name__!r}, has no JSON form ({exc}): return text, images, or what JSON knows"
        ) from exc
    _refuse_opaque(value)
    return text


def _to_json(value: object) -> str:
    from pydantic_core import PydanticSerializationError, to_json, to_jsonable_python  # noqa: PLC0415 - not for text

    try:
        return to_json(value, inf_nan_mode="null").decode()
    except PydanticSerializationError:
        # Lone surrogates, as in the names that `os.listdir` has for some files, pass this way; the connection
        # replaces them.
        plain = to_jsonable_python(value, inf_nan_mode="null")
        return json.dumps(plain, ensure_ascii=False, separators=(",", ":"))


def _refuse_opaque(value: object) -> None:
    """Refuse what pydantic writes as text though no model could make use of it."""
    if isinstance(value, (bytes, bytearray, memoryview)):
        raise TypeError(
            "the result has bytes in it, which have no JSON form: decode them, or return an image"
        )
    if isinstance(value, _PARTS):
        raise TypeError(
            f"the result has a {type(value).__name__} inside other data, where it cannot be shown: "
            "return it alone or in a list"
        )
    inner: Iterable[object] = ()
    if isinstance(value, Mapping):
        inner = cast("Mapping[object, object]", value).values()
    elif isinstance(value, (list, tuple, AbstractSet)):
        inner = cast("Iterable[object]", value)
    for each in inner:
        _refuse_opaque(each)


def _data_url(path: str | os.PathLike[str]) -> str:
    import binascii  # noqa: PLC0415 - few tools return files
    from pathlib import Path  # noqa: PLC0415

    try:
        with Path(path).open("rb") as file:
            data = file.read(_IMAGE_BYTES + 1)
    except OSError as exc:
        raise ToolError(f"the image {os.fspath(path)!r} cannot be read: {exc.strerror or exc}") from exc
    if len(data) > _IMAGE_BYTES:
        raise ToolError(f"the image {os.fspath(path)!r} is larger than {_IMAGE_BYTES // 2**20} MiB")
    kind = _image_type(data)
    if kind is None:
        raise ToolError(f"the file {os.fspath(path)!r} is no PNG, JPEG, GIF or WebP image")
    return f"data:{kind};base64,{binascii.b2a_base64(data, newline=False).decode()}"


def _image_type(data: bytes) -> str | None:
    """Return the media type by the first bytes: a name says nothing about what is in the file."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "image/webp"
    return None
