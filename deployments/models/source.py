"""Ref and Commit: what the git host has, as last read by a task. Pages read these rows only."""

from django.db import models


class Commit(models.Model):
    """One commit, with its parents, so that pages can say what lies between two versions."""

    project = models.ForeignKey("Project", on_delete=models.CASCADE, related_name="commits")
    sha = models.CharField(max_length=64)
    parents = models.TextField(blank=True)  # SHAs separated by spaces
    author_name = models.CharField(max_length=200)
    authored_at = models.DateTimeField()
    subject = models.CharField(max_length=500)
    files = models.JSONField(default=list)  # ["M path", …], the first of them
    files_count = models.PositiveIntegerField(null=True)  # all of them; None: not read yet

    class Meta:
        constraints = [models.UniqueConstraint("project", "sha", name="one_row_per_commit")]

    def __str__(self):
        return f"{self.sha[:10]} {self.subject}"


class Ref(models.Model):
    """A branch or tag as it was when the source was last read."""

    BRANCH, TAG = "branch", "tag"

    project = models.ForeignKey("Project", on_delete=models.CASCADE, related_name="refs")
    name = models.CharField(max_length=200)
    sort = models.CharField(max_length=6, choices=[(BRANCH, "branch"), (TAG, "tag")])
    sha = models.CharField(max_length=64)
    committed_at = models.DateTimeField()

    class Meta:
        ordering = ("-committed_at", "name")
        constraints = [models.UniqueConstraint("project", "sort", "name", name="one_row_per_ref")]

    def __str__(self):
        return self.name
