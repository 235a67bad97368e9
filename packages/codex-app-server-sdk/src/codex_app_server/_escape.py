"""Makes text of the model, of commands and of servers harmless: what could move, hide or disguise is spelled out."""

from __future__ import annotations

import re

__all__ = ["cut", "one_line", "spelled_out", "visible", "without_colors"]

# Printable as far as `str.isprintable` goes, and yet nothing is to be seen of them.
_INVISIBLE = "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180e\u180f\u2800\u3164\uffa0" + "".join(
    map(chr, range(0xFE00, 0xFE10))
)
# Programs colour their output also where nobody asked them to; without the colours it says the same.
_COLORS = re.compile(r"\x1b\[[0-9;]*m")
_MAX_COLUMNS = 400


def spelled_out(char: str) -> str:
    """Return a character, or its number where it is a control, escape, direction or invisible one."""
    return char if char.isprintable() and char not in _INVISIBLE else f"<U+{ord(char):04X}>"


def visible(text: str) -> str:
    """Return the text with each control, escape, direction or invisible character as `<U+001B>`.

    Line feeds and tabs stay; a carriage return before a line feed goes.
    """
    text = text.replace("\r\n", "\n")
    if text.isascii() and text.isprintable():
        return text
    return "".join(char if char in "\n\t" else spelled_out(char) for char in text)


def one_line(text: str) -> str:
    """Return the text on one line, with its line feeds and tabs spelled out as well."""
    return visible(text).replace("\n", "<U+000A>").replace("\t", "<U+0009>")


def without_colors(text: str) -> str:
    """Return the output of a command without the sequences that only colour it."""
    return _COLORS.sub("", text)


def cut(line: str) -> str:
    """Return a line that is not longer than somebody would read; a mark tells what is missing."""
    if len(line) <= _MAX_COLUMNS:
        return line
    return f"{line[:_MAX_COLUMNS]} ... ({len(line) - _MAX_COLUMNS} characters more)"
