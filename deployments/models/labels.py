"""Labels that Django derives from names, and those of choices: gettext is asked for them, too."""

from django.apps import apps
from django.utils.translation import gettext_lazy as _

_found = set()


def translate():
    """Have gettext asked for all of them, each time one is shown; called once, at the start."""
    for model in apps.get_app_config("deployments").get_models():
        written = model._meta.original_attrs
        for name in ("verbose_name", "verbose_name_plural"):
            if isinstance(written.get(name, ""), str):
                setattr(model._meta, name, _message(getattr(model._meta, name)))
        for field in (*model._meta.local_fields, *model._meta.local_many_to_many):
            if isinstance(field.verbose_name, str):
                field.verbose_name = _message(field.verbose_name)
            if field.choices:
                field.choices = [(value, _message(label) if isinstance(label, str) else label)
                                 for value, label in field.choices]


def known():
    """The labels as they are written in English."""
    return _found


def _message(label):
    label = str(label)
    _found.add(label)
    return _(label)
