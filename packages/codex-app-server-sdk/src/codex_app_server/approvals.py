"""Approvals: what the server wants to be allowed, the decisions of the protocol, and ready-made policies.

Nobody who decides means declined, and so does a handler that fails or returns nonsense.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias, cast

from codex_app_server.questions import DEFER, Defer, Question

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from codex_app_server.json_types import JsonObject
    from codex_app_server.questions import Answer

__all__ = [
    "AcceptWithRule",
    "ApprovalAnswer",
    "ApprovalDecision",
    "ApprovalHandler",
    "ApprovalKind",
    "ApprovalRequest",
    "FileChange",
    "GrantPermissions",
    "NetworkRule",
    "accept_all",
    "approval_kind",
    "decline_all",
    "defer_approvals",
    "is_instant",
]

ApprovalKind: TypeAlias = Literal["command", "file_change", "permissions", "network", "mcp_tool"]
"""What an approval is about."""


@dataclass(frozen=True, slots=True)
class AcceptWithRule:
    """Accept a command, and further ones that begin with the same words, without being asked again.

    Attributes:
        prefix: The words, for example `("git", "status")`.
    """

    prefix: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NetworkRule:
    """Decide on a host for this command and further ones.

    Attributes:
        host: The host.
        action: Whether it may be reached.
    """

    host: str
    action: Literal["allow", "deny"]


@dataclass(frozen=True, slots=True)
class GrantPermissions:
    """Grant a part of the permissions that were asked for.

    Attributes:
        permissions: What is granted, in wire form (`{"network": {"enabled": True}}`).
        scope: For this turn, or for the whole session.
    """

    permissions: Mapping[str, object]
    scope: Literal["turn", "session"] = "turn"


ApprovalDecision: TypeAlias = (
    Literal["accept", "accept_for_session", "accept_always", "decline", "cancel"]
    | AcceptWithRule
    | NetworkRule
    | GrantPermissions
)
"""An answer: once, for the rest of the session, for good (tools of MCP servers), no, or no and end the turn; or
one with a rule."""

ApprovalAnswer: TypeAlias = ApprovalDecision | bool | Defer
"""What a handler may return: a decision, True for `"accept"`, False for `"decline"`, or `DEFER`."""


@dataclass(frozen=True, slots=True)
class FileChange:
    """A change of a file that waits for approval.

    Attributes:
        path: The file.
        kind: `"add"`, `"delete"`, `"update"`, or another word of the server's.
        diff: A unified diff for an update, the content for the others.
        move_path: Where the file is moved to, if it is.
    """

    path: str
    kind: str
    diff: str
    move_path: str | None = None

    @classmethod
    def from_wire(cls, change: JsonObject) -> FileChange:
        """Read a change of a `fileChange` item."""
        kind: object = change.get("kind")
        details = cast("JsonObject", kind) if isinstance(kind, dict) else {"type": kind}
        return cls(
            path=str(change.get("path") or ""),
            kind=str(details.get("type") or ""),
            diff=str(change.get("diff") or ""),
            move_path=cast("str | None", details.get("move_path")),
        )


_KINDS: dict[str, ApprovalKind] = {
    "item/commandExecution/requestApproval": "command",
    "item/fileChange/requestApproval": "file_change",
    "item/permissions/requestApproval": "permissions",
    "execCommandApproval": "command",
    "applyPatchApproval": "file_change",
}

_WIRE = {
    "accept": "accept",
    "accept_for_session": "acceptForSession",
    "decline": "decline",
    "cancel": "cancel",
}
_LEGACY = {
    "accept": "approved",
    "accept_for_session": "approved_for_session",
    "decline": "denied",
    "cancel": "abort",
}


def approval_kind(method: str, params: JsonObject) -> ApprovalKind | None:
    """Return what an approval request is about; None when a server request is none.

    The approval of an MCP tool comes as an elicitation of its server.
    """
    if method == "mcpServer/elicitation/request":
        meta: object = params.get("_meta")
        is_tool = (
            isinstance(meta, dict) and cast("JsonObject", meta).get("codex_approval_kind") == "mcp_tool_call"
        )
        return "mcp_tool" if is_tool else None
    kind = _KINDS.get(method)
    return "network" if kind == "command" and params.get("networkApprovalContext") else kind


class ApprovalRequest(Question):
    """What the server asks to be allowed; its item of the turn waits for the answer.

    Attributes:
        approval_kind: What it is about; the attributes below are None or empty for other kinds.
        reason: Why the model wants it, if it said so.
        command: The command line (`command`, `network`).
        cwd: Where the command would run (`command`, `network`).
        command_actions: What the server takes the command for, in wire form: a guess, for people (`command`).
        proposed_rule: The words that the server suggests for `AcceptWithRule` (`command`).
        host: The host to be reached (`network`).
        changes: The changes to be made (`file_change`).
        grant_root: The folder that would become writable for the session (`file_change`).
        permissions: What is wanted, in wire form (`permissions`).
        server_name: The MCP server (`mcp_tool`).
        tool_name: The tool (`mcp_tool`).
        tool_arguments: What the tool would get (`mcp_tool`).
        message: The question in the server's words (`mcp_tool`).
        available_decisions: What the server offers, in wire form; others of the protocol may work too.
    """

    __slots__ = (
        "approval_kind",
        "available_decisions",
        "changes",
        "command",
        "command_actions",
        "cwd",
        "grant_root",
        "host",
        "message",
        "permissions",
        "proposed_rule",
        "reason",
        "server_name",
        "tool_arguments",
        "tool_name",
    )

    def __init__(
        self,
        question_id: str,
        method: str,
        params: JsonObject,
        answer: Answer,
        *,
        changes: tuple[FileChange, ...] = (),
    ) -> None:
        super().__init__(question_id, method, params, answer)
        self.approval_kind: ApprovalKind = approval_kind(method, params) or "permissions"
        self.reason: str | None = params.get("reason")
        self.command: str | None = _command_line(params.get("command"))
        self.cwd: str | None = params.get("cwd")
        self.command_actions: tuple[JsonObject, ...] = tuple(params.get("commandActions") or ())
        self.proposed_rule: tuple[str, ...] | None = (
            tuple(params.get("proposedExecpolicyAmendment") or ()) or None
        )
        network: JsonObject = params.get("networkApprovalContext") or {}
        self.host: str | None = network.get("host")
        self.changes = changes
        self.grant_root: str | None = params.get("grantRoot")
        self.permissions: JsonObject = params.get("permissions") or {}
        self.server_name: str | None = params.get("serverName")
        self.message: str | None = params.get("message")
        meta: JsonObject = params.get("_meta") or {}
        self.tool_arguments: JsonObject = meta.get("tool_params") or {}
        self.tool_name: str | None = meta.get("tool_name") or _tool_in(self.message)
        self.available_decisions: tuple[object, ...] = tuple(params.get("availableDecisions") or ())

    def __repr__(self) -> str:
        return f"ApprovalRequest(id={self.id!r}, {self.approval_kind}, {self._state})"

    @property
    def decision(self) -> ApprovalDecision | None:
        """The answer that was given, once there is one."""
        return cast("ApprovalDecision | None", self._decision)

    def respond(self, decision: ApprovalDecision | bool) -> bool:  # noqa: FBT001 - the decision itself
        """Answer the request.

        Returns:
            False when it was not needed any more: the turn has ended, or somebody else has decided.

        Raises:
            TypeError: That is no decision, or none for this kind of request.
            LocalProtocolError: It was answered before.
        """
        if isinstance(decision, bool):
            decision = "accept" if decision else "decline"
        return self._settle(self._to_wire(decision), decision=decision)

    def accept(self) -> bool:
        """Allow it, once. Otherwise as `respond`."""
        return self.respond("accept")

    def accept_for_session(self) -> bool:
        """Allow it, and the same again in this session. Otherwise as `respond`."""
        return self.respond("accept_for_session")

    def decline(self) -> bool:
        """Refuse it; the turn goes on. Otherwise as `respond`."""
        return self.respond("decline")

    def cancel(self) -> bool:
        """Refuse it and end the turn, where the protocol can say so. Otherwise as `respond`."""
        return self.respond("cancel")

    def _to_wire(self, decision: object) -> JsonObject:
        answer: JsonObject | None = None
        if self.approval_kind == "permissions":
            answer = self._grant(decision)
        elif self.approval_kind == "mcp_tool":
            answer = _mcp_answer(decision)
        elif self.method in {"execCommandApproval", "applyPatchApproval"}:
            if isinstance(decision, str) and decision in _LEGACY:
                answer = {"decision": _LEGACY[decision]}
        elif isinstance(decision, str) and decision in _WIRE:
            answer = {"decision": _WIRE[decision]}
        elif self.method == "item/commandExecution/requestApproval":
            answer = _rule(decision)
        if answer is None:
            raise TypeError(
                f"{decision!r} is no decision for an approval of kind {self.approval_kind!r}: give 'accept', "
                "'accept_for_session', 'decline', 'cancel' or a bool; or AcceptWithRule with a tuple of words for a "
                "command, NetworkRule for a command or the network, GrantPermissions with a mapping for permissions, "
                "'accept_always' for a tool of an MCP server"
            )
        return answer

    def _grant(self, decision: object) -> JsonObject | None:
        if isinstance(decision, GrantPermissions):
            is_sound = isinstance(cast("object", decision.permissions), Mapping) and decision.scope in {
                "turn",
                "session",
            }
            return {"permissions": dict(decision.permissions), "scope": decision.scope} if is_sound else None
        if decision in ("accept", "accept_for_session"):
            scope = "turn" if decision == "accept" else "session"
            return {"permissions": _granted(self.permissions), "scope": scope}
        return {"permissions": {}, "scope": "turn"} if decision in ("decline", "cancel") else None


def _command_line(command: object) -> str | None:
    if isinstance(command, list):
        import shlex  # noqa: PLC0415 - only older servers send the words

        return shlex.join(cast("list[str]", command))
    return cast("str | None", command)


# Up to 0.163 the name of the tool is only in the question.
_TOOL_IN_MESSAGE = re.compile(r'run tool "(.+)"')


def _tool_in(message: str | None) -> str | None:
    found = _TOOL_IN_MESSAGE.search(message or "")
    return found[1] if found else None


def _granted(wanted: JsonObject) -> JsonObject:
    return {name: value for name, value in wanted.items() if value is not None}


def _mcp_answer(decision: object) -> JsonObject | None:
    if decision == "accept":
        return {"action": "accept", "content": {}}
    if decision in ("accept_for_session", "accept_always"):
        persist = "session" if decision == "accept_for_session" else "always"
        return {"action": "accept", "content": {}, "_meta": {"persist": persist}}
    return {"action": cast("str", decision), "content": None} if decision in ("decline", "cancel") else None


def _rule(decision: object) -> JsonObject | None:
    if isinstance(decision, AcceptWithRule):
        # A string is a sequence of words too, and no words at all are the beginning of every command.
        prefix = cast("object", decision.prefix)
        if not isinstance(prefix, (tuple, list)) or not prefix:
            return None
        words = list(cast("Sequence[object]", prefix))
        if not all(isinstance(word, str) and word for word in words):
            return None
        return {"decision": {"acceptWithExecpolicyAmendment": {"execpolicy_amendment": words}}}
    if isinstance(decision, NetworkRule):
        if decision.action not in {"allow", "deny"} or not decision.host:
            return None
        amendment = {"host": decision.host, "action": decision.action}
        return {"decision": {"applyNetworkPolicyAmendment": {"network_policy_amendment": amendment}}}
    return None


ApprovalHandler: TypeAlias = "Callable[[ApprovalRequest], ApprovalAnswer | Awaitable[ApprovalAnswer]]"
"""Decides on approvals. A plain function runs in an OS thread of its own, an async one in the loop of the turn."""


def decline_all(request: ApprovalRequest) -> ApprovalAnswer:  # noqa: ARG001 - the interface
    """Decline everything, without the warning that nobody decides."""
    return "decline"


def accept_all(request: ApprovalRequest) -> ApprovalAnswer:  # noqa: ARG001 - the interface
    """Accept everything: for a machine that may be broken, such as a container. What is accepted runs unsandboxed."""
    return "accept"


def defer_approvals(request: ApprovalRequest) -> ApprovalAnswer:  # noqa: ARG001 - the interface
    """Leave every approval open: whoever reads the turn's events, or `pending_requests`, answers it."""
    return DEFER


# These only look at the request, so they need no OS thread of their own.
_INSTANT: frozenset[object] = frozenset({decline_all, accept_all, defer_approvals})


def is_instant(handler: object) -> bool:
    """Whether a handler is one of this package that never waits."""
    try:
        return handler in _INSTANT
    except TypeError:
        return False
