"""Which PHP files may be included by a probe without any effect but declaring one class.

Conservative on purpose: a file that is not clearly harmless is not one.
"""

import re

LARGEST_BYTES = 16_384

# Order matters: what opens first hides the others. Attributes, heredocs, shell commands and
# inline HTML are no part of the language read here, so a file with one of them never matches.
_HIDDEN = re.compile(
    r"/\*.*?\*/|(?://|#(?!\[))[^\n]*|'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"", re.DOTALL
)
_FOREIGN = re.compile(r"['\"`]|/\*|<<<|\?>|#\[|__halt_compiler|\beval\b", re.IGNORECASE)
_NAME = r"[A-Za-z_]\w*(?:\\[A-Za-z_]\w*)*"
_HEAD = re.compile(
    r"<\?php\s+"
    r"(?:declare\s*\(\s*strict_types\s*=\s*[01]\s*\)\s*;\s*)?"
    rf"(?:namespace\s+{_NAME}\s*;\s*)?"
    rf"(?:use\s+(?:function\s+|const\s+)?\\?{_NAME}(?:\s+as\s+[A-Za-z_]\w*)?\s*;\s*)*"
    r"(?:(?:abstract|final)\s+)?class\s+[A-Za-z_]\w*\s*\{",
    re.IGNORECASE,
)


def is_plain_class(source: bytes) -> bool:
    """Return whether the file declares one class without parent, interface, trait or other code."""
    try:
        text = source.decode("utf-8")
    except UnicodeDecodeError:
        return False
    if len(source) > LARGEST_BYTES or "?>" in text:  # `// ?>` ends the comment and the code
        return False
    code = _HIDDEN.sub(lambda found: " " if found[0][0] in "/#" else "0", text)
    head = _HEAD.match(code)
    if not head or _FOREIGN.search(code):
        return False
    members, rest = _first_level(code[head.end() :])
    return members is not None and not rest.strip() and not re.search(r"\buse\b", members, re.I)


def _first_level(code: str) -> tuple[str | None, str]:
    """Return what stands directly in the class (None if it never ends), and what follows it."""
    depth, members, begin = 1, [], 0
    for brace in re.finditer(r"[{}]", code):
        if depth == 1:
            members.append(code[begin : brace.start()])
        depth += 1 if brace[0] == "{" else -1
        begin = brace.end()
        if depth == 0:
            return " ".join(members), code[begin:]
    return None, ""
