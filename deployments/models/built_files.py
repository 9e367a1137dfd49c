"""BuiltFiles: names and hashes of what a release holds, so that two can be compared on a page."""

from django.db import models
from django.utils.translation import gettext as _


class BuiltFiles(models.Model):
    """One for each of a project's newest releases; `packed` is for `services.built_files` alone."""

    release = models.OneToOneField(
        "Release", on_delete=models.CASCADE, related_name="built_files"
    )
    packed = models.BinaryField()

    def __str__(self):
        return _("files of {release}").format(release=self.release)
