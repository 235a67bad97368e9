"""Configuration and skills, for the awaiting face."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from codex_app_server._areas.params import absolute, config_edits, given, one_selector
from codex_app_server._async_streams import AsyncPages

if TYPE_CHECKING:
    import builtins
    from collections.abc import Mapping, Sequence

    from codex_app_server._areas.params import PathLike
    from codex_app_server._async import AsyncCodex
    from codex_app_server.protocol import (
        ConfigReadResponse,
        ConfigRequirementsReadResponse,
        ConfigWriteResponse,
        ExperimentalFeature,
        PermissionProfileSummary,
        SkillsListEntry,
    )

__all__ = ["AsyncConfigArea", "AsyncSkillsArea"]


class AsyncConfigArea:
    """The configuration of the server (`config.toml`) and what it permits; `codex.config`.

    Args:
        client: The client.
    """

    def __init__(self, client: AsyncCodex) -> None:
        self._client = client

    async def read(self, *, cwd: PathLike | None = None, include_layers: bool = False) -> ConfigReadResponse:
        """Return the configuration in force, and which file each value comes from.

        Args:
            cwd: As it is in this directory, with the files of its project.
            include_layers: Return the layers one by one too.

        Protocol: `config/read`.
        """
        return await self._client.request("config/read", given(cwd=cwd, include_layers=include_layers))

    async def write_value(
        self,
        key_path: str,
        value: object,
        *,
        merge_strategy: Literal["replace", "upsert"] = "replace",
        file_path: PathLike | None = None,
        expected_version: str | None = None,
    ) -> ConfigWriteResponse:
        """Write one value into a configuration file; threads that are open keep theirs.

        Args:
            key_path: Such as `"model"` or `"mcp_servers.docs"`.
            value: A JSON value; None removes the key.
            merge_strategy: `"upsert"` merges a table into the one that is there.
            file_path: The file; None is the user's `config.toml`.
            expected_version: Refuse when the file has another version; see `ConfigWriteResponse.version`.

        Raises:
            InvalidRequestError: The server could not use the value, or the version is another.

        Protocol: `config/value/write`.
        """
        params = given(merge_strategy=merge_strategy, file_path=file_path, expected_version=expected_version)
        return await self._client.request(
            "config/value/write", {"keyPath": key_path, "value": value, **params}
        )

    async def batch_write(
        self,
        edits: Mapping[str, object],
        *,
        merge_strategy: Literal["replace", "upsert"] = "replace",
        file_path: PathLike | None = None,
        expected_version: str | None = None,
        reload_user_config: bool = False,
    ) -> ConfigWriteResponse:
        """Write several values into a configuration file, all or none.

        Args:
            edits: The values by key path; None removes the key.
            merge_strategy: `"upsert"` merges tables into those that are there.
            file_path: The file; None is the user's `config.toml`.
            expected_version: Refuse when the file has another version; see `ConfigWriteResponse.version`.
            reload_user_config: Let open threads take what can change while they run.

        Raises:
            InvalidRequestError: The server could not use a value, or the version is another.

        Protocol: `config/batchWrite`.
        """
        params = given(
            edits=config_edits(edits, merge_strategy),
            file_path=file_path,
            expected_version=expected_version,
            reload_user_config=reload_user_config,
        )
        return await self._client.request("config/batchWrite", params)

    async def requirements(self) -> ConfigRequirementsReadResponse:
        """Return what an administrator requires of the configuration. Protocol: `configRequirements/read`."""
        return await self._client.request("configRequirements/read")

    async def permission_profiles(self, *, cwd: PathLike | None = None) -> list[PermissionProfileSummary]:
        """Return the permission profiles that threads and commands can be given.

        Args:
            cwd: As they are in this directory, with the files of its project.

        Protocol: `permissionProfile/list`.
        """
        params = given(cwd=cwd)
        pages: AsyncPages[PermissionProfileSummary] = AsyncPages(
            self._client, "permissionProfile/list", params
        )
        return [entry async for entry in pages]

    async def features(self, *, thread_id: str | None = None) -> list[ExperimentalFeature]:
        """Return the features of the server that can be switched, and whether they are on.

        Args:
            thread_id: As they are in this thread.

        Protocol: `experimentalFeature/list`.
        """
        params = given(thread_id=thread_id)
        pages: AsyncPages[ExperimentalFeature] = AsyncPages(self._client, "experimentalFeature/list", params)
        return [entry async for entry in pages]


class AsyncSkillsArea:
    """The skills that the agent has; `codex.skills`.

    Args:
        client: The client.
    """

    def __init__(self, client: AsyncCodex) -> None:
        self._client = client

    async def list(
        self, *, cwds: Sequence[PathLike] | None = None, force_reload: bool = False
    ) -> builtins.list[SkillsListEntry]:
        """Return the skills, by working directory.

        Args:
            cwds: The working directories; None is that of the server.
            force_reload: Look at the disk again.

        Protocol: `skills/list`.
        """
        answer = await self._client.request("skills/list", given(cwds=cwds, force_reload=force_reload))
        return answer.data

    async def set_enabled(
        self, name: str | None = None, *, path: PathLike | None = None, enabled: bool
    ) -> bool:
        """Switch a skill on or off, in the user's configuration; return whether it is on now.

        Args:
            name: Its name; or
            path: Its `SKILL.md`.
            enabled: Whether the agent may use it.

        Raises:
            ValueError: Neither or both of name and path are given.

        Protocol: `skills/config/write`.
        """
        params = {**one_selector(name, path), "enabled": enabled}
        return (await self._client.request("skills/config/write", params)).effective_enabled

    async def set_extra_roots(self, extra_roots: Sequence[PathLike]) -> None:
        """Look for skills in these folders too, until the server ends; replaces those set before.

        Args:
            extra_roots: Absolute paths.

        Raises:
            ValueError: A path is relative.

        Protocol: `skills/extraRoots/set`.
        """
        await self._client.request(
            "skills/extraRoots/set", {"extraRoots": [absolute(root) for root in extra_roots]}
        )
