"""Images of LlamaIndex -> `data:` URLs, the only form that the server takes. Reads files and remote images: it blocks."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Literal, TypeAlias

from llama_index.core.base.llms.types import ImageBlock
from llama_index.llms.codex.blocks import plain_blocks

if TYPE_CHECKING:
    from collections.abc import Iterable

    from llama_index.core.base.llms.types import ContentBlock

__all__ = ["ImageFetch", "image_url", "must_be_loaded"]

ImageFetch: TypeAlias = Literal["public", "any", "never"]
"""From which addresses images are fetched: public ones, any, or none."""


def image_url(block: ImageBlock, *, allow: ImageFetch = "public") -> str:
    """Return an image as a `data:` URL.

    Args:
        block: The image: data, a file, or a URL.
        allow: From which addresses it may be fetched.

    Raises:
        ValueError: There is no image in the block, it is of no known kind, or it must not be fetched.
        ImageFetchError: It cannot be fetched.
        OSError: The file cannot be read.
    """
    if block.image is not None:
        return _data_url(block)
    if block.path is not None:
        from codex_app_server.images import local_image_data_url  # noqa: PLC0415 - few calls have images

        return local_image_data_url(block.path)
    url = str(block.url or "")
    if url[:5].lower() == "data:":
        return url
    if url.startswith(("https://", "http://")):
        return _fetched(url, allow)
    if url:
        raise ValueError(
            f"an image cannot be given as {url[:40]!r}: give image= (its bytes), path=, or a data: or https: URL"
        )
    raise ValueError("an ImageBlock is empty: give image= (its bytes), path= or url=")


def _data_url(block: ImageBlock) -> str:
    content = block.resolve_image().read()
    mimetype = block.image_mimetype or ImageBlock(image=content).image_mimetype
    if not mimetype:
        raise ValueError("what kind of image this is cannot be told: give the block an image_mimetype")
    return f"data:{mimetype};base64,{base64.b64encode(content).decode()}"


def _fetched(url: str, allow: ImageFetch) -> str:
    from codex_app_server.images import fetch_image  # noqa: PLC0415 - few calls have remote images

    if allow == "never":
        raise ValueError(
            f"the image {url[:80]!r} is remote and must not be fetched: give its bytes as image="
        )
    return fetch_image(url, allow_private=allow == "any")


def must_be_loaded(blocks: Iterable[ContentBlock]) -> bool:
    """Whether there are images that have to be read from a file or a URL, which blocks."""
    return any(
        isinstance(block, ImageBlock) and not block.image and str(block.url or "")[:5].lower() != "data:"
        for block in plain_blocks(blocks)
    )
