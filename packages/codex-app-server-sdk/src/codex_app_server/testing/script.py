"""Script: which reply a request gets.

The choice follows from the request and the script alone, so that concurrent threads and turns do not disturb one
another.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias, cast

from codex_app_server.testing.parts import Reply, ScriptError, as_reply

if TYPE_CHECKING:
    from collections.abc import Callable

    from codex_app_server.testing.parts import Output
    from codex_app_server.testing.request import ModelRequest

Response: TypeAlias = "Output | Sequence[str | Output]"
Answer: TypeAlias = "Response | Callable[[ModelRequest], Response]"
Match: TypeAlias = "str | re.Pattern[str] | Callable[[ModelRequest], bool]"
ScriptLike: TypeAlias = "Script | Answer | Sequence[Answer]"


class Script:
    """Rules that are tried in order: `Script().when("weather", [call("get_weather"), "Sunny."]).otherwise("Hello!")`.

    An answer is a response (a string, a part, a `Reply`), a function of the request that returns one, or a list of
    those. **A list is the steps of one turn**: the first is for the request with the user's message, the second for
    the request with the outputs of the tools that the first called, and so on (`ModelRequest.step`). A list within
    that list, and a list that a function returns, is one response of several parts, as `Reply` is.
    """

    def __init__(self) -> None:
        self._rules: list[tuple[Match, Steps]] = []
        self._otherwise: Steps | None = None

    def when(self, match: Match, answer: Answer | Sequence[Answer]) -> Script:
        """Add a rule.

        Args:
            match: A string that the last text of the user must contain, a pattern searched in it, or a function of
                the request that returns whether the rule applies.
            answer: What the model says then.

        Returns:
            The script itself.

        Raises:
            ScriptError: The match or the answer cannot be used.
        """
        if not isinstance(match, str | re.Pattern) and not callable(match):
            raise ScriptError(f"when() matches by a string, a pattern or a function, got {match!r}")
        self._rules.append((match, Steps(answer)))
        return self

    def otherwise(self, answer: Answer | Sequence[Answer]) -> Script:
        """Set what the model says when no rule applies; without it such a request is an error.

        Returns:
            The script itself.

        Raises:
            ScriptError: The answer cannot be used, or there is one already.
        """
        if self._otherwise is not None:
            raise ScriptError("otherwise() was called twice")
        self._otherwise = Steps(answer)
        return self

    def reply_to(self, request: ModelRequest) -> Reply:
        """Return the reply for `request`.

        Raises:
            ScriptError: No rule applies, or the steps of the one that does are used up.
        """
        for match, steps in self._rules:
            if _applies(match, request):
                return steps.reply_to(request)
        if self._otherwise is None:
            raise ScriptError(f"no rule of the script applies to {request!r}")
        return self._otherwise.reply_to(request)


class Steps:
    """One answer of a script, checked when it is made as far as that can be.

    Raises:
        ScriptError: There are no steps, or one of them cannot be a response.
    """

    def __init__(self, answer: object) -> None:
        self._always: Reply | Callable[[ModelRequest], object] | None = None
        self._steps: list[Reply | Callable[[ModelRequest], object]] = []
        if isinstance(answer, Sequence) and not isinstance(answer, str | bytes | bytearray):
            steps = cast("Sequence[object]", answer)
            if not steps:
                raise ScriptError("an empty list of steps: the model would have nothing to say")
            self._steps = [_prepared(step) for step in steps]
        else:
            self._always = _prepared(answer)

    def reply_to(self, request: ModelRequest) -> Reply:
        """Return the reply for `request`.

        Raises:
            ScriptError: The steps are used up, or a function returned something that is not a response.
        """
        step = self._always
        if step is None:
            if request.step >= len(self._steps):
                raise ScriptError(
                    f"the script has {len(self._steps)} step(s) for this turn, but {request!r} asks for one more"
                )
            step = self._steps[request.step]
        return step if isinstance(step, Reply) else as_reply(step(request))


def attempts(*answers: Answer) -> Callable[[ModelRequest], Reply]:
    """What codex gets when it repeats a request: `attempts(fail(503), "Hello!")` fails once, then answers.

    The first answer is for the first request, the next for its retry; the last one is for all further ones. Which
    attempt a request is follows from the log: the earlier requests with the same thread, turn and input.

    Raises:
        ScriptError: No answers, or one of them cannot be a response.
    """
    if not answers:
        raise ScriptError("attempts() needs at least one answer")
    prepared = [_prepared(answer) for answer in answers]

    def choose(request: ModelRequest) -> Reply:
        chosen = prepared[min(request.attempt, len(prepared) - 1)]
        return chosen if isinstance(chosen, Reply) else as_reply(chosen(request))

    return choose


def as_script(value: ScriptLike) -> Script:
    """Return `value` as a script: an answer, or a list of steps, becomes the answer to everything."""
    return value if isinstance(value, Script) else Script().otherwise(value)


def _prepared(answer: object) -> Reply | Callable[[ModelRequest], object]:
    return cast("Callable[[ModelRequest], object]", answer) if callable(answer) else as_reply(answer)


def _applies(match: Match, request: ModelRequest) -> bool:
    if isinstance(match, str):
        return match in request.last_user_text
    if isinstance(match, re.Pattern):
        return match.search(request.last_user_text) is not None
    return match(request)
