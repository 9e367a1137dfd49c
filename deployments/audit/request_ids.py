"""Which request, command or task is at work: entries that belong together have one id."""

import secrets
from contextlib import contextmanager
from contextvars import ContextVar

_now = ContextVar("request_id", default="")


def current():
    """The id of what is at work; "" outside of everything."""
    return _now.get()


@contextmanager
def begun(sort):
    """Give what is done inside an id: `sort` says what began (page, command, task).

    What is called by something that has an id belongs to it.
    """
    if _now.get():
        yield _now.get()
        return
    number = f"{sort}-{secrets.token_hex(8)}"
    token = _now.set(number)
    try:
        yield number
    finally:
        _now.reset(token)
