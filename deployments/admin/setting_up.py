"""What the ModelAdmins of set-up rows share: audited changes, hidden secrets, buttons."""

from django.contrib import admin
from django.contrib.admin.widgets import AdminSplitDateTime, AdminTextareaWidget
from django.db.models import DateTimeField
from django.forms import SplitDateTimeField
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from ..models.fields import LinesField, NetworksField
from .audited import Audited
from .buttons import Buttons
from .by_set_up import BySetUp, InlineBySetUp
from .less_script import LessScript
from .saving import ChangedRows, SavesChanges
from .secret_fields import HidesSecrets


class DayAndTime(AdminSplitDateTime):
    """Two inputs that say what they are to those who do not see the words beside them."""

    def get_context(self, name, value, attrs):
        context = super().get_context(name, value, attrs)
        called = capfirst(_(name.replace("_", " ")))
        for part, what in zip(context["widget"]["subwidgets"], (_("date"), _("time")), strict=True):
            part["attrs"]["aria-label"] = f"{called}: {what}"
        return context


class DayOrMoment(SplitDateTimeField):
    """A day and a time; a day alone is taken at `at`."""

    def __init__(self, *args, at, **kwargs):
        super().__init__(*args, **kwargs)
        self.at = at

    def compress(self, data_list):
        if data_list and data_list[0] and data_list[1] is None:
            data_list = [data_list[0], self.at]
        return super().compress(data_list)


INPUTS = {field: {"widget": AdminTextareaWidget(attrs={"rows": 3})}
             for field in (LinesField, NetworksField)} | {DateTimeField: {"widget": DayAndTime}}


class SetupAdmin(SavesChanges, Audited, HidesSecrets, BySetUp, Buttons, LessScript,
                 admin.ModelAdmin):
    """A set-up list: policy says who may change which of its rows."""

    view_on_site = False
    formfield_overrides = INPUTS

    def fixed_fields(self, row):
        """Names of fields that cannot change any more; their help texts say why."""
        return ()

    def get_readonly_fields(self, request, obj=None):
        fields = super().get_readonly_fields(request, obj)
        return (*fields, *self.fixed_fields(obj)) if obj else fields

    def get_fields(self, request, obj=None):
        """Those that are fixed stay in front, where they were when they were chosen."""
        fields, fixed = super().get_fields(request, obj), self.fixed_fields(obj) if obj else ()
        return [*fixed, *[name for name in fields if name not in fixed]]

    def get_prepopulated_fields(self, request, obj=None):
        fixed = self.fixed_fields(obj) if obj else ()
        fields = super().get_prepopulated_fields(request, obj)
        return {name: sources for name, sources in fields.items() if name not in fixed}


class SetupInline(HidesSecrets, InlineBySetUp, admin.TabularInline):
    """Rows inside a set-up form. Whoever may not change them may not add any either."""

    extra = 0
    formset = ChangedRows
    formfield_overrides = INPUTS

    def get_formset(self, request, obj=None, **kwargs):
        formset = super().get_formset(request, obj, **kwargs)
        formset.may_add = self.has_add_permission(request, obj)
        return formset

    def may_edit(self, request, obj):
        """Django shows rows of a form that may only be viewed as plain text."""
        parent = self.admin_site.get_model_admin(self.parent_model)
        return parent.may_edit(request, obj) and self.has_change_permission(request, obj)
