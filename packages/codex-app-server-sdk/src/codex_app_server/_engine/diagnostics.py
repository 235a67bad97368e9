"""What may be shown of the server's stderr: the tail, without colours and without secrets."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["stderr_tail", "without_secrets"]

_TAIL_CHARS = 2048
_ESCAPES = re.compile(r"\x1b(\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)|[@-Z\\-_])")
_CONTROLS = re.compile(r"[^\S\n\t ]|[\x00-\x08\x0b-\x1f\x7f]")
_SECRETS = re.compile(
    r"\bsk-[A-Za-z0-9_-]{6,}|\beyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_.-]+"
    r"|(?i:\bbearer\s+)\S+|(?i:(?:api[_-]?key|token|secret|password|authorization)[\"']?\s*[:=]\s*(?:bearer\s+|basic\s+)?)[\"']?[^\s\"',]+"
)
_SECRET_NAME = re.compile(r"(?i)key|token|secret|password|credential|auth")


def stderr_tail(stderr: bytes, env: Mapping[str, str]) -> str:
    """Return the end of what the server wrote to stderr, fit for an error message.

    Args:
        stderr: The last bytes of it.
        env: Variables that the server was given; the values of those named like secrets are removed.
    """
    text = _CONTROLS.sub("", _ESCAPES.sub("", stderr.decode("utf-8", "replace")))
    for name, value in env.items():
        if len(value) >= 6 and _SECRET_NAME.search(name):
            text = text.replace(value, "[redacted]")
    return without_secrets(text)[-_TAIL_CHARS:].strip()


def without_secrets(said: object) -> str:
    """Return what somebody else has said, without what looks like a key, a token or a password."""
    return _SECRETS.sub("[redacted]", str(said))
