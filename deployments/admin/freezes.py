"""Freezes: when nothing is released, where, why, and who may make an exception."""

from datetime import date, time, timedelta
from zoneinfo import ZoneInfo

from django.contrib import admin, messages
from django.forms import CharField, HiddenInput, ModelForm, TimeField
from django.utils import timezone
from django.utils.dates import MONTHS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext

from .. import policy, zones
from ..freeze_windows import ONCE, WEEKLY, YEARLY, moment, times_words
from ..models import Freeze
from ..pages.actor import actor_of
from ..services import freezes
from ..site import site
from .setting_up import SetupAdmin
from .ticked_people import TicksPeople

LEAP_YEAR = 2024  # has every day that any year has
KINDS = {
    ONCE: (("from_date", "from_time"), ("until_date", "until_time")),
    WEEKLY: (("from_weekday", "from_time"), ("until_weekday", "until_time")),
    YEARLY: (("from_day", "from_month", "from_time"), ("until_day", "until_month", "until_time")),
}
"""The fields that count for each kind, a line each; what belongs to another kind is not shown."""

_ALL_TIMES = {name for lines in KINDS.values() for line in lines for name in line}


END_OF_DAY = time.max
"""What “24:00” is until the day is known: it is the first moment of the next one."""


class UntilField(TimeField):
    """A time of day at which something ends: “24:00” is the end of that day."""

    def to_python(self, value):
        return END_OF_DAY if str(value).strip() in ("24:00", "24:00:00") else \
            super().to_python(value)


class FreezeForm(ModelForm):
    """A freeze of one kind. `actor` is set by the ModelAdmin on the class of each request."""

    actor = None
    repeats = CharField(label=_lazy("Repeats"), widget=HiddenInput)

    def clean_repeats(self):
        kind = self.cleaned_data["repeats"]
        if kind not in KINDS:
            self.add_error(None, _("Choose once, every week or every year."))
            return ONCE
        return kind

    def clean(self):
        cleaned = super().clean()
        kind = cleaned.get("repeats") or ONCE
        for name in _of_kind(kind):
            if cleaned.get(name) is None and name not in self.errors:
                self.add_error(name, _("This field is required."))
        if cleaned.get("until_time") == END_OF_DAY:
            self._end_with_the_day(cleaned, kind)
        self._check_place(cleaned)
        if not self.errors:
            {ONCE: self._check_once, WEEKLY: self._check_weekly,
             YEARLY: self._check_yearly}[kind](cleaned)
        return cleaned

    def clean_time_zone(self):
        """A city is enough; the model says what is none."""
        name = self.cleaned_data["time_zone"]
        return zones.meant_by(name) or name

    def _end_with_the_day(self, cleaned, kind):
        """Until Sunday 24:00 is until Monday 00:00."""
        cleaned["until_time"] = time()
        if any(cleaned.get(name) is None for name in _of_kind(kind)):
            return
        if kind == ONCE:
            cleaned["until_date"] += timedelta(days=1)
        elif kind == WEEKLY:
            cleaned["until_weekday"] = (cleaned["until_weekday"] + 1) % 7
        else:
            self._end_with_the_day_of_a_year(cleaned)

    def _end_with_the_day_of_a_year(self, cleaned):
        try:
            last = date(LEAP_YEAR, cleaned["until_month"], cleaned["until_day"])
        except ValueError:
            return  # `_check_yearly` says so
        last += timedelta(days=1)
        cleaned["until_month"], cleaned["until_day"] = last.month, last.day

    def _check_place(self, cleaned):
        project, environment = cleaned.get("project"), cleaned.get("environment")
        if environment and project and environment.project_id != project.pk:
            self.add_error("environment", _("{environment} is not of {project}: choose one of its "
                                            "environments, or leave the project empty.").format(
                environment=environment, project=project))
        elif environment:
            cleaned["project"] = project = environment.project
        if {"project", "environment"} & self.errors.keys():
            return  # said already
        decision = policy.may_set_up(self.actor, project)
        if not decision:
            self.add_error("project", decision.reason if project else
                           _("Choose a project: you do not set up every one."))

    def _check_once(self, cleaned):
        begins = (cleaned["from_date"], cleaned["from_time"])
        ends = (cleaned["until_date"], cleaned["until_time"])
        if ends <= begins:
            self.add_error("until_date", _("It ends before it begins: choose a later end."))
        elif self.instance.pk is None:
            here = cleaned.get("time_zone") or timezone.get_current_timezone_name()
            if moment(*ends, ZoneInfo(here)) <= timezone.now():
                self.add_error("until_date", _("It would be over already: choose a later end."))

    def _check_weekly(self, cleaned):
        if (cleaned["from_weekday"], cleaned["from_time"]) == (
                cleaned["until_weekday"], cleaned["until_time"]):
            self.add_error("until_weekday",
                           _("It would never end: choose an end that is not its begin."))

    def _check_yearly(self, cleaned):
        edges = [tuple(cleaned[f"{edge}_{part}"] for part in ("month", "day", "time"))
                 for edge in ("from", "until")]
        for name, (month, day, _time) in zip(("from_day", "until_day"), edges, strict=True):
            try:
                date(LEAP_YEAR, month, day)
            except ValueError:
                self.add_error(name, _("There is no such day in any year."))
        if edges[0] == edges[1]:
            self.add_error("until_day",
                           _("It would never end: choose an end that is not its begin."))


def _of_kind(kind):
    return [name for line in KINDS[kind] for name in line]


@admin.register(Freeze, site=site)
class FreezeAdmin(TicksPeople, SetupAdmin):
    form = FreezeForm
    change_form_template = "admin/deployments/freeze_form.html"
    list_display = ("reason", "covers", "times", "set_by_name", "is_active")
    list_filter = ("is_active", "repeats", "project")
    search_fields = ("reason", "project__name", "environment__name")
    written_columns = ("project", "repeats")

    @admin.display(description=_lazy("stops releases to"))
    def covers(self, row):
        return freezes.covers_words(row)

    @admin.display(description=_lazy("when"))
    def times(self, row):
        return times_words(row)

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("project", "environment__project")

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        if db_field.name == "until_time":
            kwargs["form_class"] = UntilField
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "until_time":
            field.help_text = _("24:00 is the end of that day.")
        if db_field.name == "time_zone":
            field.help_text = _("A city, like Berlin, or UTC.")
        if db_field.name in ("from_month", "until_month"):
            field.widget = admin.widgets.forms.Select(choices=[(None, "-"), *MONTHS.items()])
        if db_field.name in ("project", "environment"):
            for link in ("add", "change", "view"):
                setattr(field.widget, f"can_{link}_related", False)
        return field

    def add_view(self, request, form_url="", extra_context=None):
        """How often comes first: it decides what else is asked."""
        shown = {"kinds": [(words, name, name == _kind(request, None))
                           for name, words in Freeze._meta.get_field("repeats").choices]}
        return super().add_view(request, form_url, {**shown, **(extra_context or {})})

    def get_changeform_initial_data(self, request):
        """The zone in which whoever adds it reads times, unless the address says more."""
        return {"time_zone": timezone.get_current_timezone_name()} | \
            super().get_changeform_initial_data(request)

    def get_form(self, request, obj=None, change=False, **kwargs):
        """Only the times of its kind are fields at all: nothing else can be sent either."""
        kwargs["exclude"] = sorted(_ALL_TIMES - set(_of_kind(_kind(request, obj))))
        form = super().get_form(request, obj, change, **kwargs)
        form.actor = actor_of(request)
        if "repeats" in form.base_fields:
            form.base_fields["repeats"].initial = _kind(request, obj)
        return form

    def get_fieldsets(self, request, obj=None):
        kind = _kind(request, obj)
        words = dict(Freeze._meta.get_field("repeats").choices)[kind]
        return [
            (None, {"fields": ("repeats", "reason", "project", "environment", "is_active")}),
            (_("When: {words}").format(words=words), {
                "fields": (*KINDS[kind], "time_zone"),
                "description": _("Releases stop at the first time and may go on at the second, by "
                                 "clocks of the time zone.")}),
            (_("Who may release all the same"), {
                "fields": ("may_override", "groups_may_override"),
                "description": _("They must be allowed to release there, too, and give a reason; "
                                 "whoever set the freeze is told. Where you name nobody, you are "
                                 "asked for exceptions.")}),
        ]

    def save_model(self, request, obj, form, change):
        if not change:
            obj.set_by, obj.set_by_name = request.user, actor_of(request).name
        super().save_model(request, obj, form, change)

    def save_related(self, request, form, formsets, change):
        """Then say whom naming does not help."""
        super().save_related(request, form, formsets, change)
        if not form.instance.is_active:
            return
        if waiting := freezes.wait_for_ever(form.instance):
            messages.warning(request, _(
                "An exception would be asked for, and wait for a yes that nobody can give: "
                "{sentences} Name somebody else here, or let somebody else approve there.").format(
                    sentences=" ".join(waiting)))
        if names := freezes.named_in_vain(form.instance):
            messages.warning(request, ngettext(
                "{names} may not release there, so cannot make an exception yet: add an entry "
                "“release” under “People & access”, or name somebody else.",
                "{names} may not release there, so cannot make exceptions yet: add entries "
                "“release” under “People & access”, or name somebody else.",
                len(names)).format(names=", ".join(names)))


def _kind(request, obj):
    """What kind of freeze the form is about; it stays what it was made as."""
    asked = obj.repeats if obj else (request.POST if request.method == "POST"
                                     else request.GET).get("repeats", ONCE)
    return asked if asked in KINDS else ONCE
