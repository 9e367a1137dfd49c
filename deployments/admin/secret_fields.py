"""Encrypted fields in forms: written, never shown. An empty input keeps what is there, and a
checkbox beside it removes it."""

from django import forms
from django.contrib.admin.utils import flatten
from django.utils.html import format_html
from django.utils.translation import gettext as _

from .. import audit
from ..crypto import EncryptedTextField

_LONG = ("private_key", "headers")
_REPLACED_ONLY = ("private_key", "passphrase")  # neither is of use without the other


class _Removable:
    """A widget that never holds what was stored, nor what was typed before an error; beside it
    the checkbox `remover` (a bound field) when it has one."""

    remover = None

    def format_value(self, value):
        return ""

    def render(self, name, value, attrs=None, renderer=None):
        shown = super().render(name, value, attrs, renderer)
        if self.remover is None:
            return shown
        return format_html('{} <label class="vCheckboxLabel" for="{}">{} {}</label>',
                           shown, self.remover.id_for_label, self.remover, _("Remove it"))


class _HiddenText(_Removable, forms.Textarea):
    pass


class _Password(_Removable, forms.PasswordInput):
    pass


class SecretsForm(forms.ModelForm):
    """A model form whose encrypted fields say only whether something is stored.

    One that may be empty and is not gets a further field, `remove_NAME`: it is drawn by the
    secret's own widget, and its label is what the audit log says.
    """

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.stored = {}  # for the audit log: fingerprints
        for name in secret_names(self._meta.model):
            self.initial.pop(name, None)
            self.stored[name] = audit.fingerprint(getattr(self.instance, name))
            if name in self.fields:
                self._hide(name)

    def _hide(self, name):
        field, is_set = self.fields[name], bool(getattr(self.instance, name))
        attrs = {"autocomplete": "new-password", "spellcheck": "false"}
        if name in _LONG:
            field.widget = _HiddenText(attrs={**attrs, "rows": 6, "cols": 70})
        else:
            field.widget = _Password(attrs={**attrs, "class": "vTextField"})
        if is_set and not field.required and name not in _REPLACED_ONLY:
            self._offer_removal(name)
        state = _("Set; leave empty to keep it.") if is_set else _("Not set.")
        field.help_text = f"{state} {field.help_text}".strip()
        field.required = field.required and not is_set

    def _offer_removal(self, name):
        field, remover = self.fields[name], f"remove_{name}"
        label = field.label or name.replace("_", " ")
        self.fields[remover] = forms.BooleanField(required=False, label=f"{label} removed")
        field.widget.remover = self[remover]

    def clean(self):
        cleaned = super().clean()
        cleaned = self.cleaned_data if cleaned is None else cleaned
        for name in secret_names(self._meta.model):
            if name not in self.fields:
                continue
            if cleaned.get(f"remove_{name}"):
                self._remove(name, cleaned)
            elif not cleaned.get(name):
                cleaned[name] = getattr(self.instance, name)
        return cleaned

    def _remove(self, name, cleaned):
        if cleaned.get(name):
            self.add_error(name, _("Type a new one or remove the stored one, not both."))
        cleaned[name] = ""

    def changed_columns(self):
        """Names of the model's fields that saving must write; those of secrets when removed."""
        removed = {name.removeprefix("remove_") for name in self.changed_data}
        return removed.union(self.changed_data)


class HidesSecrets:
    """For ModelAdmins and inlines: encrypted fields are in a form or nowhere.

    Django shows every field of a form as plain text to whoever may only view it.
    """

    form = SecretsForm

    def get_fieldsets(self, request, obj=None):
        fieldsets = super().get_fieldsets(request, obj)
        if self.may_edit(request, obj):
            return fieldsets
        hidden = set(secret_names(self.model))
        return [
            (title, {**options, "fields": [n for n in flatten(options["fields"])
                                           if n not in hidden]})
            for title, options in fieldsets
        ]

    def may_edit(self, request, obj):
        if obj is None:
            return self.has_add_permission(request)
        return self.has_change_permission(request, obj)


def secret_names(model):
    """Names of the encrypted fields of `model`."""
    return [field.attname for field in model._meta.get_fields()
            if isinstance(field, EncryptedTextField)]
