"""Images of LlamaIndex -> `data:` URLs, the only form that the server takes."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from llama_index.core.base.llms.types import ImageBlock

if TYPE_CHECKING:
    from collections.abc import Iterable

    from llama_index.core.base.llms.types import ContentBlock

__all__ = ["image_url", "must_be_loaded"]


def image_url(block: ImageBlock) -> str:
    """Return an image as a `data:` URL, the only form that the server takes; reads files and URLs."""
    url = str(block.url) if block.url else ""
    if url.startswith("data:"):
        return url
    content = block.resolve_image().read()
    mimetype = block.image_mimetype or ImageBlock(image=content).image_mimetype or "image/png"
    return f"data:{mimetype};base64,{base64.b64encode(content).decode()}"


def must_be_loaded(blocks: Iterable[ContentBlock]) -> bool:
    """Whether there are images that have to be read from a file or a URL."""
    return any(
        isinstance(block, ImageBlock) and not block.image and not str(block.url or "").startswith("data:")
        for block in blocks
    )
