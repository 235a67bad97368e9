"""Tells whether a command line only reads. Knows a small part of the shell, and says no to all else.

What it says yes to runs without a sandbox, so each rule names what is allowed, never what is not: a
character, a program or an option that is not named here is refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["programs_of"]

# What a word may consist of outside of quotes. Not `*?[]`: a file called `-o` would become an option.
# Not `~{}()<>&#!^`: the shell makes something else of them, or a part of the line a command.
_PLAIN = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./:@%+,=-")
_OPERATORS = frozenset({"|", "||", "&&", ";"})
# Where the shells of an operating system or its package manager lie. The model may name any other.
_SHELLS = frozenset(
    f"{folder}{name}"
    for folder in ("", "/bin/", "/usr/bin/", "/usr/local/bin/", "/opt/homebrew/bin/")
    for name in ("bash", "sh", "zsh")
)


@dataclass(frozen=True, slots=True)
class _Program:
    """The options that a program may get, none of which makes it write, run something, or wait for ever.

    Attributes:
        flags: Letters of options without a value.
        valued: Letters of options with one: what follows the letter is the value.
        words: Long options, without their values.
        max_operands: How many words it may get that are no options; None for any number.
    """

    flags: str = ""
    valued: str = ""
    words: frozenset[str] = frozenset()
    max_operands: int | None = None

    def allows(self, arguments: list[str]) -> bool:
        # What stands after `--` is held to the same rules, and so is the value of an option in a word of its own.
        options = [word for word in arguments if word.startswith("-") and word not in {"-", "--"}]
        operand_count = len(arguments) - len(options)
        if self.max_operands is not None and operand_count > self.max_operands:
            return False
        return all(self._allows_option(word) for word in options)

    def _allows_option(self, word: str) -> bool:
        if word.startswith("--"):
            return word[2:].partition("=")[0] in self.words
        for letter in word[1:]:
            if letter in self.valued:
                return True
            if letter not in self.flags:
                return False
        return True


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_SEARCH = _words(
    "after-context before-context color colour context count exclude exclude-dir files-with-matches "
    "files-without-match fixed-strings extended-regexp ignore-case include invert-match line-number "
    "line-regexp max-count no-filename no-messages only-matching perl-regexp quiet recursive regexp "
    "text with-filename word-regexp"
)
_PROGRAMS: dict[str, _Program] = {
    "basename": _Program("az", "s"),
    "cat": _Program(
        "AbeEnstTuv", "", _words("number number-nonblank show-all show-ends show-tabs squeeze-blank")
    ),
    "cmp": _Program("bls", "n", _words("bytes print-bytes quiet silent verbose")),
    "comm": _Program("123"),
    "cut": _Program("nsz", "bcdf", _words("bytes characters complement delimiter fields only-delimited")),
    "diff": _Program(
        "abBcdeEiNqrstuwyZ",
        "CUW",
        _words("brief color context ignore-all-space ignore-blank-lines ignore-case recursive unified"),
    ),
    "dirname": _Program("z"),
    "du": _Program(
        "0abcDhHklLmPsSx", "Bd", _words("all apparent-size bytes human-readable max-depth summarize total")
    ),
    "echo": _Program("neE"),
    "egrep": _Program("abcEFGhHiIlLnoPqrRsUvwxyzZ0123456789", "ABCem", _SEARCH),
    "false": _Program(max_operands=0),
    "fgrep": _Program("abcEFGhHiIlLnoPqrRsUvwxyzZ0123456789", "ABCem", _SEARCH),
    "grep": _Program("abcEFGhHiIlLnoPqrRsUvwxyzZ0123456789", "ABCem", _SEARCH),
    "head": _Program("qvz0123456789", "cn", _words("bytes lines quiet silent verbose")),
    "id": _Program("gGnruz"),
    "ls": _Program(
        "1aAbBcCdfFgGhHiklLmnNopqQrRsStuUvxXZ",
        "Iw",
        _words(
            "all almost-all classify color directory full-time group-directories-first hide human-readable ignore "
            "inode numeric-uid-gid recursive reverse size sort time time-style width"
        ),
    ),
    "md5sum": _Program("btz"),
    "nl": _Program("p", "bdfhilnsvw"),
    "pwd": _Program("LP"),
    "readlink": _Program("efmnqsvz", "", _words("canonicalize canonicalize-existing canonicalize-missing")),
    "realpath": _Program("eLmPqsz", "", _words("relative-base relative-to")),
    "rg": _Program(
        "abcFHhIilLnNopPqsSUuvVwx.0",
        "ABCegmtTM",
        _SEARCH
        | _words(
            "case-sensitive column files glob heading hidden iglob json max-columns max-depth max-filesize "
            "multiline no-heading no-ignore no-line-number pcre2 smart-case sort sortr stats trim type "
            "type-list type-not unrestricted vimgrep"
        ),
    ),
    "sha256sum": _Program("btz"),
    # Without its option for an output file; large inputs go through files that it removes itself.
    "sort": _Program(
        "bcCdfghiMmnrRsuVz",
        "kt",
        _words(
            "dictionary-order field-separator general-numeric-sort human-numeric-sort ignore-case key "
            "numeric-sort reverse stable unique version-sort zero-terminated"
        ),
    ),
    "stat": _Program("fLntx", "c", _words("dereference file-system format printf terse")),
    "tac": _Program("br", "s"),
    # Not the options that wait for more.
    "tail": _Program("qvz0123456789", "cn", _words("bytes lines quiet silent verbose")),
    "tr": _Program("cCdst", "", _words("complement delete squeeze-repeats truncate-set1")),
    "true": _Program(max_operands=0),
    "uname": _Program("amnoprsv", max_operands=0),
    # Its second operand is a file that it writes.
    "uniq": _Program("cdDiuz", "fsw", _words("count ignore-case repeated unique"), max_operands=1),
    "wc": _Program("clmLw", "", _words("bytes chars lines max-line-length words")),
    "which": _Program("as"),
    "whoami": _Program(max_operands=0),
}

# Printable ASCII without what is special even within double quotes.
_FIT = re.compile(r"[ -#%-\[\]-_a-~]+\Z")


def programs_of(command: str) -> tuple[str, ...]:
    """Return the programs that a command line runs, if each of them only reads; nothing otherwise.

    Args:
        command: As an approval request shows it: a shell with a script, or a program with its arguments.
    """
    tokens = _tokens(command) if _FIT.match(command) else None
    if not tokens or any(is_operator for is_operator, _ in tokens):
        return ()
    words = [word for _, word in tokens]
    if words[0] not in _SHELLS:
        return _programs(tokens)
    if len(words) != 3 or words[1] not in {"-c", "-lc"}:
        return ()
    return _programs(_tokens(words[2]) or [])


def _programs(tokens: list[tuple[bool, str]]) -> tuple[str, ...]:
    programs: list[str] = []
    words: list[str] = []
    for is_operator, word in [*tokens, (True, "")]:
        if not is_operator:
            words.append(word)
            continue
        program = _PROGRAMS.get(words[0]) if words else None
        if program is None or not program.allows(words[1:]):
            return ()
        programs.append(words[0])
        words = []
    return tuple(programs)


def _tokens(line: str) -> list[tuple[bool, str]] | None:
    """Cut a line into words and operators (True); None when there is more to it than that."""
    tokens: list[tuple[bool, str]] = []
    position = 0
    while position < len(line):
        char = line[position]
        if char == " ":
            position += 1
        elif char in "|&;":
            end = position + (2 if line[position + 1 : position + 2] == char else 1)
            if line[position:end] not in _OPERATORS:
                return None
            tokens.append((True, line[position:end]))
            position = end
        else:
            read = _word(line, position)
            if read is None:
                return None
            word, position = read
            tokens.append((False, word))
    return tokens


def _word(line: str, position: int) -> tuple[str, int] | None:
    """Read a word from `position` on; return it without its quotes, and where it ends."""
    parts: list[str] = []
    while position < len(line) and line[position] not in " |&;":
        char = line[position]
        if char in "'\"":
            end = line.find(char, position + 1)
            if end < 0:
                return None
            parts.append(line[position + 1 : end])
            position = end + 1
        elif char in _PLAIN:
            parts.append(char)
            position += 1
        else:
            return None
    return "".join(parts), position
