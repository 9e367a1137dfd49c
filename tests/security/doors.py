"""Doors as the URL resolver and the admin's registry know them: nobody has to list them."""

from django.urls import get_resolver


def addresses():
    """(name, pattern) of everything the site answers, in the resolver's order."""
    return list(_walk(get_resolver().url_patterns, ""))


def _walk(patterns, prefix):
    for found in patterns:
        if hasattr(found, "url_patterns"):
            yield from _walk(found.url_patterns, f"{prefix}{found.pattern}")
        else:
            yield found.name or f"{prefix}{found.pattern}", f"{prefix}{found.pattern}"
