"""What protects an environment, as one dictionary: read, compared, written back, put into words."""

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from ..models import ApprovalRule, Environment

BOXES = {"is_protected": _lazy("it is no longer protected"),
         "needs_two_step": _lazy("two-step sign-in is no longer needed")}
"""Columns of the environment, and what is said where one is taken away."""

_OWN = ("name", "people_needed", "spares_going_back")


def content_of(environment):
    """Boxes and approval rules as the database has them, rules by primary key (as text)."""
    boxes = Environment.objects.values(*BOXES).get(pk=environment.pk)
    rules = environment.approval_rules.all()
    return boxes | {"rules": {str(rule.pk): _rule(rule) for rule in rules.order_by("pk")}}


def lessened(before, after):
    """What a protected environment would demand no longer, a few words each; [] where nothing, or
    where it is not protected."""
    if not before["is_protected"]:
        return []
    words = [str(words) for name, words in BOXES.items() if before[name] and not after[name]]
    for pk, old in before["rules"].items():
        new = after["rules"].get(pk)
        if new is None:
            words.append(_("the approval rule “{words}” goes").format(words=_words(old)))
        elif _is_weaker(old, new):
            words.append(_("the approval rule “{old}” becomes “{new}”").format(
                old=_words(old), new=_words(new)))
    if before["rules"] and not after["rules"]:
        words.append(_("no approval rule is left: releases there need nobody’s yes"))
    return words


def write(environment, content):
    """Make the rows say `content`: rules come back under the key that they had."""
    Environment.objects.filter(pk=environment.pk).update(
        **{name: content[name] for name in BOXES})
    environment.approval_rules.exclude(pk__in=list(content["rules"])).delete()
    for pk, fields in content["rules"].items():
        rule, __ = ApprovalRule.objects.update_or_create(
            pk=int(pk), defaults={name: fields[name] for name in _OWN}
            | {"environment": environment})
        rule.users.set(get_user_model().objects.filter(pk__in=fields["users"]))
        rule.groups.set(Group.objects.filter(pk__in=fields["groups"]))


def shown(content):
    """The same in words, for the audit log."""
    return {**{name: content[name] for name in BOXES},
            "rules": [_words(rule) for rule in content["rules"].values()]}


def _rule(rule):
    return {name: getattr(rule, name) for name in _OWN} | {
        kind: sorted(getattr(rule, kind).values_list("pk", flat=True))
        for kind in ("users", "groups")}


def _is_weaker(old, new):
    """Fewer people must agree, other people may, or a return is spared."""
    return new["people_needed"] < old["people_needed"] \
        or not set(new["users"]) <= set(old["users"]) \
        or not set(new["groups"]) <= set(old["groups"]) \
        or new["spares_going_back"] > old["spares_going_back"]


def _words(rule):
    """“Shop leads: 2 of ada, ben”."""
    people = get_user_model().objects.filter(pk__in=rule["users"]).order_by("username")
    groups = Group.objects.filter(pk__in=rule["groups"]).order_by("name")
    names = ", ".join([*map(str, people), *map(str, groups)]) or _("nobody")
    spared = _(", not to go back") if rule["spares_going_back"] else ""
    title = f"{rule['name']}: " if rule["name"] else ""
    return _("{title}{people_needed} of {names}{spared}").format(
        title=title, people_needed=rule["people_needed"], names=names, spared=spared)
