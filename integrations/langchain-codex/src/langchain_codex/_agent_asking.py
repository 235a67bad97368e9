"""Questions of a turn as plain JSON for a person, and what a person gives back as answers to them. Pure.

What is shown is all that counts: an answer is used for the question that it was given to, and after a restart
for one that wants exactly the same (`mark`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from codex_app_server import (
    AcceptWithRule,
    ApprovalRequest,
    Elicitation,
    GrantPermissions,
    NetworkRule,
    UserInputRequest,
)

if TYPE_CHECKING:
    from codex_app_server import ApprovalDecision
    from codex_app_server.questions import Question

__all__ = ["Decision", "answer", "decision_of", "is_askable", "mark_of", "shown", "told_again"]

Decision: TypeAlias = "ApprovalDecision | dict[str, Any]"
"""A decision on an approval, or the answers to questions, by their id; `decline` and `cancel` are for both."""

# What a request is asked with, but not what it asks for.
_CIRCUMSTANCES = frozenset(
    {
        "approvalId",
        "autoResolutionMs",
        "availableDecisions",
        "callId",
        "commandActions",
        "conversationId",
        "isBlocking",
        "itemId",
        "proposedExecpolicyAmendment",
        "proposedNetworkPolicyAmendments",
        "reason",
        "startedAtMs",
        "threadId",
        "turnId",
    }
)

_WORDS: dict[str, tuple[str, ...]] = {
    "command": ("accept", "accept_for_session", "decline", "cancel"),
    "network": ("accept", "accept_for_session", "decline", "cancel"),
    "file_change": ("accept", "accept_for_session", "decline", "cancel"),
    "permissions": ("accept", "accept_for_session", "decline", "cancel"),
    "mcp_tool": ("accept", "accept_for_session", "accept_always", "decline", "cancel"),
    "user_input": ("decline",),
    "elicitation": ("accept", "decline", "cancel"),
}
# As LangChain's own middleware for people in the loop calls them.
_ALIASES = {"approve": "accept", "reject": "decline", "deny": "decline"}


def is_askable(question: object) -> bool:
    """Whether it is a question for a person: no call of a tool, and nothing newer than this adapter."""
    return isinstance(question, (ApprovalRequest, UserInputRequest, Elicitation))


def mark_of(question: Question) -> str:
    """Return what is the same for two questions only if they want the same."""
    wanted = {name: value for name, value in question.raw.items() if name not in _CIRCUMSTANCES}
    changes = [asdict(change) for change in getattr(question, "changes", ())]
    text = json.dumps([question.method, wanted, changes], sort_keys=True, default=repr)
    return hashlib.sha256(text.encode()).hexdigest()


def shown(question: Question) -> dict[str, Any]:
    """Return what a person is shown of a question, as plain JSON."""
    asked: dict[str, Any]
    if isinstance(question, ApprovalRequest):
        asked = _approval(question)
    elif isinstance(question, UserInputRequest):
        asked = {"kind": "user_input", "questions": [asdict(entry) for entry in question.questions]}
    elif isinstance(question, Elicitation):
        asked = {
            "kind": "elicitation",
            "server_name": question.server_name,
            "message": question.message,
            "mode": question.mode,
            "schema": question.schema,
            "url": question.url,
        }
    else:
        raise TypeError(f"nobody can be asked {question!r}")
    asked["decisions"] = _decisions(asked)
    return json.loads(json.dumps(asked, default=str))


def _approval(request: ApprovalRequest) -> dict[str, Any]:
    facts = {
        "reason": request.reason,
        "command": request.command,
        "cwd": request.cwd,
        "proposed_rule": request.proposed_rule,
        "host": request.host,
        "changes": [asdict(change) for change in request.changes],
        "grant_root": request.grant_root,
        "permissions": request.permissions,
        "server_name": request.server_name,
        "tool_name": request.tool_name,
        "tool_arguments": request.tool_arguments,
        "message": request.message,
    }
    return {"kind": request.approval_kind, **{name: value for name, value in facts.items() if value}}


def _decisions(asked: Mapping[str, Any]) -> list[Any]:
    """Return what may be given back."""
    decisions: list[Any] = list(_WORDS[asked["kind"]])
    if asked["kind"] == "user_input":
        decisions.insert(0, {"answers": {entry["id"]: "..." for entry in asked["questions"]}})
    elif asked["kind"] == "elicitation":
        decisions.insert(0, {"content": "..."})
    if asked.get("proposed_rule"):
        decisions.insert(2, {"decision": "accept_with_rule", "prefix": list(asked["proposed_rule"])})
    return decisions


# --- what was given back ------------------------------------------------------------------------------


def decision_of(asked: Mapping[str, Any], given: object) -> Decision:
    """Read what a person gave back.

    Args:
        asked: What was shown.
        given: A word, a bool, a mapping with `decision` (and what belongs to it), or answers.

    Raises:
        ValueError: It is no decision on this.
    """
    if isinstance(given, bool):
        given = "accept" if given else "decline"
    if isinstance(given, str):
        word = _ALIASES.get(given, given)
        if word in _WORDS[asked["kind"]]:
            return cast("Decision", word)
        if asked["kind"] == "user_input" and len(asked["questions"]) == 1:
            return {"answers": {asked["questions"][0]["id"]: given}}
    elif isinstance(given, Mapping):
        decision = _of_mapping(asked, cast("Mapping[str, Any]", given))
        if decision is not None:
            return decision
    raise ValueError(
        f"{given!r} is no decision for a question of kind {asked['kind']!r}: give one of {_decisions(asked)}"
    )


def _of_mapping(asked: Mapping[str, Any], given: Mapping[str, Any]) -> Decision | None:
    kind = asked["kind"]
    if kind == "user_input":
        return _answers(asked, given)
    if kind == "elicitation" and isinstance(given.get("content"), Mapping):
        return {"content": dict(given["content"])}
    word = given.get("decision", given.get("action", given.get("type")))
    if kind in {"command", "network"} and word == "accept_with_rule":
        prefix: object = given.get("prefix") or asked.get("proposed_rule")
        return AcceptWithRule(_words(prefix)) if _words(prefix) else None
    if kind in {"command", "network"} and isinstance(given.get("host"), str):
        action = given.get("action")
        return NetworkRule(given["host"], action) if action in ("allow", "deny") else None
    if kind == "permissions" and isinstance(given.get("permissions"), Mapping):
        scope = given.get("scope", "turn")
        return GrantPermissions(given["permissions"], scope) if scope in ("turn", "session") else None
    if isinstance(word, (str, bool)):
        return decision_of(asked, word)
    return None


def _words(value: object) -> tuple[str, ...]:
    if isinstance(value, str) or not isinstance(value, Sequence):
        return ()
    words = cast("Sequence[object]", value)
    return tuple(word for word in words if isinstance(word, str)) if all(words) else ()


def _answers(asked: Mapping[str, Any], given: Mapping[str, Any]) -> Decision | None:
    if "decision" in given:
        return decision_of(asked, given["decision"])
    answers: object = given.get("answers", given)
    known = {entry["id"] for entry in asked["questions"]}
    if not isinstance(answers, Mapping):
        return None
    answers = cast("Mapping[Any, Any]", answers)
    is_sound = all(isinstance(value, str) or _words(value) for value in answers.values())
    return {"answers": dict(answers)} if answers and set(answers) <= known and is_sound else None


def answer(question: Question, decision: Decision) -> bool:
    """Give the answer; False when the server does not wait for it any more.

    Raises:
        TypeError: It is no decision on this.
    """
    if isinstance(question, ApprovalRequest):
        return question.respond(cast("ApprovalDecision", decision))
    if isinstance(question, UserInputRequest):
        return question.respond(decision["answers"]) if isinstance(decision, dict) else question.decline()
    if isinstance(question, Elicitation):
        if isinstance(decision, dict):
            return question.accept(decision["content"])
        if decision == "accept":
            return question.accept()
        return question.cancel() if decision == "cancel" else question.decline()
    raise TypeError(f"nobody can answer {question!r}")


# --- after a restart ----------------------------------------------------------------------------------

_CUT_OFF = "This program was restarted, which cut your turn off while you waited for the user."


def told_again(asked: Mapping[str, Any], decision: Decision, *, is_done: bool) -> str:
    """Return what the model is told of a decision that came when its turn was gone.

    Args:
        asked: What was shown.
        decision: What was decided.
        is_done: Whether it had been decided, and done, before the turn ended.
    """
    wanted = json.dumps(_wanted(asked), ensure_ascii=False, indent=1)
    if asked["kind"] in {"user_input", "elicitation"}:
        given = decision if isinstance(decision, str) else json.dumps(decision, ensure_ascii=False)
        return f"{_CUT_OFF} You had asked:\n{wanted}\nThe answer is: {given}\nDo not ask again; go on with the task."
    asked_for = f"{_CUT_OFF} You had asked to be allowed this:\n{wanted}\n"
    if decision == "decline":
        return f"{asked_for}The user declined it. Do not do it, nor the like of it; go on without."
    if is_done:
        return f"{asked_for}The user allowed it, and it was done. Do not do it again; go on with the task."
    return (
        f"{asked_for}It has not been done. The user has now allowed it: do exactly this, with the same arguments, "
        "and go on with the task."
    )


def _wanted(asked: Mapping[str, Any]) -> dict[str, Any]:
    hidden = {
        "decisions",
        "proposed_rule",
        "codex",
        "agent",
        "error",
        "id",
        "thread_id",
        "turn_id",
        "item_id",
    }
    return {name: value for name, value in asked.items() if name not in hidden}
