"""What commands print is kept within bounds and made safe for text fields."""

import time

import pytest

from deployments.remote.faults import TimedOut
from deployments.remote.output import (
    ANSWER_CHARS,
    HEAD_CHARS,
    LINE_CHARS,
    TAIL_CHARS,
    Deadline,
    Output,
    Result,
)


def test_blocks_that_cut_a_character_or_a_line_still_make_whole_lines():
    """Where the network cuts the stream cannot be seen in the lines."""
    output = Output()
    for byte in "grüße\nzwei\r\nohne Ende".encode():
        output.out(bytes([byte]))
    assert output.result(0).lines == ("grüße", "zwei", "ohne Ende")


def test_bytes_that_are_no_text_are_replaced():
    """Broken UTF-8 and NUL become the replacement character: PostgreSQL's text takes no NUL."""
    output = Output()
    output.out(b"a\xff\0b\n")
    output.err(b"\xc3")
    result = output.result(0)
    assert result.lines == ("a��b",)
    assert result.stderr == "�"


def test_endless_output_keeps_its_beginning_and_its_end():
    """Memory stays bounded, and the line between says how much is missing."""
    output = Output()
    for start in range(0, 80_000, 1000):
        output.out(b"".join(b"line %d\n" % n for n in range(start, start + 1000)))
    lines = output.result(0).lines
    assert lines[0] == "line 0"
    assert lines[-1] == "line 79999"
    assert any("lines left out" in line for line in lines)
    assert sum(map(len, lines)) < HEAD_CHARS + TAIL_CHARS + 100


def test_a_line_without_end_is_cut_into_pieces():
    """A gigabyte without one newline does not have to fit into memory."""
    output, seen = Output(on_line=lambda line: seen.append(line)), []
    for _ in range(40):
        output.out(b"x" * 100_000)
    output.result(0)
    assert max(map(len, seen)) == LINE_CHARS
    assert sum(map(len, seen)) == 4_000_000


def test_answers_survive_endless_output_and_are_no_lines():
    """An answer said early is not lost in the flood after it, and is not shown to people."""
    output = Output(mark="m-1")
    output.out(b"banner without newline m-1 previous=r1\n")
    output.out(b"noise\n" * 100_000)
    result = output.result(0)
    assert result.values == {"previous": "r1"}
    assert result.lines[0] == "banner without newline "
    assert not any("m-1" in line for line in result.lines)


def test_answers_are_bounded_too():
    """A server that answers without end cannot fill our memory."""
    output = Output(mark="m-1")
    output.out(b"m-1 k=v\n" * (ANSWER_CHARS // 4))
    assert len(output.result(0).values["k"]) <= ANSWER_CHARS // 7


def test_the_last_line_is_what_was_said_to_people():
    """The sentence on stderr explains a failure; without one, stdout's last line does."""
    assert Result(1, lines=("out",), stderr="why\n\n").last_line == "why"
    assert Result(1, lines=("first", "out", "")).last_line == "out"
    assert Result(1).last_line == ""


def test_both_limits_are_told_apart():
    """People read whether a command was too long or too silent."""
    output = Output()
    with pytest.raises(TimedOut, match=r"web-1 did not finish within 0 s"):
        Deadline(output, server="web-1", timeout_s=0, silence_s=None).check()
    output.heard_at = time.monotonic() - 5
    limits = Deadline(output, server="web-1", timeout_s=60, silence_s=4)
    with pytest.raises(TimedOut, match=r"web-1 wrote nothing for 4 s"):
        limits.check()
    output.touch()
    limits.check()
