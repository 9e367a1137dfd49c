"""Waves: which servers go first, which follow together, and how people are told; and several names
as one phrase, for whoever tells of some. Pure."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext


def in_waves(servers, *, first=0, size=""):
    """Return `servers` in groups, in their order: the `first` ones, then `size` at a time.

    `size` is a number ("2"), a share of all servers, rounded up ("25%"), or "" for all the rest.
    """
    rest = servers[first:]
    step = _step(size, len(servers)) or len(rest) or 1
    groups = [servers[:first], *(rest[at:at + step] for at in range(0, len(rest), step))]
    return [group for group in groups if group]


def _step(size, count):
    if size.endswith("%"):
        return -(-count * int(size[:-1]) // 100)
    return int(size or 0)


def wave_words(groups, pause_s=0):
    """“First web-1 alone, then 2 at a time, 60 s in between”; "" where all go together."""
    if len(groups) < 2:
        return ""
    first, rest = groups[0], groups[1:]
    then = listed(rest[0]) if len(rest) == 1 else _("{rest} at a time").format(rest=len(rest[0]))
    pause = _(", {pause_s} s in between").format(pause_s=pause_s) if pause_s else ""
    sentence = _("First {first} alone, then {then}{pause}") if len(first) == 1 else \
        _("First {first}, then {then}{pause}")
    return sentence.format(first=listed(first), then=then, pause=pause)


def listed(names):
    """“web-1, web-2 and web-3”; more than four are counted."""
    if len(names) > 4:
        return ngettext("{count} server", "{count} servers", len(names)).format(count=len(names))
    return joined(names)


def joined(names):
    """“web-1, web-2 and web-3”, however many they are."""
    if len(names) < 2:
        return "".join(names)
    return _("{names} and {last}").format(names=", ".join(names[:-1]), last=names[-1])


def either(names):
    """“Anna or Ben or Ines”: one of them; "" for none."""
    names = list(names)
    return _("{one} or {others}").format(one=names[0], others=either(names[1:])) if names[1:] \
        else "".join(names)
