"""Blocks of messages, those within others included; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from llama_index.core.base.llms.types import CitableBlock, CitationBlock

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from llama_index.core.base.llms.types import ContentBlock

__all__ = ["plain_blocks"]


def plain_blocks(blocks: Iterable[ContentBlock]) -> Iterator[ContentBlock]:
    """Yield the blocks, and in place of citations what they hold."""
    for block in blocks:
        if isinstance(block, CitableBlock):
            yield from plain_blocks(cast("list[ContentBlock]", block.content))
        elif isinstance(block, CitationBlock):
            yield block.cited_content
        else:
            yield block
