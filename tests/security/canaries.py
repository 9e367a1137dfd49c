"""Canaries: secrets that can be told apart, and the search for them in any spelling."""

import base64
import html
import secrets
from urllib.parse import quote


class Canaries:
    """{what a secret is: its text}; `made` are chosen by us, `known` by the product."""

    def __init__(self):
        self.texts = {}

    def made(self, name):
        """A new one: with characters that HTML and addresses write in another way."""
        return self.known(name, f"canary&{name}+{secrets.token_hex(12)}")

    def known(self, name, text):
        assert len(text) >= 16, name  # or its first half could be there by chance
        self.texts[name] = text
        return text

    def key_ring(self, name):
        """One that is a Fernet key."""
        raw = f"canary-{name}-".encode() + secrets.token_bytes(32)
        return self.known(name, base64.urlsafe_b64encode(raw[:32]).decode())

    def seen_in(self, texts, *, but=()):
        """{(what, where)} of those found in `texts`, (where, text) pairs; `but` may be there."""
        texts = list(texts)
        whole = "\0".join(text for _, text in texts)
        found = set()
        for name, secret in self.texts.items():
            hits = {each for each in spellings(secret) if name not in but and each in whole}
            found |= {(name, where) for where, text in texts if any(hit in text for hit in hits)}
        return found


def spellings(secret):
    """The first half as it is, and as HTML, addresses, hex and base64 write it; whoever has the
    whole has it, too."""
    half = secret[:len(secret) // 2]
    return {half, html.escape(half), quote(half, safe=""), half.encode().hex(),
            *_inside_base64(half.encode())}


def _inside_base64(half):
    """What every base64 of a text with `half` in it has, wherever it begins there."""
    for cut in range(3):
        core = half[cut:]
        core = base64.b64encode(core[:len(core) // 3 * 3]).decode()
        yield from (core, core.replace("+", "-").replace("/", "_"))
