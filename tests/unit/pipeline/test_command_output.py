"""A command that prints a lot keeps its beginning and its end in the log."""

import pytest

from deployments.pipeline.command_output import HEAD, TAIL, CommandOutput


@pytest.mark.parametrize("count", [0, 1, HEAD, HEAD + 1, HEAD + TAIL])
def test_all_of_a_modest_output_is_kept(count):
    """Up to the limit nothing is left out, and nothing said twice."""
    said = []
    output = CommandOutput(said.append)
    for number in range(count):
        output.line(number)
    output.end()
    output.end()
    assert said == list(range(count))


def test_the_error_at_the_end_of_a_long_output_is_kept():
    """That is where people look for the reason."""
    said = []
    output = CommandOutput(said.append)
    for number in range(30_000):
        output.line(number)
    output.line("THE REAL ERROR")
    output.end()
    assert said[:HEAD] == list(range(HEAD))
    assert said[HEAD] == f"… {30_001 - HEAD - TAIL} lines are left out …"
    assert len(said) == HEAD + 1 + TAIL
    assert said[-1] == "THE REAL ERROR"
