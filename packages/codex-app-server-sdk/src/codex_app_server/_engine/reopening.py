"""Reopening: with what a thread is opened again after its server was started anew, or has dropped it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from codex_app_server.json_types import JsonObject

__all__ = ["Reopening"]

# The server would take the others of these from its configuration: a sandbox that is wider, for example.
_KEPT = (
    "approvalPolicy", "approvalsReviewer", "baseInstructions", "config", "cwd", "developerInstructions", "model",
    "modelProvider", "permissions", "personality", "runtimeWorkspaceRoots", "sandbox", "serviceTier",
)  # fmt: skip
_MODES = {
    "readOnly": "read-only",
    "workspaceWrite": "workspace-write",
    "dangerFullAccess": "danger-full-access",
}


class Reopening:
    """What a thread was opened with, and what its turns have changed since.

    Args:
        params: The params that the thread was opened with.
    """

    __slots__ = ("_due", "_kept", "_policy")

    def __init__(self, params: Mapping[str, object]) -> None:
        self._kept: JsonObject = {name: params[name] for name in _KEPT if name in params}
        # The sandbox that a turn has set: resuming takes its mode alone, so the next turn says the rest.
        self._policy: object = None
        self._due: object = None

    def again(self) -> JsonObject:
        """Return what `thread/resume` is to be given, besides the thread."""
        self._due = self._policy
        return dict(self._kept)

    def for_fork(self) -> JsonObject:
        """Return what commands of the thread may do, as far as that was said here."""
        return {name: self._kept[name] for name in ("permissions", "sandbox") if name in self._kept}

    def opened(self, params: Mapping[str, object]) -> None:
        """Note that the thread was opened once more, with these params."""
        self._kept.update({name: params[name] for name in _KEPT if name in params})

    def for_turn(self, params: JsonObject) -> JsonObject:
        """Return the params of a turn, which is the first one after the thread was resumed or a later one."""
        if self._due is None or "sandboxPolicy" in params or "permissions" in params:
            return params
        return {**params, "sandboxPolicy": self._due}

    def began(self, params: Mapping[str, object]) -> None:
        """Note what a turn has changed for those after it, when the server has accepted it."""
        self._due = None
        changed = {name: params[name] for name in _KEPT if name in params}
        policy = params.get("sandboxPolicy")
        if policy is not None:
            self._policy = policy
            changed["sandbox"] = _MODES.get(_kind(policy), "read-only")
            self._kept.pop("permissions", None)
        elif "permissions" in changed:
            self._policy = None
            self._kept.pop("sandbox", None)
        self._kept.update(changed)


def _kind(policy: object) -> str:
    to_wire = getattr(policy, "to_wire", None)
    wire: object = policy if to_wire is None else to_wire()
    return str(cast("Mapping[str, object]", wire).get("type")) if isinstance(wire, Mapping) else ""
