"""Stop sequences, cut off on this side of the wire: the app-server has no such option. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["StopFilter"]


class StopFilter:
    """Lets text through up to the stop sequence that is complete first.

    What may turn out to be the beginning of a stop sequence is held back, so that the outcome does
    not depend on how the text was cut into pieces.

    Args:
        sequences: The stop sequences; empty ones are not taken into account.

    Attributes:
        found: The stop sequence that was met, None as long as there was none.
    """

    def __init__(self, sequences: Sequence[str] = ()) -> None:
        self._sequences = tuple(sequence for sequence in sequences if sequence)
        self._held: str = ""
        self.found: str | None = None

    def feed(self, text: str) -> str:
        """Take more text and return what is let through."""
        if self.found is not None:
            return ""
        if not self._sequences:
            return text
        text = self._held + text
        # The first to be complete ends the text, as if it came letter by letter; of several, the longest.
        hits = [
            (start + len(sequence), start, sequence)
            for sequence in self._sequences
            if (start := text.find(sequence)) >= 0
        ]
        if hits:
            _, start, self.found = min(hits)
            self._held = ""
            return text[:start]
        keep = max(_overlap(text, sequence) for sequence in self._sequences)
        self._held = text[len(text) - keep :]
        return text[: len(text) - keep]

    def flush(self) -> str:
        """Return what was held back: no more text comes."""
        held = self._held
        self._held = ""
        return held


def _overlap(text: str, sequence: str) -> int:
    """Return the length of the longest end of `text` that `sequence` begins with."""
    return next(
        (
            size
            for size in range(min(len(text), len(sequence) - 1), 0, -1)
            if sequence.startswith(text[-size:])
        ),
        0,
    )
