"""Where people read about a change: addresses of commits and tickets, and the words between."""

import re

_HOSTED = re.compile(
    r"(?:https://|ssh://(?:[\w.-]+@)?|[\w.-]+@)(?P<host>[A-Za-z0-9.-]+)(?::\d+/|[:/])(?P<path>.+)")
_COMMIT = {"github": "commit", "gitlab": "-/commit", "bitbucket": "commits", "gitea": "commit",
           "codeberg": "commit", "forgejo": "commit"}
_TICKET = {"github": "issues", "gitlab": "-/issues", "gitea": "issues", "codeberg": "issues",
           "forgejo": "issues"}
_NAME = re.compile(r"(?<![\w#/-])(?:#(?P<number>\d{1,9})|(?P<key>[A-Z][A-Z0-9]{1,9}-\d{1,9}))\b")


def commit_address(repository_url):
    """“https://github.com/team/shop/commit/{sha}”, found from where the repository is; "" where
    nobody knows how that host calls its pages."""
    return _page(repository_url, _COMMIT, "{sha}")


def ticket_address(repository_url):
    """The same for “#12” in the words of a change."""
    return _page(repository_url, _TICKET, "{ticket}")


def pieces_of(subject, address):
    """The words of a change as [(text, address or "")]: tickets lead where `address` says.

    An address that ends in a number of the host's own leads only from “#12” there.
    """
    found, at = [], 0
    for name in _NAME.finditer(subject) if address else ():
        if name["key"] and _is_of_host(address):
            continue
        found += [(subject[at:name.start()], ""),
                  (name[0], address.replace("{ticket}", name["number"] or name["key"]))]
        at = name.end()
    return [piece for piece in [*found, (subject[at:], "")] if piece[0]]


def _page(repository_url, folders, what):
    found = _HOSTED.fullmatch(repository_url)
    sort = found and _sort_of(found["host"])
    if not sort or sort not in folders:
        return ""
    path = found["path"].strip("/").removesuffix(".git")
    return f"https://{found['host'].lower()}/{path}/{folders[sort]}/{what}"


def _sort_of(host):
    """“gitlab” for gitlab.com and gitlab.shop.example; a name of one's own tells nothing."""
    first = host.lower().removeprefix("www.").partition(".")[0]
    is_cloud = first != "bitbucket" or host.lower().endswith("bitbucket.org")
    return first if first in _COMMIT and is_cloud else ""


def _is_of_host(address):
    return "/issues/{ticket}" in address
