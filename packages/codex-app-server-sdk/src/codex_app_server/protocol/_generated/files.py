"""Protocol types: file system and file search.

Generated from the schema of `codex app-server` 0.163.0 (sha256 0df06e1fd0ffb2ac7ed1a93fa682bd2858e36875edb675b5c1e262b42a081a76).
Do not edit; the command is `python packages/codex-app-server-sdk/codegen/generate.py`.
"""


# pyright: reportIncompatibleVariableOverride=false, reportIncompatibleMethodOverride=false

from typing import ClassVar

from pydantic import Field

from codex_app_server.protocol._base import OpenEnum, WireModel, member

from codex_app_server.protocol._generated.turns import AbsolutePathBuf


class FsChangedNotification(WireModel):
    """Payload of `fs/changed`.

    Filesystem watch notification emitted for `fs/watch` subscribers.
    """

    changed_paths: list[AbsolutePathBuf] = Field(
        validation_alias="changedPaths", serialization_alias="changedPaths"
    )
    """File or directory paths associated with this event."""
    watch_id: str = Field(validation_alias="watchId", serialization_alias="watchId")
    """Watch identifier previously provided to `fs/watch`."""


class FsCopyParams(WireModel):
    """Params of `fs/copy`.

    Copy a file or directory tree on the host filesystem.
    """

    destination_path: AbsolutePathBuf = Field(
        validation_alias="destinationPath", serialization_alias="destinationPath"
    )
    """Absolute destination path."""
    source_path: AbsolutePathBuf = Field(validation_alias="sourcePath", serialization_alias="sourcePath")
    """Absolute source path."""
    recursive: bool | None = None
    """Required for directory copies; ignored for file copies."""


class FsCopyResponse(WireModel):
    """Result of `fs/copy`.

    Successful response for `fs/copy`.
    """


class FsCreateDirectoryParams(WireModel):
    """Params of `fs/createDirectory`.

    Create a directory on the host filesystem.
    """

    path: AbsolutePathBuf
    """Absolute directory path to create."""
    recursive: bool | None = None
    """Whether parent directories should also be created. Defaults to `true`."""


class FsCreateDirectoryResponse(WireModel):
    """Result of `fs/createDirectory`.

    Successful response for `fs/createDirectory`.
    """


class FsGetMetadataParams(WireModel):
    """Params of `fs/getMetadata`.

    Request metadata for an absolute path.
    """

    path: AbsolutePathBuf
    """Absolute path to inspect."""


class FsGetMetadataResponse(WireModel):
    """Result of `fs/getMetadata`.

    Metadata returned by `fs/getMetadata`.
    """

    created_at_ms: int = Field(validation_alias="createdAtMs", serialization_alias="createdAtMs")
    """File creation time in Unix milliseconds when available, otherwise `0`."""
    is_directory: bool = Field(validation_alias="isDirectory", serialization_alias="isDirectory")
    """Whether the path resolves to a directory."""
    is_file: bool = Field(validation_alias="isFile", serialization_alias="isFile")
    """Whether the path resolves to a regular file."""
    is_symlink: bool = Field(validation_alias="isSymlink", serialization_alias="isSymlink")
    """Whether the path itself is a symbolic link."""
    modified_at_ms: int = Field(validation_alias="modifiedAtMs", serialization_alias="modifiedAtMs")
    """File modification time in Unix milliseconds when available, otherwise `0`."""


class FsReadDirectoryEntry(WireModel):
    """A directory entry returned by `fs/readDirectory`."""

    file_name: str = Field(validation_alias="fileName", serialization_alias="fileName")
    """Direct child entry name only, not an absolute or relative path."""
    is_directory: bool = Field(validation_alias="isDirectory", serialization_alias="isDirectory")
    """Whether this entry resolves to a directory."""
    is_file: bool = Field(validation_alias="isFile", serialization_alias="isFile")
    """Whether this entry resolves to a regular file."""


class FsReadDirectoryParams(WireModel):
    """Params of `fs/readDirectory`.

    List direct child names for a directory.
    """

    path: AbsolutePathBuf
    """Absolute directory path to read."""


class FsReadDirectoryResponse(WireModel):
    """Result of `fs/readDirectory`.

    Directory entries returned by `fs/readDirectory`.
    """

    entries: list[FsReadDirectoryEntry]
    """Direct child entries in the requested directory."""


class FsReadFileParams(WireModel):
    """Params of `fs/readFile`.

    Read a file from the host filesystem.
    """

    path: AbsolutePathBuf
    """Absolute path to read."""


class FsReadFileResponse(WireModel):
    """Result of `fs/readFile`.

    Base64-encoded file contents returned by `fs/readFile`.
    """

    data_base64: str = Field(validation_alias="dataBase64", serialization_alias="dataBase64")
    """File contents encoded as base64."""


class FsRemoveParams(WireModel):
    """Params of `fs/remove`.

    Remove a file or directory tree from the host filesystem.
    """

    path: AbsolutePathBuf
    """Absolute path to remove."""
    force: bool | None = None
    """Whether missing paths should be ignored. Defaults to `true`."""
    recursive: bool | None = None
    """Whether directory removal should recurse. Defaults to `true`."""


class FsRemoveResponse(WireModel):
    """Result of `fs/remove`.

    Successful response for `fs/remove`.
    """


class FsUnwatchParams(WireModel):
    """Params of `fs/unwatch`.

    Stop filesystem watch notifications for a prior `fs/watch`.
    """

    watch_id: str = Field(validation_alias="watchId", serialization_alias="watchId")
    """Watch identifier previously provided to `fs/watch`."""


class FsUnwatchResponse(WireModel):
    """Result of `fs/unwatch`.

    Successful response for `fs/unwatch`.
    """


class FsWatchParams(WireModel):
    """Params of `fs/watch`.

    Start filesystem watch notifications for an absolute path.
    """

    path: AbsolutePathBuf
    """Absolute file or directory path to watch."""
    watch_id: str = Field(validation_alias="watchId", serialization_alias="watchId")
    """Connection-scoped watch identifier used for `fs/unwatch` and `fs/changed`."""


class FsWatchResponse(WireModel):
    """Result of `fs/watch`.

    Successful response for `fs/watch`.
    """

    path: AbsolutePathBuf
    """Canonicalized path associated with the watch."""


class FsWriteFileParams(WireModel):
    """Params of `fs/writeFile`.

    Write a file on the host filesystem.
    """

    data_base64: str = Field(validation_alias="dataBase64", serialization_alias="dataBase64")
    """File contents encoded as base64."""
    path: AbsolutePathBuf
    """Absolute path to write."""


class FsWriteFileResponse(WireModel):
    """Result of `fs/writeFile`.

    Successful response for `fs/writeFile`.
    """


class FuzzyFileSearchMatchType(OpenEnum):
    """`FuzzyFileSearchMatchType` of the protocol."""

    file: ClassVar["FuzzyFileSearchMatchType"] = member("file")
    directory: ClassVar["FuzzyFileSearchMatchType"] = member("directory")


class FuzzyFileSearchParams(WireModel):
    """Params of `fuzzyFileSearch`."""

    query: str
    roots: list[str]
    cancellation_token: str | None = Field(
        default=None, validation_alias="cancellationToken", serialization_alias="cancellationToken"
    )


class FuzzyFileSearchResult(WireModel):
    """Superset of [`codex_file_search::FileMatch`]"""

    file_name: str
    match_type: FuzzyFileSearchMatchType
    path: str
    root: str
    score: int
    indices: list[int] | None = None


class FuzzyFileSearchResponse(WireModel):
    """Result of `fuzzyFileSearch`."""

    files: list[FuzzyFileSearchResult]


class FuzzyFileSearchSessionCompletedNotification(WireModel):
    """Payload of `fuzzyFileSearch/sessionCompleted`."""

    session_id: str = Field(validation_alias="sessionId", serialization_alias="sessionId")


class FuzzyFileSearchSessionStartParams(WireModel):
    """Params of `fuzzyFileSearch/sessionStart` (experimental)."""

    roots: list[str]
    session_id: str = Field(validation_alias="sessionId", serialization_alias="sessionId")


class FuzzyFileSearchSessionStartResponse(WireModel):
    """Result of `fuzzyFileSearch/sessionStart` (experimental)."""


class FuzzyFileSearchSessionStopParams(WireModel):
    """Params of `fuzzyFileSearch/sessionStop` (experimental)."""

    session_id: str = Field(validation_alias="sessionId", serialization_alias="sessionId")


class FuzzyFileSearchSessionStopResponse(WireModel):
    """Result of `fuzzyFileSearch/sessionStop` (experimental)."""


class FuzzyFileSearchSessionUpdateParams(WireModel):
    """Params of `fuzzyFileSearch/sessionUpdate` (experimental)."""

    query: str
    session_id: str = Field(validation_alias="sessionId", serialization_alias="sessionId")


class FuzzyFileSearchSessionUpdateResponse(WireModel):
    """Result of `fuzzyFileSearch/sessionUpdate` (experimental)."""


class FuzzyFileSearchSessionUpdatedNotification(WireModel):
    """Payload of `fuzzyFileSearch/sessionUpdated`."""

    files: list[FuzzyFileSearchResult]
    query: str
    session_id: str = Field(validation_alias="sessionId", serialization_alias="sessionId")
