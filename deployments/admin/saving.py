"""A changed row is saved column by column: what its form did not change may be newer by now.

Between reading a row for a form and saving it, a worker raises fences, counts releases and pins
keys; a save of the whole row would put the old numbers back (and two claims would get one fence).
"""

from django.forms import BaseInlineFormSet


def changed_columns(form):
    """Names of the columns that saving the row of `form` must write."""
    changed = form.changed_columns() if hasattr(form, "changed_columns") else form.changed_data
    columns = {field.name for field in form.instance._meta.concrete_fields}
    return sorted(columns & set(changed))


class SavesChanges:
    """For ModelAdmins. `written_columns` are those that the ModelAdmin itself sets."""

    written_columns = ()

    def save_model(self, request, obj, form, change):
        if change:
            obj.save(update_fields=[*changed_columns(form), *self.written_columns])
        else:
            super().save_model(request, obj, form, change)


class ChangedRows(BaseInlineFormSet):
    """The same for rows inside a form. A row that was added is checked and saved whatever is in
    it: Django drops one that says no more than its defaults, without a word.

    `may_add` is set by the inline on the class of each request.
    """

    may_add = True

    def _construct_form(self, i, **kwargs):
        form = super()._construct_form(i, **kwargs)
        if self.is_bound and self.may_add and i >= self.initial_form_count():
            form.empty_permitted, form.has_changed = False, lambda: True
        return form

    def save_existing(self, form, obj, commit=True):
        if not commit:
            return super().save_existing(form, obj, commit)
        form.save(commit=False)
        obj.save(update_fields=changed_columns(form))
        form.save_m2m()
        return obj
