"""Encrypted fields in forms: written, never shown. An empty input keeps what is there."""

from django import forms
from django.contrib.admin.utils import flatten

from ..crypto import EncryptedTextField

_LONG = ("private_key",)


class _HiddenText(forms.Textarea):
    """A text area that never holds what was stored, nor what was typed before an error."""

    def format_value(self, value):
        return ""


class SecretsForm(forms.ModelForm):
    """A model form whose encrypted fields say only whether something is stored."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in secret_names(self._meta.model):
            self.initial.pop(name, None)
            if name in self.fields:
                self._hide(name)

    def _hide(self, name):
        field, is_set = self.fields[name], bool(getattr(self.instance, name))
        attrs = {"autocomplete": "new-password", "spellcheck": "false"}
        if name in _LONG:
            field.widget = _HiddenText(attrs={**attrs, "rows": 6, "cols": 70})
        else:
            field.widget = forms.PasswordInput(attrs={**attrs, "class": "vTextField"})
        state = "Set; leave empty to keep it." if is_set else "Not set."
        field.help_text = f"{state} {field.help_text}".strip()
        field.required = field.required and not is_set

    def clean(self):
        cleaned = super().clean()
        cleaned = self.cleaned_data if cleaned is None else cleaned
        for name in secret_names(self._meta.model):
            if name in self.fields and not cleaned.get(name):
                cleaned[name] = getattr(self.instance, name)
        return cleaned


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
