"""Fetches the remote images of items, which the app-server refuses. Blocks; nothing else in this package reads URLs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["ImageFetch", "fetched", "need_fetch"]

ImageFetch: TypeAlias = Literal["public", "any", "never"]
"""From which addresses images may be fetched."""


def need_fetch(items: Sequence[dict[str, Any]]) -> bool:
    """Tell whether there is a remote image in what is to be sent."""
    return any(_is_remote(part) for item in items for part in _parts(item))


def fetched(items: Sequence[dict[str, Any]], *, allow: ImageFetch) -> list[dict[str, Any]]:
    """Return the items with remote images in them.

    Raises:
        ValueError: Images must not be fetched.
        ImageFetchError: One of them cannot be had.
    """
    return [_fetched(item, allow) if any(map(_is_remote, _parts(item))) else item for item in items]


def _fetched(item: dict[str, Any], allow: ImageFetch) -> dict[str, Any]:
    key = "content" if item["type"] == "message" else "output"
    return {**item, key: [_loaded(part, allow) if _is_remote(part) else part for part in item[key]]}


def _loaded(part: dict[str, Any], allow: ImageFetch) -> dict[str, Any]:
    from codex_app_server.images import fetch_image  # noqa: PLC0415 - few calls have remote images

    url: str = part["image_url"]
    if allow == "never":
        raise ValueError(
            f"the image {url[:80]!r} is remote and image_fetch is 'never': give its data (base64) or a data: URL"
        )
    return {**part, "image_url": fetch_image(url, allow_private=allow == "any")}


def _parts(item: dict[str, Any]) -> Iterator[dict[str, Any]]:
    parts: object = item.get("content") or item.get("output")
    if isinstance(parts, list):
        yield from cast("list[dict[str, Any]]", parts)


def _is_remote(part: dict[str, Any]) -> bool:
    return str(part.get("image_url") or "").startswith(("https://", "http://"))
