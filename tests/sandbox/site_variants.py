"""Branches of the demo site on which one thing is wrong, for fault tests."""

from collections.abc import Mapping
from dataclasses import dataclass

UNSHARED_FILE = "config/payment.php"
"""The shared file that the variant `missing-shared-file` needs and no server has."""


@dataclass(frozen=True)
class Variant:
    subject: str
    files: Mapping[str, str]


def _build(*lines: str) -> dict[str, str]:
    return {"bin/build.php": "\n".join(["<?php", *lines, ""])}


VARIANTS = {
    # `/` answers 500, every other page works: only a check of the page itself notices.
    "broken-page": Variant(
        "Move the hero picture to its own class",
        {"templates/hero.php": "<?php\nthrow new RuntimeException('no picture for the hero');\n"},
    ),
    # One page answers later than anybody waits, all others at once.
    "hanging-page": Variant(
        "Ask the carrier for the day of delivery",
        {"public/delivery.php": "<?php\nsleep(5);\n"},
    ),
    "failing-build": Variant(
        "Check the colours while building",
        _build(
            'echo "reading resources/shop.css\\n";',
            'fwrite(STDERR, "build: resources/shop.css: unknown colour \\"tide\\"\\n");',
            "exit(3);",
        ),
    ),
    # It leaves a child of its own, so that ending the build means ending its whole process group.
    "hanging-build": Variant(
        "Wait for the photographs while building",
        _build('echo "waiting for the photographs\\n";', "passthru('sleep 3600');"),
    ),
    "noisy-build": Variant(
        "Show every step of the build",
        _build(
            '$block = str_repeat(str_repeat("glaze ", 21) . "\\n", 8264);',
            "for ($megabyte = 0; $megabyte < 1024; $megabyte++) {",
            "    echo $block;",
            "}",
        ),
    ),
    # No text at all: NUL, broken UTF-8, colours, a terminal's title, text turned round.
    "binary-build": Variant(
        "Show the photographs while building",
        _build(
            'echo "before\\0\\xff\\xfe\\x1b[31mred\\x1b[0m\\x1b]0;title\\x07\\u{202e}\\n";',
            'echo random_bytes(200000), "\\n";',
        ),
    ),
    # Never loaded by a page: PHP finds out only when it is asked to compile the file.
    "broken-file": Variant(
        "Begin the gift cards",
        {"src/GiftCard.php": "<?php\nnamespace Tidewater;\n\nfinal class GiftCard\n{\n"},
    ),
    "lfs-pointer": Variant(
        "Add the printed catalogue",
        {
            ".gitattributes": "*.pdf filter=lfs diff=lfs merge=lfs -text\n",
            "public/catalogue.pdf": (
                "version https://git-lfs.github.com/spec/v1\n"
                "oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\n"
                "size 1048576\n"
            ),
        },
    ),
    "missing-shared-file": Variant(
        "Take payments",
        {
            "src/Payment.php": (
                "<?php\nnamespace Tidewater;\n\n"
                f"return require dirname(__DIR__) . '/{UNSHARED_FILE}';\n"
            )
        },
    ),
}
