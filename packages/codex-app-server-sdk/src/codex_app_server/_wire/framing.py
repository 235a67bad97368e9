"""Cuts the server's output into lines. Bytes in, lines out; keeps the rest for the next chunk."""

from __future__ import annotations

__all__ = ["LineSplitter", "OversizedLine"]

# What is kept of a line that is too long: enough to find the thread and the turn that it was about.
_KEPT_BYTES = 64 * 1024


class OversizedLine:
    """Stands in the output of `LineSplitter.feed` for a line that was longer than allowed.

    Attributes:
        head: The first bytes of it.
        size_bytes: Its full length.
    """

    __slots__ = ("head", "size_bytes")

    def __init__(self, head: bytes, size_bytes: int) -> None:
        self.head = head
        self.size_bytes = size_bytes


class LineSplitter:
    """Splits a byte stream at newlines; lines of any length up to a bound.

    Args:
        max_line_bytes: A longer line is dropped as it comes, and reported as an `OversizedLine`
            when its end arrives; the lines after it are not affected.
    """

    def __init__(self, max_line_bytes: int) -> None:
        self._max = max_line_bytes
        self._parts: list[bytes] = []
        self._size = 0

    @property
    def pending_bytes(self) -> int:
        """Size of the line that has begun and not ended."""
        return self._size

    def feed(self, chunk: bytes) -> list[bytes | OversizedLine]:
        """Take the next bytes; return the lines that they complete, without their newlines."""
        first, newline, rest = chunk.partition(b"\n")
        if not newline:
            self._keep(chunk)
            return []
        lines: list[bytes | OversizedLine] = []
        if self._parts:
            self._keep(first)
            lines.append(self._take())
        else:
            lines.append(self._checked(first))
        more = rest.split(b"\n")
        tail = more.pop()
        lines += more if len(rest) <= self._max else [self._checked(line) for line in more]
        if tail:
            self._keep(tail)
        return lines

    def finish(self) -> bytes:
        """Return what is left when the stream has ended: a last line without its newline, or half of one."""
        data = b"".join(self._parts)
        self._parts = []
        self._size = 0
        return data

    def _checked(self, line: bytes) -> bytes | OversizedLine:
        return line if len(line) <= self._max else OversizedLine(line[:_KEPT_BYTES], len(line))

    def _keep(self, part: bytes) -> None:
        self._size += len(part)
        if self._size <= self._max:
            self._parts.append(part)
        else:
            head = b"".join(self._parts)[:_KEPT_BYTES]
            self._parts = [head + part[: _KEPT_BYTES - len(head)]]

    def _take(self) -> bytes | OversizedLine:
        data = b"".join(self._parts)
        size, self._size = self._size, 0
        self._parts = []
        return data if size <= self._max else OversizedLine(data, size)
