"""A visit of a page that takes long, of which it is known that PHP has begun with it."""

import threading
from contextlib import contextmanager
from urllib.request import urlopen

BEGUN = b"begun"
PAGE = ("<?php header('X-Accel-Buffering: no'); while (ob_get_level()) ob_end_clean();"
        " echo 'begun'; flush();"
        " for ($end = microtime(true) + %s; microtime(true) < $end;) usleep(9000); echo 'whole';")


@contextmanager
def visit_under_way(host, folder, seconds):
    """Put a page of `seconds` into this folder, which the web server serves, and visit it: the
    block begins when PHP is at work on it, and ends when it has answered.

    What it answers is added to the list that it gives."""
    (folder / "long.php").write_text(PAGE % seconds)
    answers = []
    with urlopen(f"{host.url}long.php") as answer:
        assert answer.read(len(BEGUN)) == BEGUN
        rest = threading.Thread(target=lambda: answers.append(answer.read()))
        rest.start()
        yield answers
        rest.join()
