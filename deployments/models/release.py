"""Release: one immutable build of one commit, with the digest of its manifest."""

from django.conf import settings
from django.db import models
from django.utils.dateformat import format as in_words
from django.utils.timezone import get_default_timezone, localtime

from .. import states
from .moves import MovableQuerySet


class Release(models.Model):
    """A version. Its content never changes after it is ready; `digest` names that content."""

    MOVES = states.RELEASE_MOVES

    project = models.ForeignKey("Project", on_delete=models.PROTECT, related_name="releases")
    name = models.CharField(max_length=40)  # 20261123T202645Z-17, see `paths.release_name`
    commit_sha = models.CharField(max_length=64)
    ref = models.CharField(max_length=200, blank=True)
    is_of_branch = models.BooleanField(default=False, editable=False)  # `ref` named one back then
    label = models.CharField(max_length=60, blank=True)
    status = models.CharField(max_length=10, default="pending", editable=False)
    file_epoch = models.PositiveBigIntegerField()
    requested_at = models.DateTimeField(auto_now_add=True)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    requested_by_name = models.CharField(max_length=150, blank=True)
    built_at = models.DateTimeField(null=True)
    digest = models.CharField(max_length=64, blank=True)
    contents = models.JSONField(default=dict)  # counts, bytes, static files, plain class files
    problem = models.TextField(blank=True)
    owner = models.CharField(max_length=80, blank=True)
    lease_until = models.DateTimeField(null=True)
    fence = models.PositiveBigIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)  # counted at the claim
    woken_at = models.DateTimeField(null=True)  # when the queue was last told of it
    kept_in = models.CharField(max_length=36, blank=True)  # the data folder with its archive

    objects = MovableQuerySet.as_manager()

    class Meta:
        ordering = ("-pk",)
        constraints = [
            models.UniqueConstraint("project", "name", name="a_release_name_never_repeats"),
            models.UniqueConstraint("project", "file_epoch", name="no_two_releases_share_a_time"),
        ]

    def __str__(self):
        return self.title

    def save(self, *args, **kwargs):
        """A new row remembers what its `ref` is: branches go, and names of versions must stay."""
        if self._state.adding and self.ref:
            sorts = set(self.project.refs.filter(name=self.ref).values_list("sort", flat=True))
            self.is_of_branch = sorts == {"branch"}
        super().save(*args, **kwargs)

    @property
    def title(self):
        """What people call it: its label, else its tag, else branch and time."""
        if self.label:
            return self.label
        is_commit = self.commit_sha.startswith(self.ref)
        if self.ref and not is_commit and not self.is_of_branch:
            return self.ref
        named = self.ref[:10] or self.short_sha if is_commit else self.ref
        at = localtime(self.requested_at, get_default_timezone())  # one name for everybody
        return f"{named}, {in_words(at, 'd M H:i')}"

    @property
    def short_sha(self):
        return self.commit_sha[:10]

    @property
    def words(self):
        return states.release_words(self.status)
