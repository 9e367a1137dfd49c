"""Deployment (one attempt to make a release live), its targets (servers) and its log."""

from django.conf import settings
from django.db import models
from django.db.models import Case, Exists, OuterRef, Q, When
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from .. import slots, states
from ..crypto import PlanField
from .moves import MovableQuerySet


class DeploymentQuerySet(MovableQuerySet):
    def active(self):
        """Those that hold their environment."""
        return self.filter(status__in=states.ACTIVE)

    def open(self):
        """Those that have not ended: they hold their environment, or wait for their turn."""
        return self.filter(status__in=states.OPEN)

    def with_lease(self):
        """With `is_lease_over`, by the database's clock: a list that shows many asks once."""
        return self.annotate(is_lease_over=Case(
            When(status="running", lease_until__lte=Now(), then=True), default=False))

    def proved(self):
        """Those that ended live and checked, the one that did so last first.

        In the order of their fences, which only grow: clocks may be set back.
        """
        return self.filter(status="succeeded").order_by("-fence", "-finished_at", "-pk")

    def with_replaced(self):
        """With `was_replaced`: whether another version was proved there after each of them."""
        fence, end = OuterRef("fence"), OuterRef("finished_at")
        later = Q(fence__gt=fence) | Q(fence=fence) & (
            Q(finished_at__gt=end) | Q(finished_at=end, pk__gt=OuterRef("pk")))
        there = type(self)(self.model).filter(
            later, ~Q(release=OuterRef("release")), environment=OuterRef("environment"),
            status="succeeded")
        return self.annotate(was_replaced=Exists(there))

    def live(self, environment):
        """The deployment that made what visitors see now, or None: the newest proved one."""
        rows = self.filter(environment=environment).select_related("release__project")
        return rows.proved().first()


class Deployment(models.Model):
    """One attempt to make one release live in one environment. History is never edited."""

    MOVES = states.DEPLOYMENT_MOVES
    DEPLOY, ROLLBACK, RELOAD = "deploy", "rollback", "reload"
    ADOPTED = "adopted"  # nothing was done: it was live when the site was adopted
    FINISH, PUT_BACK = "finish", "put_back"
    RESTART = "fpm-restart"  # the strategy of *Restart PHP*

    environment = models.ForeignKey(
        "Environment", on_delete=models.PROTECT, related_name="deployments"
    )
    release = models.ForeignKey("Release", on_delete=models.PROTECT, related_name="deployments")
    previous = models.ForeignKey(
        "Release", null=True, on_delete=models.PROTECT, related_name="+"
    )  # what was live when it was asked for
    kind = models.CharField(
        max_length=8, default=DEPLOY,
        choices=[(DEPLOY, "release"), (ROLLBACK, _lazy("go back")), (RELOAD,
                                                                     _lazy("make PHP reload")),
                 (ADOPTED, _lazy("adopt"))],
    )
    strategy = models.CharField(max_length=20, blank=True)  # instead of the installations' own
    status = models.CharField(max_length=20)
    request_key = models.CharField(max_length=64, unique=True)
    reason = models.CharField(max_length=500, blank=True)
    requested_at = models.DateTimeField(auto_now_add=True)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    requested_by_name = models.CharField(max_length=200)
    requested_address = models.CharField(max_length=45, blank=True)  # "" on a console
    requested_account = models.CharField(max_length=60, blank=True)  # unix account on a console
    plan = PlanField(default=dict)
    plan_hash = models.CharField(max_length=64, blank=True)
    approval_until = models.DateTimeField(null=True)  # unanswered, it expires then
    reminded_at = models.DateTimeField(null=True)
    planned_for = models.DateTimeField(null=True)  # not before it
    start_until = models.DateTimeField(null=True)  # not after it: the window is missed then
    emergency = models.CharField(max_length=500, blank=True)  # why nobody was asked; "" = none is
    overridden = models.JSONField(default=list)  # [{"gate": key, "words": sentence}] passed
    checklist = models.JSONField(default=list)  # what its requester ticked
    claimed_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    owner = models.CharField(max_length=80, blank=True)
    lease_until = models.DateTimeField(null=True)
    fence = models.PositiveBigIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)  # counted at the claim
    finishes = models.PositiveSmallIntegerField(default=0)  # claims after the switch had begun
    woken_at = models.DateTimeField(null=True)  # when the queue was last told of it
    switching_at = models.DateTimeField(null=True)  # the point of no return; no stop after it
    going_back_as = models.CharField(max_length=10, blank=True)  # it goes back, and ends so
    stop_requested_by_name = models.CharField(max_length=200, blank=True)
    decision = models.CharField(
        max_length=8, blank=True, choices=[(FINISH, "finish"), (PUT_BACK, _lazy("put back"))]
    )
    decided_by_name = models.CharField(max_length=200, blank=True)
    result = models.TextField(blank=True)  # one sentence, for people
    cause = models.TextField(blank=True)  # what went wrong, one sentence

    objects = DeploymentQuerySet.as_manager()

    class Meta:
        ordering = ("-pk",)
        constraints = [
            models.UniqueConstraint(
                fields=["environment"], condition=Q(status__in=states.ACTIVE),
                name="one_active_deployment_per_environment",
            )
        ]
        indexes = [  # what is open is found at once; numbers are counted without reading plans
            models.Index(
                fields=["status", "finished_at", "environment", "kind", "requested_at",
                        "claimed_at", "release", "switching_at"], name="deployments_by_status"),
            models.Index(fields=["requested_by_name", "environment"], name="deployments_by_who"),
            models.Index(  # what is, and was, live in each of many places
                fields=["environment", "status", "fence", "finished_at", "kind", "release"],
                name="deployments_by_place"),
            models.Index(fields=["emergency"], name="deployments_by_emergency"),
        ]

    def __str__(self):
        verb = {"deploy": _("release"), "rollback": _("go back to"), "reload": _("reload"),
                "adopted": _("adopt")}[self.kind]
        if self.strategy == self.RESTART:
            verb = _("restart PHP of")
        return f"{verb} {self.environment.project} {self.release.title} ({self.environment.name})"

    @property
    def is_decided(self):
        """A person has decided, and no worker has taken it up yet."""
        return bool(self.status == "running" and self.decision and not self.owner)

    @property
    def is_worker_lost(self):
        """Whether its worker let its lease run out, by the database's clock (one query, unless it
        was read `with_lease`).

        What was handed over or decided has no owner: nobody was lost there.
        """
        if self.status != "running" or not self.owner:
            return False
        if "is_lease_over" in self.__dict__:
            return self.is_lease_over
        return type(self).objects.filter(
            pk=self.pk, status="running", lease_until__lte=Now()).exclude(owner="").exists()

    @property
    def needs_a_person(self):
        return self.status == "needs_attention"

    @property
    def is_active(self):
        """Whether it holds its environment."""
        return self.status in states.ACTIVE

    @property
    def is_open(self):
        """Whether it has not ended: it holds its environment, or waits for its turn."""
        return self.status in states.OPEN

    @property
    def is_going_back(self):
        """Whether it runs to put back what was switched, by itself or because somebody said so."""
        return self.status == "running" and bool(
            self.going_back_as or self.decision == self.PUT_BACK)

    @property
    def is_past_return(self):
        """Whether a server was, or is being, switched; in a reload: whether PHP was touched."""
        acted = ("cohere", "prove") if self.kind == self.RELOAD else ()
        return bool(self.switching_at) or any(
            row.switched_at or row.step in acted for row in self.targets.all())

    @property
    def before_title(self):
        """What visitors had before: a version of ours, else what the site came with; "" if none."""
        if self.previous:
            return self.previous.title
        return next((row.previous_name for row in self.targets.all() if row.switched_at), "")

    @property
    def is_replaced(self):
        """Whether it was live until another version came, even where its own is live again: as far
        as `with_replaced` asked."""
        return self.status == "succeeded" and getattr(self, "was_replaced", False)

    @property
    def words(self):
        if self.kind == self.ADOPTED:
            return states.adopted_words()
        if self.is_replaced:
            return states.replaced_words()
        touched = [target for target in self.targets.all() if target.switched_at]
        votes = self._newest_votes() if self.status == "voided" else []
        return states.deployment_words(
            self.status,
            switched=bool(touched),
            previous=self.before_title,
            reverted=bool(touched) and all(t.status == "reverted" for t in touched),
            worker_lost=self.is_worker_lost,
            reloads=self.kind == self.RELOAD,
            asked_php=self.is_past_return,
            decided=bool(self.decided_by_name),
            going_back=self.is_going_back,
            planned_for=self.planned_for and timezone.localtime(self.planned_for),
            approved="yes" in votes,
            yes_lost="withdrawn" in votes or "void" in votes,
        )

    def _newest_votes(self):
        """What each person answered last."""
        newest = {vote.user_id: vote.answer for vote in self.approvals.all()}  # the oldest first
        return list(newest.values())

    @property
    def slot_words(self):
        """From when and until when it may start, while it is planned for later; "" otherwise."""
        if self.planned_for is None or self.status not in states.BEFORE_START:
            return ""
        return slots.slot_words(
            self.planned_for, self.start_until, zone=timezone.get_current_timezone())


class Target(models.Model):
    """One server's part of a deployment."""

    MOVES = states.TARGET_MOVES

    deployment = models.ForeignKey(Deployment, on_delete=models.CASCADE, related_name="targets")
    installation = models.ForeignKey(
        "Installation", on_delete=models.PROTECT, related_name="targets"
    )
    server_name = models.CharField(max_length=60)
    status = models.CharField(max_length=10, default="pending")
    step = models.CharField(max_length=20, blank=True)  # the step it is in, or stopped in
    previous_link = models.TextField(blank=True)  # raw target of `current` before; "" = none
    previous_name = models.CharField(max_length=255, blank=True)  # what its marker returned
    is_previous_known = models.BooleanField(default=False)
    switched_at = models.DateTimeField(null=True)
    commands = models.PositiveSmallIntegerField(default=0)
    evidence = models.JSONField(default=dict)
    problem = models.TextField(blank=True)

    objects = MovableQuerySet.as_manager()

    class Meta:
        ordering = ("server_name", "pk")
        constraints = [
            models.UniqueConstraint("deployment", "installation", name="one_target_per_place")
        ]

    def __str__(self):
        return self.server_name

    @property
    def words(self):
        return states.target_words(self.status)


class LogLine(models.Model):
    """One line of a build's or a deployment's log, masked and cleaned before it came here."""

    deployment = models.ForeignKey(
        Deployment, null=True, on_delete=models.CASCADE, related_name="log"
    )
    release = models.ForeignKey("Release", null=True, on_delete=models.CASCADE, related_name="log")
    number = models.PositiveIntegerField()
    at = models.DateTimeField()
    server_name = models.CharField(max_length=60, blank=True)
    step = models.CharField(max_length=20, blank=True)
    text = models.TextField()

    class Meta:
        ordering = ("number",)
        verbose_name = _lazy("log line")
        verbose_name_plural = "log"
        constraints = [
            models.UniqueConstraint("deployment", "number", name="one_deployment_line_per_number"),
            models.UniqueConstraint("release", "number", name="one_build_line_per_number"),
            models.CheckConstraint(
                condition=Q(deployment__isnull=False) ^ Q(release__isnull=False),
                name="a_line_belongs_to_one_log",
            ),
        ]

    def __str__(self):
        return self.text
