"""What of the matrix cannot be made to happen where these tests run, with the reason; the code is written for it all the same."""

from __future__ import annotations

from typing import NamedTuple


class NotHere(NamedTuple):
    """A part of a row that no test shows.

    Attributes:
        row: The row.
        what: The part of it.
        reason: Why it is not tested.
        instead: What is tested in its place, or what the code relies on.
    """

    row: str
    what: str
    reason: str
    instead: str


NOT_HERE = (
    NotHere("F01", "Windows: TerminateProcess instead of SIGKILL", "no Windows machine",
            "the exit code of the process is all that is looked at; the tests kill on Linux"),
    NotHere("F03", "a true binary of another architecture", "the runtime package has one binary",
            "a file with a foreign ELF header, which the kernel refuses in the same way"),
    NotHere("F12", "less than 5 % slower during the flood", "a figure, which a busy machine changes",
            "the turn ends while 100 MB are written, and the ring keeps the end"),
    NotHere("F20", "2^31 requests on one connection", "takes days",
            "ids are Python integers and are never given twice, over restarts either"),
    NotHere("F36", "a network that drops packets without a word", "would need rights over the network",
            "a proxy on loopback that goes on to hold the connection and passes nothing"),
    NotHere("F36", "TLS (`wss://`)", "no certificate that a machine trusts may be made for a test",
            "the bytes within are the same; verification is left on, as Python's ssl has it"),
    NotHere("F38", "a limit of processes (RLIMIT_NPROC)", "root, as whom the tests may run, has none",
            "no descriptors, no OS threads, no room for files and a home that is read-only"),
    NotHere("F39", "suspending the machine", "would suspend the tests",
            "the time of day jumps; every wait is on the monotonic clock, which stands still meanwhile on Linux"),
    NotHere("C08", "Windows: job objects instead of process groups", "no Windows machine",
            "the tests end trees on Linux"),
    NotHere("C09", "macOS and Windows: the server of a killed program", "no such machine",
            "there its stdin is closed by the system, which it takes as the end; Linux has PR_SET_PDEATHSIG besides"),
    NotHere("C16", "uvloop", "not among the dependencies of the tests",
            "the engine has a loop of its own on its own OS thread; callers' loops are used by call_soon_threadsafe alone"),
    NotHere("C16", "a free-threaded build, Python 3.14", "no such Python on the machine",
            "`dev.py compat all` runs the tests of the core on every supported Python that is there, and all on the oldest"),
    NotHere("C17", "Windows: CTRL_C_EVENT", "no Windows machine",
            "a terminal in a pseudo-terminal on Linux; there the server is started in a process group of its own"),
    NotHere("S09", "a socket of another user, where the tests are not run as root", "only root can make one",
            "the test is skipped with that reason; the mode of the folder is tested as anybody"),
    NotHere("S12", "arguments of 10 MB", "the true server is busy for many minutes before it asks for anything",
            "200 kB in the true server; lines of 64 MiB from the scripted one (F11)"),
    NotHere("S10", "how a terminal, a browser or a notebook draws what is escaped", "no screen",
            "what is written has no control characters; see the tests of each renderer"),
)  # fmt: skip
