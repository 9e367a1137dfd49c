"""Verbs on groups: make one, call it something else, delete it. Django's permissions in them mean
nothing here."""

from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from .. import audit, policy
from ..errors import Refused
from ..models import ApprovalRule
from .acting import acting, demand, hold


def add(actor, name):
    """Make a group without anybody in it, and return it."""
    with acting(actor, "group.added"):
        demand(policy.may_look_after(actor))
        group = Group(name=name)
        _validate(group)
        group.save()
        audit.record("group.added", _("{actor} made the group {group}").format(
            actor=actor.name, group=group), actor=actor,
                     about=group, before={}, after={"name": group.name})
        return group


def rename(actor, group, name):
    """Call a group something else; who is in it and what it may do stay."""
    with acting(actor, "group.renamed"):
        hold(group)
        demand(policy.may_look_after(actor))
        before = group.name
        if before == name:
            return
        group.name = name
        _validate(group)
        group.save(update_fields=["name"])
        audit.record("group.renamed", _("{actor} renamed the group {before} to {name}").format(
            actor=actor.name, before=before, name=name),
                     actor=actor, about=group, before={"name": before}, after={"name": name})


def delete(actor, group):
    """Delete a group that nothing leans on. Refused while it has people, entries that have not
    ended, or a place in an approval rule."""
    with acting(actor, "group.deleted"):
        hold(group)
        demand(policy.may_look_after(actor))
        why = why_kept(group)
        if why:
            raise Refused(_("{group} cannot be deleted: {why}.").format(group=group, why=why),
                          _("Take people out, end its entries, and change the approval rules "
                            "first."))
        audit.record("group.deleted", _("{actor} deleted the group {group}").format(
            actor=actor.name, group=group), actor=actor,
                     about=group, before={"name": group.name}, after={})
        group.delete()


def why_kept(group):
    """What still leans on a group, in words; "" when nothing does."""
    now = timezone.now()
    people = group.user_set.count()
    entries = sum(1 for row in group.grants.all()
                  if row.valid_until is None or row.valid_until > now)
    rules = ApprovalRule.objects.filter(groups=group).count()
    found = [(people, _("people in it")), (entries, _("allowlist entries")), (rules,
                                                                              _("approval rules"))]
    return ", ".join(f"{words} ({count})" for count, words in found if count)


def _validate(group):
    try:
        group.full_clean()
    except ValidationError as problem:
        raise Refused(" ".join(problem.messages)) from None
    twin = Group.objects.filter(name__iexact=group.name).exclude(pk=group.pk).first()
    if twin:
        raise Refused(_("There is a group {twin} already.").format(twin=twin),
                      _("Choose another name."))
