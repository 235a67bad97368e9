"""Where a running app-server listens: parsing and checking of `ws://`, `wss://` and `unix://` URLs.

Looks at nothing but the text: whether a socket is there, and whose it is, is seen when it is used.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Endpoint", "parse_endpoint"]

_FORMS = "give 'ws://HOST:PORT', 'wss://HOST[:PORT]' or 'unix:///ABSOLUTE/PATH'"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An address that an app-server listens on.

    Attributes:
        scheme: `"ws"`, `"wss"` or `"unix"`.
        host: Host name or IP address; empty for a Unix socket.
        port: TCP port; 0 for a Unix socket.
        socket_path: Path of the Unix socket; empty for the others.
        shown: The address for messages and logs; a query, which may hold a secret, is left out.
    """

    scheme: str
    host: str
    port: int
    socket_path: str
    shown: str

    @property
    def is_loopback(self) -> bool:
        """Whether what is sent there stays on this machine."""
        if self.scheme == "unix" or self.host == "localhost":
            return True
        from ipaddress import ip_address  # noqa: PLC0415 - only who names a server by address needs it

        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            # A name, and who resolves it decides where it leads.
            return False


def parse_endpoint(url: str) -> Endpoint:
    """Take a URL apart.

    Raises:
        ValueError: It is no address of an app-server, or holds a user name or a password.
    """
    if url.startswith("unix://"):
        path = url[len("unix://") :]
        if not path.startswith("/") or "\0" in path:
            raise ValueError(f"AppServerConfig.url {url!r} names no absolute path of a Unix socket; {_FORMS}")
        return Endpoint("unix", "", 0, path, url)
    from urllib.parse import urlsplit  # noqa: PLC0415 - a heavy module, and most programs launch their server

    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as exc:
        raise ValueError(f"AppServerConfig.url cannot be parsed: {exc}") from None
    if parts.username is not None or parts.password is not None:
        # The URL is not repeated: it would end up in a log.
        raise ValueError(
            "AppServerConfig.url must not hold a user name or a password: use token_file or token_env"
        )
    if parts.scheme not in {"ws", "wss"} or not parts.hostname or parts.fragment:
        raise ValueError(f"AppServerConfig.url {url!r} is no address of an app-server; {_FORMS}")
    if not url.isascii() or not url.isprintable() or " " in url:
        raise ValueError(f"AppServerConfig.url {url!r} has characters that must be encoded in a URL")
    port = port or (443 if parts.scheme == "wss" else 80)
    shown = f"{parts.scheme}://{parts.netloc}{parts.path}"
    return Endpoint(parts.scheme, parts.hostname, port, "", shown)
