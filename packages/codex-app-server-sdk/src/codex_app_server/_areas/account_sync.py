"""Logins, limits and MCP servers, for the blocking face."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeVar

from codex_app_server._areas.params import given, login_params, read_limits, variant
from codex_app_server._areas.sources import LoginEnd
from codex_app_server._sync_streams import Pages

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from codex_app_server._engine.engine import Engine
    from codex_app_server._sync import Codex
    from codex_app_server.json_types import JsonObject
    from codex_app_server.protocol import (
        GetAccountRateLimitsResponse,
        GetAccountResponse,
        GetAccountTokenUsageResponse,
        McpResourceReadResponse,
        McpServerStatus,
        McpServerToolCallResponse,
    )

__all__ = ["AccountArea", "DeviceCodeLoginHandle", "LoginHandle", "McpArea", "McpLoginHandle"]

T = TypeVar("T")


class AccountArea:
    """Signing in and out, limits and usage; `codex.account`.

    Args:
        client: The client.
        ready: Returns its engine, with a server that runs.
    """

    def __init__(self, client: Codex, ready: Callable[[], Engine]) -> None:
        self._client = client
        self._ready = ready

    def read(self, *, refresh_token: bool = False) -> GetAccountResponse:
        """Return who is signed in, and whether anybody has to be.

        Args:
            refresh_token: Renew the tokens of a ChatGPT account first.

        Protocol: `account/read`.
        """
        return self._client.request("account/read", {"refreshToken": refresh_token})

    def login_api_key(self, api_key: str) -> None:
        """Sign in with an API key of OpenAI, which the server keeps in its home.

        Raises:
            ValueError: The key is empty.
            InvalidRequestError: The configuration of the server wants another kind of login.

        Protocol: `account/login/start`.
        """
        self._client.request("account/login/start", login_params(api_key))

    def login_chatgpt(self) -> LoginHandle:
        """Begin to sign in to ChatGPT with a browser on this machine: open `auth_url`, then `wait`.

        Protocol: `account/login/start`.
        """
        from codex_app_server.protocol import ChatgptLoginAccountResponse  # noqa: PLC0415 - pydantic comes with it

        end, answer = self._login({"type": "chatgpt"}, ChatgptLoginAccountResponse)
        end.expect({answer.login_id})
        return LoginHandle(self._client, end, answer.login_id, answer.auth_url)

    def login_device_code(self) -> DeviceCodeLoginHandle:
        """Begin to sign in to ChatGPT with a browser anywhere: show `verification_url` and `user_code`, then `wait`.

        Raises:
            InternalRpcError: The login service could not be reached.

        Protocol: `account/login/start`.
        """
        from codex_app_server.protocol import (  # noqa: PLC0415 - pydantic comes with it
            ChatgptDeviceCodeLoginAccountResponse,
        )

        end, answer = self._login({"type": "chatgptDeviceCode"}, ChatgptDeviceCodeLoginAccountResponse)
        end.expect({answer.login_id})
        return DeviceCodeLoginHandle(
            self._client, end, answer.login_id, answer.verification_url, answer.user_code
        )

    def _login(self, params: JsonObject, kind: type[T]) -> tuple[LoginEnd, T]:
        end = LoginEnd(self._ready(), "account/login/start", "account/login/completed")
        try:
            answer = self._client.request("account/login/start", params)
            return end, variant(answer, kind, "account/login/start")
        except BaseException:
            end.stop()
            raise

    def logout(self) -> None:
        """Sign out; does nothing when nobody is signed in. Protocol: `account/logout`."""
        self._client.request("account/logout")

    def rate_limits(self) -> GetAccountRateLimitsResponse:
        """Return how much of the limits of a ChatGPT account is used.

        Raises:
            InvalidRequestError: Nobody is signed in to ChatGPT.

        Protocol: `account/rateLimits/read`.
        """
        raw = self._client.request_raw("account/rateLimits/read")
        return read_limits(self._ready().ledger, raw)

    def usage(self, *, thread_id: str | None = None) -> GetAccountTokenUsageResponse:
        """Return the tokens that a ChatGPT account has used.

        Args:
            thread_id: Also estimate what this thread has used.

        Raises:
            InvalidRequestError: Nobody is signed in to ChatGPT.

        Protocol: `account/usage/read`.
        """
        return self._client.request("account/usage/read", given(thread_id=thread_id))


class McpArea:
    """The MCP servers that Codex knows; `codex.mcp`.

    Args:
        client: The client.
        ready: Returns its engine, with a server that runs.
    """

    def __init__(self, client: Codex, ready: Callable[[], Engine]) -> None:
        self._client = client
        self._ready = ready

    def servers(
        self,
        *,
        server_name: str | None = None,
        thread_id: str | None = None,
        detail: Literal["full", "toolsAndAuthOnly"] | None = None,
    ) -> list[McpServerStatus]:
        """Return the servers with their tools, resources and login state; starts those that do not run.

        Args:
            server_name: This one only.
            thread_id: As they are in this thread; its connections are used.
            detail: `"toolsAndAuthOnly"` is faster.

        Protocol: `mcpServerStatus/list`.
        """
        params = given(server_name=server_name, thread_id=thread_id, detail=detail)
        pages: Pages[McpServerStatus] = Pages(self._client, "mcpServerStatus/list", params)
        return list(pages)

    def reload(self) -> None:
        """Read the configuration of the servers again, for all open threads. Protocol: `config/mcpServer/reload`."""
        self._client.request("config/mcpServer/reload")

    def call_tool(
        self,
        server: str,
        tool: str,
        arguments: Mapping[str, object] | None = None,
        *,
        thread_id: str,
        timeout_s: float | None = None,
    ) -> McpServerToolCallResponse:
        """Call a tool of a server, without the model.

        Args:
            server: The name of the server.
            tool: The name of the tool.
            arguments: Its arguments.
            thread_id: The open thread whose connection to the server is used.
            timeout_s: Seconds to wait for the result; None is the configuration's.

        Raises:
            JsonRpcError: There is no such server or thread. A tool that fails has a result all the
                same, with `is_error`.

        Protocol: `mcpServer/tool/call`.
        """
        params = given(server=server, tool=tool, arguments=arguments, thread_id=thread_id)
        return self._client.request("mcpServer/tool/call", params, timeout_s=timeout_s)

    def read_resource(
        self, server: str, uri: str, *, thread_id: str | None = None
    ) -> McpResourceReadResponse:
        """Read a resource of a server.

        Args:
            server: The name of the server.
            uri: The resource.
            thread_id: The thread whose connection to the server is used.

        Raises:
            JsonRpcError: There is no such server or resource.

        Protocol: `mcpServer/resource/read`.
        """
        params = given(server=server, uri=uri, thread_id=thread_id)
        return self._client.request("mcpServer/resource/read", params)

    def login(
        self, name: str, *, scopes: Sequence[str] | None = None, thread_id: str | None = None
    ) -> McpLoginHandle:
        """Begin to sign in to a server by OAuth: open `authorization_url`, then `wait`.

        Args:
            name: The name of the server.
            scopes: What to ask for; None is the configuration's.
            thread_id: The thread whose configuration has the server.

        Raises:
            InvalidRequestError: There is no such server, or it has no such login.

        Protocol: `mcpServer/oauth/login`.
        """
        end = LoginEnd(self._ready(), "mcpServer/oauth/login", "mcpServer/oauthLogin/completed")
        try:
            answer = self._client.request(
                "mcpServer/oauth/login", given(name=name, scopes=scopes, thread_id=thread_id)
            )
        except BaseException:
            end.stop()
            raise
        end.expect({None, answer.login_id}, name=name)
        return McpLoginHandle(self._client, end, answer.login_id, name, answer.authorization_url)


class _Login:
    def __init__(self, client: Codex, end: LoginEnd, login_id: str | None) -> None:
        self._client = client
        self._end = end
        self.login_id = login_id

    def __repr__(self) -> str:
        return f"{type(self).__name__}(login_id={self.login_id!r})"

    def __del__(self) -> None:
        self._end.stop()

    def wait(self, *, timeout_s: float | None = None) -> None:
        """Wait until the user has signed in.

        Args:
            timeout_s: Seconds to wait; None waits without limit. The login goes on after that.

        Raises:
            LoginFailedError: It failed, or was cancelled.
            RequestTimeoutError: It was not completed in time.
            TransportClosedError: The server is gone, or the client was closed.
        """
        try:
            params = self._end.completion.wait(timeout_s)
        except TimeoutError as exc:
            raise self._end.timeout_error(timeout_s) from exc
        self._end.check(params)


class _AccountLogin(_Login):
    def cancel(self) -> None:
        """Give the login up: `wait` raises then; does nothing when it has ended. Protocol: `account/login/cancel`."""
        self._client.request("account/login/cancel", {"loginId": self.login_id})


class LoginHandle(_AccountLogin):
    """A login to ChatGPT that a browser on this machine completes; made by `codex.account.login_chatgpt`.

    Attributes:
        login_id: Its id.
        auth_url: The page to open.
    """

    def __init__(self, client: Codex, end: LoginEnd, login_id: str, auth_url: str) -> None:
        super().__init__(client, end, login_id)
        self.auth_url = auth_url


class DeviceCodeLoginHandle(_AccountLogin):
    """A login to ChatGPT that a browser anywhere completes; made by `codex.account.login_device_code`.

    Attributes:
        login_id: Its id.
        verification_url: The page to open.
        user_code: What to type in there.
    """

    def __init__(
        self, client: Codex, end: LoginEnd, login_id: str, verification_url: str, user_code: str
    ) -> None:
        super().__init__(client, end, login_id)
        self.verification_url = verification_url
        self.user_code = user_code


class McpLoginHandle(_Login):
    """A login to an MCP server; made by `codex.mcp.login`.

    Attributes:
        login_id: Its id; None with servers that do not tell it.
        name: The MCP server.
        authorization_url: The page to open.
    """

    def __init__(
        self, client: Codex, end: LoginEnd, login_id: str | None, name: str, authorization_url: str
    ) -> None:
        super().__init__(client, end, login_id)
        self.name = name
        self.authorization_url = authorization_url
