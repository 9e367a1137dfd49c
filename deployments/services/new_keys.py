"""SSH keys that are made for whoever adds a server or a repository."""

from django.utils.translation import gettext as _

from .. import audit
from ..models import SshKey
from .free_names import first_free
from .keys import make_key_pair


def new_key(actor, name):
    """A new key pair under a name that is free, for the caller's transaction."""
    name = name[:56]
    taken = set(SshKey.objects.filter(name__startswith=name).values_list("name", flat=True))
    name = first_free(name, taken, " ")
    private, public = make_key_pair(f"releasemgr {name}")
    key = SshKey.objects.create(name=name, private_key=private, public_key=public)
    audit.record("key.added", _("{actor} made SSH key “{key}”").format(
        actor=actor.name, key=key), actor=actor, about=key)
    return key
