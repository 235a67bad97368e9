"""What a docstring tells the model: the description of the tool and of its parameters."""

from __future__ import annotations

import inspect

__all__ = ["read_docstring"]


def read_docstring(docstring: str | None) -> tuple[str, dict[str, str]]:
    """Split a docstring into the description and the descriptions of the parameters.

    Google, numpy and ReST forms are understood. Sections about results, errors and examples are left out.
    """
    text = inspect.cleandoc(docstring or "")
    if "\n" not in text:
        return text, {}
    import docstring_parser  # noqa: PLC0415 - most programs that import this package have no tools

    try:
        parsed = docstring_parser.parse(text)
    except (docstring_parser.ParseError, IndexError, ValueError):
        # It stumbles over some texts that are no docstrings of its kind (IndexError, seen with 0.18).
        return text, {}
    described = {
        name.strip(" *"): param.description.strip()
        for param in parsed.params
        # In numpy form several parameters may share a description.
        for name in param.arg_name.split(",")
        if param.description
    }
    return (parsed.description or "").strip(), described
