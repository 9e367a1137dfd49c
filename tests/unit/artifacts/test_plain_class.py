"""Which PHP files a probe may include."""

import shutil
import subprocess

import pytest

from deployments.artifacts.plain_class import LARGEST_BYTES, is_plain_class

PLAIN = [
    "<?php class A {}",
    "<?php\ndeclare(strict_types=1);\n\nnamespace App\\Model;\n\nuse Other\\B;\n"
    "use function x\\y;\n"
    "use Long\\Name as Short;\n\n/** about { */\nfinal class A\n{\n    // }\n    # {\n"
    "    const X = \"}\\\"{\";\n"
    "    public function f(): string { return '{' . \"{$this->g()}\"; }\n}\n",
    "<?php abstract class A { public function f() { if (1) { foreach ([] as $x) {} } } }",
    "<?php class A { function f() { return function () use (&$x) { return $x; }; } }",
    "<?php /* class B extends C */ class A { const EXTENDS = 'implements'; }",
    "<?php class A { function f() { return new class extends B {}; } }",
]
OTHER = [
    "", "<?php", "class A {}", "text <?php class A {}", "<?php class A {} class B {}",
    "<?php class A {} run();", "<?php run(); class A {}", "<?php class A extends B {}",
    "<?php class A implements B {}", "<?php class A { use T; }", "<?php class A {} ?>",
    "<?php class A {} ?> text", "<?php interface A {}", "<?php trait A {}", "<?php enum A {}",
    "<?php #[Attr] class A {}", "<?php class A { #[Attr] public $x; }", "<?php class A {",
    "<?php class A { } }", "<?php class A { const X = <<<E\n}\nE; }", "<?php function f() {}",
    "<?php if (1) { class A {} }", "<?php class A {} `id`;", "<?php class A {} return 1;",
    "<?php class A {} __halt_compiler(); x", "<?php require 'x.php'; class A {}",
    "<?php // ?> <?php run(); ?>\nclass A {}", "<?php class A { } /* open",
    "<?php declare(ticks=1); class A {}", "<?php namespace A { class B {} }",
    "<?php use function x\\y; y(); class A {}", "<?php class A { 'open }",
    "<?php readonly class A {}", "<?= 1 ?><?php class A {}", "\ufeff<?php class A {}",
    "<?php define('X', 1); class A {}", "<?php class A {} A::boot();",
]


@pytest.mark.parametrize("source", PLAIN)
def test_one_plain_class_is_recognised(source):
    """Comments, strings, nested braces and closures do not hide it."""
    assert is_plain_class(source.encode())


@pytest.mark.parametrize("source", OTHER)
def test_anything_else_is_left_alone(source):
    """Including it could run code, need other files, or print."""
    assert not is_plain_class(source.encode())


def test_a_large_or_binary_file_is_left_alone():
    """Only small readable files are worth a probe."""
    assert not is_plain_class(b"<?php class A { //" + b"x" * LARGEST_BYTES + b"\n}")
    assert not is_plain_class(b"<?php class A { const X = '\xff'; }")


@pytest.mark.parametrize("source", PLAIN)
def test_php_agrees_that_including_it_only_declares(source, tmp_path):
    """PHP itself includes the file: one class more, no output, no other file."""
    (tmp_path / "a.php").write_text(source)
    (tmp_path / "probe.php").write_text(
        "<?php $n = count(get_declared_classes()); include __DIR__ . '/a.php';"
        "echo count(get_declared_classes()) - $n, ' ', count(get_included_files());"
    )
    said = subprocess.run(
        [shutil.which("php"), "-n", tmp_path / "probe.php"],
        capture_output=True, text=True, check=True,
    )
    assert said.stdout == "1 2"
