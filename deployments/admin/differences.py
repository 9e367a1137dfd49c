"""What a form changed, field by field: the values before and after, secrets as fingerprints."""

from django.forms import ModelChoiceField, ModelMultipleChoiceField
from django.forms.models import model_to_dict

from .. import audit
from .secret_fields import secret_names


def difference(form, formsets):
    """Return (before, after): dicts of a form's changed fields, rows inside it by their name."""
    before, after = _of_form(form)
    for formset in formsets:
        noun = formset.model._meta.verbose_name
        for inner in formset.deleted_forms:
            if inner in formset.initial_forms:
                before[f"{noun} “{inner.instance}”"] = whole(inner.instance)
        for inner in formset.forms:
            if not inner.has_changed() or inner in formset.deleted_forms:
                continue
            old, new = _of_form(inner)
            name = f"{noun} “{inner.instance}”"
            after[name] = new
            if inner in formset.initial_forms:
                before[name] = old
    return before, after


def whole(row):
    """All columns of a row that goes."""
    secrets = secret_names(row._meta.model)
    return {name: audit.fingerprint(value) if name in secrets else value
            for name, value in model_to_dict(row).items()}


def _of_form(form):
    before, after = {}, {}
    stored = getattr(form, "stored", {})
    for name in form.changed_data:
        column = name.removeprefix("remove_")
        if column in stored:
            before[column] = stored[column]
            after[column] = audit.fingerprint(form.cleaned_data.get(column))
        elif name in form.cleaned_data and name != "DELETE":
            field = form.fields[name]
            before[name] = _shown(field, form.get_initial_for_field(field, name))
            after[name] = _shown(field, form.cleaned_data[name])
    return before, after


def _shown(field, value):
    """A row that was chosen reads as its name, also where the form only had its number."""
    if isinstance(field, ModelMultipleChoiceField):
        return sorted(_name(field, each) for each in value or ())
    if isinstance(field, ModelChoiceField):
        return None if value in (None, "") else _name(field, value)
    return value


def _name(field, value):
    if hasattr(value, "_meta"):
        return str(value)
    model = field.queryset.model
    row = model._base_manager.filter(**{field.to_field_name or "pk": value}).first()
    return str(value if row is None else row)
