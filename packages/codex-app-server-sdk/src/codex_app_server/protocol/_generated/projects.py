"""Protocol types: projects and thread sections.

Generated from the schema of `codex app-server` 0.163.0 (sha256 0df06e1fd0ffb2ac7ed1a93fa682bd2858e36875edb675b5c1e262b42a081a76).
Do not edit; the command is `python packages/codex-app-server-sdk/codegen/generate.py`.
"""


# pyright: reportIncompatibleVariableOverride=false, reportIncompatibleMethodOverride=false

from typing import ClassVar

from pydantic import Field

from codex_app_server.protocol._base import OpenEnum, WireModel, member

from codex_app_server.protocol._generated.threads import SortDirection, ThreadSection, ThreadSectionAppearance
from codex_app_server.protocol._generated.turns import AbsolutePathBuf


class ProjectRoot(WireModel):
    """`ProjectRoot` of the protocol."""

    path: AbsolutePathBuf


class Project(WireModel):
    """`Project` of the protocol."""

    created_at: int = Field(validation_alias="createdAt", serialization_alias="createdAt")
    id: str
    metadata: dict[str, str]
    name: str
    position: int
    roots: list[ProjectRoot]
    updated_at: int = Field(validation_alias="updatedAt", serialization_alias="updatedAt")
    recency_at: int | None = Field(
        default=None, validation_alias="recencyAt", serialization_alias="recencyAt"
    )
    """Newest non-archived member thread's recency, in Unix seconds; null when none exist."""


class ProjectChangeType(OpenEnum):
    """`ProjectChangeType` of the protocol."""

    created: ClassVar["ProjectChangeType"] = member("created")
    updated: ClassVar["ProjectChangeType"] = member("updated")
    deleted: ClassVar["ProjectChangeType"] = member("deleted")


class ProjectChangedNotification(WireModel):
    """Payload of `project/changed`."""

    change_type: ProjectChangeType = Field(validation_alias="changeType", serialization_alias="changeType")
    project_id: str = Field(validation_alias="projectId", serialization_alias="projectId")


class ProjectCreateParams(WireModel):
    """Params of `project/create` (experimental)."""

    idempotency_key: str = Field(validation_alias="idempotencyKey", serialization_alias="idempotencyKey")
    name: str
    roots: list[ProjectRoot]
    metadata: dict[str, str] | None = None


class ProjectCreateResponse(WireModel):
    """Result of `project/create` (experimental)."""

    project: Project


class ProjectDeleteParams(WireModel):
    """Params of `project/delete` (experimental)."""

    project_id: str = Field(validation_alias="projectId", serialization_alias="projectId")


class ProjectDeleteResponse(WireModel):
    """Result of `project/delete` (experimental)."""


class ProjectImportParams(WireModel):
    """Params of `project/import` (experimental)."""

    idempotency_key: str = Field(validation_alias="idempotencyKey", serialization_alias="idempotencyKey")
    name: str
    roots: list[ProjectRoot]
    metadata: dict[str, str] | None = None
    threads: list[str] | None = None


class ProjectImportResponse(WireModel):
    """Result of `project/import` (experimental)."""

    project: Project


class ProjectSortKey(OpenEnum):
    """`ProjectSortKey` of the protocol."""

    position: ClassVar["ProjectSortKey"] = member("position")
    recency_at: ClassVar["ProjectSortKey"] = member("recencyAt")


class ProjectListParams(WireModel):
    """Params of `project/list` (experimental)."""

    cursor: str | None = None
    limit: int | None = None
    sort_direction: SortDirection | None = Field(
        default=None, validation_alias="sortDirection", serialization_alias="sortDirection"
    )
    """Requires sortKey. Defaults to asc for position and desc for recencyAt."""
    sort_key: ProjectSortKey | None = Field(
        default=None, validation_alias="sortKey", serialization_alias="sortKey"
    )
    """Defaults to position. Recency sorting always places empty projects last."""


class ProjectListResponse(WireModel):
    """Result of `project/list` (experimental)."""

    data: list[Project]
    next_cursor: str | None = Field(
        default=None, validation_alias="nextCursor", serialization_alias="nextCursor"
    )


class ProjectMoveParams(WireModel):
    """Params of `project/move` (experimental)."""

    project_id: str = Field(validation_alias="projectId", serialization_alias="projectId")
    before_project_id: str | None = Field(
        default=None, validation_alias="beforeProjectId", serialization_alias="beforeProjectId"
    )


class ProjectMoveResponse(WireModel):
    """Result of `project/move` (experimental)."""


class ProjectReadParams(WireModel):
    """Params of `project/read` (experimental)."""

    project_id: str = Field(validation_alias="projectId", serialization_alias="projectId")


class ProjectReadResponse(WireModel):
    """Result of `project/read` (experimental)."""

    project: Project


class ProjectUpdateParams(WireModel):
    """Params of `project/update` (experimental)."""

    project_id: str = Field(validation_alias="projectId", serialization_alias="projectId")
    metadata: dict[str, str] | None = None
    name: str | None = None
    roots: list[ProjectRoot] | None = None


class ProjectUpdateResponse(WireModel):
    """Result of `project/update` (experimental)."""

    project: Project


class ThreadSectionCreateParams(WireModel):
    """Params of `threadSection/create`.

    Parameters for creating an independently persisted thread section.
    """

    name: str
    """The user-visible name of the section."""
    appearance: ThreadSectionAppearance | None = None


class ThreadSectionCreateResponse(WireModel):
    """Result of `threadSection/create`.

    The independently persisted section created by the server.
    """

    section: ThreadSection


class ThreadSectionDeleteParams(WireModel):
    """Params of `threadSection/delete`.

    Parameters for deleting an independently persisted thread section.
    """

    section_id: str = Field(validation_alias="sectionId", serialization_alias="sectionId")
    """The stable, server-generated identity of the section to delete."""


class ThreadSectionDeleteResponse(WireModel):
    """Result of `threadSection/delete`.

    Successful deletion does not return additional section data.
    """


class ThreadSectionListParams(WireModel):
    """Params of `threadSection/list`.

    Parameters for listing independently persisted thread sections.
    """

    cursor: str | None = None
    """Opaque pagination cursor returned by a previous call."""
    limit: int | None = None
    """Maximum number of sections to return."""


class ThreadSectionListResponse(WireModel):
    """Result of `threadSection/list`.

    One page of independently persisted thread sections.
    """

    data: list[ThreadSection]
    next_cursor: str | None = Field(
        default=None, validation_alias="nextCursor", serialization_alias="nextCursor"
    )
    """Opaque cursor for the next page, or `null` when no sections remain."""


class ThreadSectionUpdateParams(WireModel):
    """Params of `threadSection/update`.

    Parameters for updating an independently persisted thread section.
    """

    name: str
    """The updated user-visible name of the section."""
    section_id: str = Field(validation_alias="sectionId", serialization_alias="sectionId")
    """The stable, server-generated identity of the section to update."""
    appearance: ThreadSectionAppearance | None = None
    """Omit to preserve appearance, use `null` to clear it, or provide a replacement."""


class ThreadSectionUpdateResponse(WireModel):
    """Result of `threadSection/update`.

    The independently persisted section after its name is updated.
    """

    section: ThreadSection
