"""Lines come out whole, however the bytes come in."""

from codex_app_server._wire.framing import LineSplitter, OversizedLine
from hypothesis import given
from hypothesis import strategies as st

LINES = [b'{"a":1}', b"", '{"text":"h\u00e9llo \u2028 \U0001f600"}'.encode(), b'{"b":2}\r', b'{"last":true}']
STREAM = b"\n".join(LINES) + b"\n"


def feed_all(chunks: list[bytes], limit: int = 1 << 20) -> list[bytes | OversizedLine]:
    splitter = LineSplitter(limit)
    return [line for chunk in chunks for line in splitter.feed(chunk)]


def test_a_stream_cut_at_any_position_gives_the_same_lines() -> None:
    for cut in range(1, len(STREAM)):
        assert feed_all([STREAM[:cut], STREAM[cut:]]) == LINES


def test_a_stream_given_byte_by_byte_gives_the_same_lines() -> None:
    assert feed_all([bytes([byte]) for byte in STREAM]) == LINES


@given(
    st.lists(st.binary(max_size=20).filter(lambda line: b"\n" not in line)),
    st.lists(st.integers(1, 15), min_size=1),
)
def test_any_lines_in_any_chunks_come_out_in_order(lines: list[bytes], sizes: list[int]) -> None:
    stream = b"".join(line + b"\n" for line in lines)
    chunks: list[bytes] = []
    position = 0
    while position < len(stream):
        size = sizes[len(chunks) % len(sizes)]
        chunks.append(stream[position : position + size])
        position += size
    assert feed_all(chunks) == lines


def test_a_line_without_its_newline_waits_and_is_given_at_the_end() -> None:
    splitter = LineSplitter(100)
    assert splitter.feed(b'{"a"') == []
    assert splitter.feed(b":1}") == []
    assert splitter.pending_bytes == 7
    assert splitter.finish() == b'{"a":1}'


def test_a_line_at_the_limit_passes_and_a_longer_one_is_reported_with_its_size() -> None:
    for chunks in (
        [b"x" * 10 + b"\n" + b"y" * 11 + b"\nok\n"],
        [b"x" * 10, b"\n", b"y" * 5, b"y" * 6, b"\nok", b"\n"],
    ):
        first, second, third = feed_all(chunks, limit=10)
        assert first == b"x" * 10
        assert isinstance(second, OversizedLine)
        assert (second.size_bytes, second.head) == (11, b"y" * 11)
        assert third == b"ok"


def test_an_endless_line_is_not_kept() -> None:
    splitter = LineSplitter(1000)
    for _ in range(200):
        assert splitter.feed(b"z" * 1000) == []
    (line,) = splitter.feed(b"\n")
    assert isinstance(line, OversizedLine)
    assert line.size_bytes == 200_000
    assert len(line.head) == 64 * 1024
    assert splitter.feed(b"next\n") == [b"next"]
