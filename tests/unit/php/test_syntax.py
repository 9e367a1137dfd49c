"""The PHP files run on every PHP from 7.4 on, with nothing but its core."""

import re
import subprocess

import pytest

from tests.unit.php.cli import SOURCES

FILES = ["control.php", "endpoint.php"]
NEWER_THAN_7_4 = {
    "match": r"\bmatch\s*\(",
    "nullsafe": r"\?->",
    "string functions of 8.0": r"\bstr_(contains|starts_with|ends_with)\b",
    "named argument": r"[(,]\s*[a-z]\w*:\s",
    "union type": r"(\):|[(,])\s*\??\w+\|\w+\s*[${]",
    "mixed, never or static as a type": r"(\)|[(,]):?\s*(mixed|never|static)\s*[${]",
    "catch without a variable": r"catch \([^)$]*\)",
    "throw as an expression": r"(\?\?|=>|\?|:)\s*throw\b",
    "attribute": r"#\[",
    "enum, readonly, first-class callable": r"\b(enum|readonly)\s+\w|\(\.\.\.\)",
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_compiles(name):
    """`php -l` accepts it."""
    ended = subprocess.run(
        ["php", "-n", "-l", str(SOURCES / name)], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stdout


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("feature", NEWER_THAN_7_4)
def test_a_file_uses_no_syntax_newer_than_7_4(name, feature):
    """Servers still run PHP 7.4; the PHP that runs these tests is newer and would not complain."""
    code = re.sub(r"/\*.*?\*/|(?<!:)//[^\n]*", "", (SOURCES / name).read_text(), flags=re.S)
    code = re.sub(r"'(\\.|[^'\\])*'|\"(\\.|[^\"\\])*\"", "''", code)
    assert not re.search(NEWER_THAN_7_4[feature], code)


@pytest.mark.parametrize("name", FILES)
def test_a_file_calls_only_functions_of_core_hash_json_and_pcre(name):
    """ctype, posix and mbstring are extensions of their own on Debian, and may be missing."""
    code = (SOURCES / name).read_text()
    assert not re.search(r"\b(ctype|posix|mb|iconv|openssl|curl|apcu)_\w+\(", code)
