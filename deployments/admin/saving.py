"""A changed row is saved column by column: what its form did not change may be newer by now.

Between reading a row for a form and saving it, a worker raises fences, counts releases and pins
keys; a save of the whole row would put the old numbers back (and two claims would get one fence).
"""

from django.core.exceptions import ValidationError
from django.forms import BaseInlineFormSet
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from ..waves import joined


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

    def add_fields(self, form, index):
        """A row that somebody removed meanwhile is missing among the choices of its own id."""
        super().add_fields(form, index)
        number = form.fields[self._pk_field.name]
        number.label = _("A row")
        number.error_messages["invalid_choice"] = _(
            "It was removed while this page was open. Open the page again, and then change it.")

    def validate_unique(self):
        """What two rows share is said once, at the second one of them; Django also says here which
        row is in use and cannot be removed."""
        self._shared = []
        try:
            super().validate_unique()
        except ValidationError as problem:
            if getattr(problem, "code", "") == "deleting_protected":
                raise ValidationError(_(
                    "{row} is in use, so it stays: {users}. Remove that first, or untick "
                    "“Delete?”.").format(row=problem.params["instance"],
                                        users=problem.params["related_objects"])) from None
            if not self._shared:
                raise

    def get_unique_error_message(self, unique_check):
        self._shared = [name for name in unique_check if name != self.fk.name]
        return super().get_unique_error_message(unique_check)

    def get_form_error(self):
        """For the row of which Django asked `get_unique_error_message` right before."""
        fields = self.empty_form.fields
        return _("Another row has the same {names}: change or remove one of them.").format(
            names=joined([f"“{capfirst(fields[name].label)}”" for name in self._shared]))

    def save_existing(self, form, obj, commit=True):
        if not commit:
            return super().save_existing(form, obj, commit)
        form.save(commit=False)
        obj.save(update_fields=changed_columns(form))
        form.save_m2m()
        return obj
