"""Environments: how they are released to, who must agree, and what they demand besides."""

from django.contrib import admin, messages
from django.contrib.messages.storage import default_storage
from django.forms import BooleanField, HiddenInput, ModelForm
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext

from ..models import ApprovalRule, Environment, Installation
from ..pages.actor import actor_of
from ..services import approvals
from ..services.administrators import administrators
from ..services.notices import tell_people
from ..services.still_approvable import NobodyCouldApprove, still_approvable
from ..site import site
from .audited import record_refusal
from .lacking_entries import as_lines, lacking_entries
from .links import links_to, place_of
from .protection import KeepsProtection
from .secret_fields import SecretsForm
from .setting_up import SetupAdmin, SetupInline
from .ticked_people import TicksPeople
from .who_approves import say_who_approves, who_approves

SURE = _lazy("It is meant so, although nobody could approve")


class EnvironmentForm(SecretsForm):
    """An environment; a checkbox appears where nobody could approve something afterwards.

    `nobody` is set by the ModelAdmin on the class of each request: the sentences that say so; and
    `lacking`: those on people whom a rule names in vain.
    """

    nobody, lacking = "", ()
    is_sure = BooleanField(required=False, widget=HiddenInput, label=SURE)

    def clean(self):
        cleaned = super().clean()
        self._check_waves(cleaned)
        self._check_order(cleaned)
        if self.nobody:
            self.fields["is_sure"].widget = BooleanField().widget
            self.add_error("is_sure", _("{nobody} Tick that it is meant so, and save "
                                        "again.").format(nobody=self.nobody))
            for sentence in self.lacking:
                self.add_error(None, sentence)
        return cleaned

    def _check_waves(self, cleaned):
        first = cleaned.get("canary_servers")
        is_asked = {"canary_servers", "wave_size", "wave_pause_s"} & set(self.changed_data)
        if first and is_asked and self.instance.pk:
            places = self.instance.installations.filter(is_active=True)
            count = places.values("server").distinct().count()
            if 0 < count <= first:
                self.add_error("canary_servers", _too_many_first(count))

    def _check_order(self, cleaned):
        project = cleaned.get("project") or (self.instance.pk and self.instance.project)
        before, seen = cleaned.get("comes_after"), {self.instance.pk}
        if before and project and before.project_id != project.pk:
            self.add_error("comes_after",
                           _("{before} is of another project.").format(before=before))
        while before:
            if before.pk in seen:
                self.add_error("comes_after",
                               _("They would wait for each other, or for themselves."))
                return
            seen.add(before.pk)
            before = before.comes_after


def _too_many_first(count):
    if count == 1:
        return _("Only one server is active here, so none can go first: write 0.")
    return _("Only {count} servers are active here: at most {most} can go first.").format(
        count=count, most=count - 1)


class ApprovalRuleForm(ModelForm):
    """A rule that names enough people."""

    def clean(self):
        cleaned = super().clean()
        needed, people = cleaned.get("people_needed"), set(cleaned.get("users") or ())
        for group in cleaned.get("groups") or ():
            people |= set(group.user_set.filter(is_active=True))
        if needed is not None and len(people) < needed:
            self.add_error("users", _too_few(needed, len(people)))
        return cleaned


def _too_few(needed, named):
    if not named:
        return _("Nobody is named: tick who is to agree, or remove this rule.")
    return ngettext("{needed} must agree, but only {named} is named. Name more people.",
                    "{needed} must agree, but only {named} are named. Name more people.",
                    named).format(needed=needed, named=named)


class ApprovalRuleInline(TicksPeople, SetupInline):
    model = ApprovalRule
    form = ApprovalRuleForm
    template = "admin/edit_inline/stacked.html"  # people's names need its width
    verbose_name_plural = (_lazy("Approval rules - all of them must pass, and one person counts "
                                 "for one of them only; never who asked, nor who edited the "
                                 "commands last"))


FIELDSETS = (
    (None, {"fields": ("project", "name", "slug", "site_host", "position", "places",
                       "live_site")}),
    (_lazy("Who must agree"), {
        "fields": ("could_approve", "approval_expiry_h", "is_sure"),
        "description": _lazy('The <a href="#approval_rules-group">approval rules at the end of '
                             'this page</a> say whose yes a release needs. Those people need the '
                             'allowlist entry “approve” too. A yes counts for exactly what was '
                             'shown: whatever changes before the start voids it.')}),
    (_lazy("Protection"), {
        "fields": ("is_protected", "needs_two_step", "protection"),
        "description": _lazy("For an environment whose mistakes cost money. Taking either away "
                             "from one that is protected, or a rule above, or asking less of one, "
                             "waits for a second person.")}),
    (_lazy("Order"), {
        "fields": ("comes_after", "comes_after_min"),
        "description": _lazy("Production may demand that exactly these bytes have been live and "
                             "checked in staging for a while first.")}),
    (_lazy("Waves"), {
        "fields": ("canary_servers", "wave_size", "wave_pause_s"),
        "description": _lazy("As long as the first number is 0 and the second is empty, all "
                             "servers are switched within the same moment. In waves each "
                             "group is switched and checked before the next one follows; "
                             "the first failure puts all back. While they last, visitors "
                             "get the old or the new version, depending on the server. "
                             "Going back is never done in waves.")}),
    (_lazy("Witness"), {
        "fields": ("witness_rate", "witness_paths", "witness_settle_s", "witness_mark",
                   "failed_allowed", "old_allowed", "mixed_allowed"),
        "description": _lazy("While a version is switched, the witness asks each server for pages "
                             "and writes down what visitors get. More wrong answers than are "
                             "allowed here, and the release goes back by itself.")}),
    (_lazy("Notifications"), {
        "fields": ("notify_addresses",),
        "description": _lazy("Whoever asked for a release is told anyway, where the account has an "
                             "address.")}),
)


@admin.register(Environment, site=site)
class EnvironmentAdmin(KeepsProtection, SetupAdmin):
    form = EnvironmentForm
    list_display = ("name", "project", "site_host", "is_protected")
    list_filter = ("project",)
    search_fields = ("name", "slug", "site_host", "project__name")
    readonly_fields = ("places", "live_site", "could_approve", "protection")
    inlines = (ApprovalRuleInline,)
    fieldsets = FIELDSETS

    def fixed_fields(self, row):
        return ("project",) if row.deployments.exists() else ()

    def get_fieldsets(self, request, obj=None):
        """The checkbox belongs to whoever may save."""
        if obj is None or self.has_change_permission(request, obj):
            return FIELDSETS
        return [(title, {**parts, "fields": [name for name in parts["fields"]
                                             if name != "is_sure"]})
                for title, parts in FIELDSETS]

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change, **kwargs)
        form.nobody = getattr(request, "nobody_could_approve", "")
        form.lacking = getattr(request, "lacking_entries", ())
        return form

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        """What would leave releases that nobody could approve is undone, and asked about."""
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except NobodyCouldApprove as refusal:
            record_refusal(request, "environment.changed" if object_id else "environment.added",
                           refusal.reason, environment=self.get_object(request, object_id)
                           if object_id else None)
            request.nobody_could_approve = refusal.reason
            if not object_id:  # its address was undone, too
                request.lacking_entries = ()
            request._messages = default_storage(request)  # what was undone said that it is done
            return super().changeform_view(request, object_id, form_url, extra_context)

    def _changeform_view(self, request, object_id, form_url, extra_context):
        if request.method != "POST":
            return super()._changeform_view(request, object_id, form_url, extra_context)
        with still_approvable(is_sure=bool(request.POST.get("is_sure"))):
            return super()._changeform_view(request, object_id, form_url, extra_context)

    def construct_change_message(self, request, form, formsets, add=False):
        request.has_other_rules = any(formset.has_changed() for formset in formsets or ())
        return super().construct_change_message(request, form, formsets, add)

    def noun_of(self, request, verb):
        """Whose yes a release needs is a right, and is found among what changed rights."""
        return "approval_rules" if verb == "changed" and request.has_other_rules \
            else super().noun_of(request, verb)

    def save_related(self, request, form, formsets, change):
        """Open requests are looked at again before the audit log is locked."""
        super().save_related(request, form, formsets, change)
        row = form.instance
        self.keep_protection(request, row, change)
        request.lacking_entries = lacking_entries(row, request.user)
        approvals.reevaluate(environment=row)
        weakened = [*_weakened(form), *_taken_away(formsets)] if change else []
        if weakened and not request.protection_waits:
            actor = actor_of(request)
            tell_people(
                administrators(), event="environment.weakened", environment=row,
                subject=_("{row} is protected less").format(row=row),
                sentence=_("{actor} changed {row}: {weakened}.").format(
                    actor=actor.name, row=row, weakened="; ".join(weakened)),
                path=reverse("admin:deployments_environment_change", args=[row.pk]))
        say_who_approves(request, [row])
        for sentence in request.lacking_entries:
            messages.warning(request, sentence)

    @admin.display(description=_lazy("Installations"))
    def places(self, row):
        if row.pk is None:
            return _("Save first, then add installations.")
        return links_to(row.installations.select_related("server"), add=Installation,
                        environment=row.pk)

    @admin.display(description=_lazy("A site that is live already"))
    def live_site(self, row):
        if row.pk is None:
            return _("Save first.")
        return format_html('<a href="{}">{}</a>', reverse(
            "admin:adopt", args=place_of(row)), _("Adopt what is live there"))

    @admin.display(description=_lazy("Who could approve today"))
    def could_approve(self, row):
        if row.pk is None:
            return _("Save first.")
        could, nobody = who_approves(row)
        return as_lines([" ".join(could + nobody), *lacking_entries(row)])


def _weakened(form):
    """What an environment demands no longer, in a few words each."""
    for name, words in (("is_protected", _("it is no longer protected")),
                        ("needs_two_step", _("two-step sign-in is no longer needed"))):
        if name in form.changed_data and not form.cleaned_data[name]:
            yield words


def _taken_away(formsets):
    """The same of its rules: those that went, and those that ask for fewer people."""
    for formset in formsets:
        for rule in formset.deleted_objects:
            yield _("the approval rule “{rule}” was removed").format(rule=rule)
        for rule, names in formset.changed_objects:
            yield _("the approval rule “{rule}” was changed ({names})").format(
                rule=rule, names=", ".join(names))
