"""What a build prints, made fit for a log."""

import base64
import random
import time
import tracemalloc

import pytest

from deployments.artifacts.masking import MASK
from deployments.artifacts.output import LINE_CHARS, OutputCleaner, plain_line

TOKEN = "ghp_A1b2C3d4E5f6G7h8"
KEY = "-----BEGIN KEY-----\nc2VjcmV0LWxpbmUtb25l\nc2VjcmV0LWxpbmUtdHdv\n-----END KEY-----\n"


def clean(printed, *, secrets=(), cut=None, **limits):
    """Return the lines of a whole output, fed in blocks of `cut` bytes."""
    lines = []
    cleaner = OutputCleaner(lines.append, secrets=secrets, **limits)
    cut = cut or max(len(printed), 1)
    for at in range(0, len(printed), cut):
        cleaner.write(printed[at : at + cut])
    cleaner.close()
    return lines


@pytest.mark.parametrize(
    ("printed", "lines"),
    [
        (b"one\ntwo", ["one", "two"]),
        (b"one\r\ntwo\r\n", ["one", "two"]),
        (b"", []),
        (b"\n\n", ["", ""]),
        (b"\x1b[1;31mred\x1b[0m\n", ["red"]),
        (b"\x1b]0;title\x07text\x1b]8;;https://evil\x1b\\link\x1b]8;;\x1b\\\n", ["textlink"]),
        (b"10%\r50%\r100%\n", ["100%"]),
        (b"10%\r100%\r\n", ["100%"]),
        (b"a\0b\x08c\x07\n", ["abc"]),
        (b"caf\xc3\xa9 \xff\n", ["café \ufffd"]),
        ("safe\u202eexe.txt\u2066x\n".encode(), ["safeexe.txtx"]),
        (b"\x9b31mraw C1 in invalid UTF-8\n", ["\ufffd31mraw C1 in invalid UTF-8"]),
        ("\u009b31mred\n".encode(), ["red"]),
        (b"\x1b]0;never closed\nnext\n", ["]0;never closed", "next"]),
    ],
)
@pytest.mark.parametrize("cut", [None, 1, 3])
def test_lines_read_as_a_person_would_see_them(printed, lines, cut):
    """Escapes, progress, NUL, bidi marks and broken UTF-8, wherever the stream is cut."""
    assert clean(printed, cut=cut) == lines


@pytest.mark.parametrize("cut", [1, 2, 7, None])
def test_a_secret_is_masked_however_the_stream_is_cut(cut):
    """A block may end in the middle of a secret."""
    printed = f"token={TOKEN} again {TOKEN}{TOKEN}\n{TOKEN}".encode()
    lines = clean(printed, secrets=[TOKEN], cut=cut)
    assert lines == [f"token={MASK} again {MASK}{MASK}", MASK]


def test_a_secret_is_masked_at_any_random_cut():
    """Overlapping and nested secrets, a thousand random cuts; nothing of them may remain."""
    secrets = ["abcdabcd", "abcd", "cdab", TOKEN, KEY]
    printed = f"xabcdabcdy abcabcd {TOKEN[:10]} {KEY} {TOKEN}\n".encode() * 3
    draw = random.Random(7)
    whole = clean(printed, secrets=secrets)
    for _ in range(1000):
        lines = []
        cleaner = OutputCleaner(lines.append, secrets=secrets)
        at = 0
        while at < len(printed):
            step = draw.randint(1, 40)
            cleaner.write(printed[at : at + step])
            at += step
        cleaner.close()
        assert lines == whole
    assert "abcd" not in "".join(whole)
    assert "c2VjcmV0" not in "".join(whole)


def test_a_secret_with_colours_inside_is_masked():
    """Tools colour parts of a line."""
    printed = f"\x1b[1m{TOKEN[:5]}\x1b[0m{TOKEN[5:]}\n".encode()
    assert clean(printed, secrets=[TOKEN]) == [MASK]


@pytest.mark.parametrize(
    ("secret", "printed"),
    [
        (KEY, "c2VjcmV0LWxpbmUtdHdv"),
        ('{"github-oauth": {"github.com": "ghp_inner_token"}}', "ghp_inner_token"),
        ("p@ss word/1", "p%40ss%20word%2F1"),
        (TOKEN, base64.b64encode(TOKEN.encode()).decode()),
        ('say "hi" now', 'say \\"hi\\" now'),
    ],
)
def test_other_spellings_of_a_secret_are_masked(secret, printed):
    """Lines of a key, tokens inside COMPOSER_AUTH, URL, base64 and JSON forms."""
    assert clean(f"<{printed}>\n".encode(), secrets=[secret]) == [f"<{MASK}>"]


def test_a_secret_too_short_to_mask_leaves_the_log_readable():
    """A secret "1" would turn every line into dots."""
    assert clean(b"step 1 of 10\n", secrets=["1", ""]) == ["step 1 of 10"]


def test_lines_come_out_while_the_build_still_runs():
    """People watch the log live: a finished line must not wait for the next block."""
    lines = []
    cleaner = OutputCleaner(lines.append, secrets=[TOKEN])
    cleaner.write(b"first line\nsecond g")
    assert lines == ["first line"]


def test_too_much_output_keeps_its_beginning_and_its_end():
    """The reader sees how it began, how it ended, and how much is missing."""
    printed = b"".join(b"line %d\n" % number for number in range(100_000))
    lines = clean(printed, limit_bytes=10_000, cut=4096)
    gap = next(at for at, line in enumerate(lines) if "left out" in line)
    assert lines[:2] == ["line 0", "line 1"]
    assert lines[-1] == "line 99999"
    kept = sum(len(line) + 1 for line in lines[:gap] + lines[gap + 1 :])
    assert kept <= 10_000
    left_out = int(lines[gap].split()[3].replace(",", ""))
    assert abs(len(printed) - kept - left_out) <= 10  # the line cut in two


@pytest.mark.parametrize("cut", [1, 7, 4096, None])
@pytest.mark.parametrize("limit_bytes", [5_000_000, 20_000])
def test_too_many_short_lines_keep_the_first_and_the_last(cut, limit_bytes):
    """Two-byte lines are far from the cap in bytes, and each would be a row."""
    printed = b"".join(b"%04d\n" % number for number in range(9000)) + b"the end"
    lines = clean(printed, limit_lines=50, limit_bytes=limit_bytes, cut=cut)
    assert lines[:40] == [f"{number:04}" for number in range(40)]
    assert lines[40] == "… 8,951 lines, 44,755 bytes of output left out …"
    assert lines[41:] == [*(f"{number:04}" for number in range(8991, 9000)), "the end"]


@pytest.mark.parametrize("count", [49, 50, 51])
@pytest.mark.parametrize("cut", [1, None])
def test_as_many_lines_as_may_be_are_whole(count, cut):
    """One more, and one is left out."""
    printed = b"".join(b"%d\n" % number for number in range(count))
    lines = clean(printed, limit_lines=50, cut=cut)
    if count <= 50:
        assert lines == printed.decode().split()
    else:
        assert lines[40] == "… 1 lines, 3 bytes of output left out …"
        assert [*lines[:40], "40", *lines[41:]] == printed.decode().split()


def test_half_a_secret_between_two_lines_is_not_shown_at_the_line_cap():
    """A secret of several lines may lie across the place where the beginning ends."""
    printed = ("x\n" * 39 + KEY) .encode() + b"y\n" * 400
    for limits in ({}, {"limit_bytes": 300}):
        lines = clean(printed, secrets=[KEY], limit_lines=50, **limits)
        assert not any("c2Vj" in line or "KEY" in line for line in lines)


def test_output_just_below_the_cap_is_whole():
    """Nothing is lost or doubled where the head ends and the tail begins."""
    printed = b"".join(b"%05d\n" % number for number in range(1600))
    assert clean(printed, limit_bytes=len(printed) + 1) == printed.decode().split()


def test_half_a_secret_at_the_gap_is_not_shown():
    """The cut must not save the second half of a secret from being recognised."""
    for shift in range(60):
        printed = b"x" * shift + (TOKEN.encode() + b" ") * 500
        for line in clean(printed, secrets=[TOKEN], limit_bytes=1000):
            for part in line.split():
                assert not any(TOKEN[at : at + 6] in part for at in range(len(TOKEN) - 5)), shift


def test_a_line_without_end_is_broken_into_pieces():
    """One endless line neither fills memory nor is lost; secrets across pieces stay hidden."""
    printed = b"x" * (LINE_CHARS - 5) + TOKEN.encode() + b"y" * 100
    lines = clean(printed, secrets=[TOKEN], cut=1000)
    assert "".join(lines) == "x" * (LINE_CHARS - 5) + MASK + "y" * 100
    assert max(map(len, lines)) <= LINE_CHARS


@pytest.mark.parametrize("block", [b"y\n" * 32768, b"z" * 65536])
def test_a_gigabyte_uses_neither_memory_nor_much_time(block):
    """A build that prints for ever costs us the cap, not the machine."""
    lines = []
    tracemalloc.start()
    cleaner = OutputCleaner(lines.append, secrets=[TOKEN], limit_bytes=500_000)
    began = time.thread_time()  # of the processor: others may use it too
    for _ in range(2**30 // len(block)):
        cleaner.write(block)
    took = time.thread_time() - began
    cleaner.close()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 60_000_000
    assert took < 60
    assert cleaner.bytes_seen == 2**30


def test_the_tail_holds_the_last_lines():
    """The failure's sentence shows the end of the output."""
    cleaner = OutputCleaner(lambda line: None)
    cleaner.write(b"".join(b"%d\n" % number for number in range(500)) + b"the end")
    cleaner.close()
    assert cleaner.tail.splitlines()[-2:] == ["499", "the end"]
    assert len(cleaner.tail.splitlines()) == 200


def test_a_commit_subject_becomes_one_plain_line():
    """Subjects and author names come from anybody who can push."""
    assert plain_line(" a\x1b[31m\tb\u202e\n c\0 ") == "a b c"
