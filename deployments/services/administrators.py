"""Who administers: whether there is a second person at all."""

from django.contrib.auth import get_user_model
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from .. import policy
from ..models import Grant


def administrators():
    """Accounts that may set everything up today, wherever they sit, by user name."""
    now, everything = timezone.now(), policy.Place()
    named = Grant.objects.filter(action=Grant.SET_UP, project=None, environment=None)
    people = get_user_model().objects.filter(is_active=True).filter(
        Q(is_superuser=True) | Q(grants__in=named) | Q(groups__grants__in=named))
    return [user for user in people.distinct().order_by("username")
            if user.is_superuser or any(
                policy.obstacle(row, everything, at=now) is None
                for row in policy.entries_of(user).filter(pk__in=named))]


def hold_administrators():
    """Lock their accounts, in one order, until the caller's transaction ends: of two who switch
    each other off, the second sees what the first did."""
    keys = [user.pk for user in administrators()]
    list(get_user_model().objects.select_for_update(no_key=True).filter(pk__in=keys)
         .order_by("pk").values_list("pk"))


def sole_administrator(reader=None):
    """The sentence that says that there is one administrator only, to them where that is the
    `reader`; "" where there are more."""
    people = administrators()
    if len(people) > 1:
        return ""
    if not people:
        return (_("Nobody sets everything up: make a superuser on the release manager's machine."))
    if people[0] == reader:
        return (_("You are the only administrator: nobody can give you an entry, and nobody can "
                  "confirm those that you write. Let a second person set things up."))
    name = policy.name_of(people[0])
    return (_("{name} is the only administrator: nobody can grant anything to {name}, and entries "
              "that {name} writes are confirmed only where somebody else sets that project up. Let "
              "a second person set things up.").format(name=name))
