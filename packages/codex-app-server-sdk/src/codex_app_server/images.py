"""Images by URL: the server takes `data:` URLs only, so this program fetches remote ones itself.

Everything here blocks: the faces call it before a turn, where blocking is allowed. Nothing of HTTP is imported
until there is something to fetch; `_image_http` does that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from codex_app_server.errors import ImageFetchError
from codex_app_server.inputs import ImageInput

if TYPE_CHECKING:
    import os

    from codex_app_server.inputs import Input

__all__ = [
    "ImageLimits",
    "check_data_url",
    "fetch_image",
    "inputs_need_fetch",
    "local_image_data_url",
    "resolve_images",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageLimits:
    """What fetching one image may cost.

    Attributes:
        timeout_s: Seconds for all of it, redirects included. Looking up a host name cannot be cut
            short: the operating system's own limit holds for that.
        max_bytes: Largest image that is taken; it is sent a third larger.
        max_redirects: Redirects that are followed.

    Raises:
        ValueError: A limit makes every image impossible.
    """

    timeout_s: float = 20.0
    max_bytes: int = 20 * 1024 * 1024
    max_redirects: int = 5

    def __post_init__(self) -> None:
        for name, least in (("timeout_s", 0), ("max_bytes", 0), ("max_redirects", -1)):
            if not getattr(self, name) > least:
                raise ValueError(f"ImageLimits.{name} must be more than {least}, not {getattr(self, name)!r}")


_DEFAULT_LIMITS = ImageLimits()


def fetch_image(url: str, *, allow_private: bool = False, limits: ImageLimits = _DEFAULT_LIMITS) -> str:
    """Fetch a remote image and return it as a `data:` URL.

    The proxies of the environment are used; which addresses may be reached is up to them then. A user and
    password in the URL go to its own host only. The type is told by the image's first bytes.

    Args:
        url: An `http:` or `https:` URL of a PNG, JPEG, GIF or WebP image.
        allow_private: Also fetch from addresses that are not public: this machine, the local
            network, the metadata service of a cloud. Not for URLs that come from others.
        limits: What it may cost.

    Raises:
        ImageFetchError: The URL must not be fetched, did not answer in time, or is no such image.
    """
    from codex_app_server._image_http import download  # noqa: PLC0415 - few turns have remote images

    image = download(url, allow_private=allow_private, limits=limits)
    media_type = _media_type(image.data)
    if media_type is None:
        raise ImageFetchError(
            f"what came from {image.url!r} is no PNG, JPEG, GIF or WebP image: "
            f"{image.content_type or 'of unknown type'}, beginning with {image.data[:16]!r}",
            url=image.url,
        )
    return _data_url(media_type, image.data)


def local_image_data_url(path: str | os.PathLike[str], *, limits: ImageLimits = _DEFAULT_LIMITS) -> str:
    """Read an image file of this machine and return it as a `data:` URL.

    Args:
        path: A PNG, JPEG, GIF or WebP file.
        limits: `max_bytes` holds for the file.

    Raises:
        OSError: The file cannot be read.
        ValueError: It is no such image, or too large.
    """
    with Path(path).open("rb") as file:
        data = file.read(limits.max_bytes + 1)
    if len(data) > limits.max_bytes:
        raise ValueError(f"the image {str(path)!r} has more than {limits.max_bytes} bytes")
    media_type = _media_type(data)
    if media_type is None:
        raise ValueError(f"{str(path)!r} is no PNG, JPEG, GIF or WebP image: it begins with {data[:16]!r}")
    return _data_url(media_type, data)


def check_data_url(url: str) -> None:
    """Check that an image can be given by this URL.

    Raises:
        ValueError: It is neither a `data:` nor an `http:` or `https:` URL.
    """
    if url[:5].lower() != "data:" and not _is_remote(url):
        # What follows a query or a user's name may be secret; a path or a scheme tells enough.
        shown = url[:40].split("?", 1)[0]
        raise ValueError(
            f"an image's URL must begin with 'data:', 'https://' or 'http://', but it is {shown!r}: "
            "give a file with LocalImageInput"
        )


def inputs_need_fetch(value: Input) -> bool:
    """Tell whether there is a remote image in what a user gave."""
    if isinstance(value, str):
        return False
    if isinstance(value, Sequence):
        return any(isinstance(item, ImageInput) and _is_remote(item.url) for item in value)
    return isinstance(value, ImageInput) and _is_remote(value.url)


def resolve_images(
    value: Input, *, allow_private: bool = False, limits: ImageLimits = _DEFAULT_LIMITS
) -> Input:
    """Return the input with remote images fetched; the very same object when there are none.

    Args:
        value: What a user gave.
        allow_private: As for `fetch_image`.
        limits: What each image may cost.

    Raises:
        ImageFetchError: An image could not be fetched.
    """
    if isinstance(value, str) or not inputs_need_fetch(value):
        return value

    def resolved(item: ImageInput) -> ImageInput:
        return ImageInput(fetch_image(item.url, allow_private=allow_private, limits=limits))

    if isinstance(value, Sequence):
        return [
            resolved(item) if isinstance(item, ImageInput) and _is_remote(item.url) else item
            for item in value
        ]
    return resolved(value) if isinstance(value, ImageInput) else value


def _is_remote(url: object) -> bool:
    return isinstance(url, str) and url[:8].lower().startswith(("https://", "http://"))


def _media_type(data: bytes) -> str | None:
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return None


def _data_url(media_type: str, data: bytes) -> str:
    from base64 import b64encode  # noqa: PLC0415 - few turns have images

    return f"data:{media_type};base64,{b64encode(data).decode()}"
