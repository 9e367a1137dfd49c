"""Django's own, for templates that `releasemgr.marking` marks as they are loaded."""

from pathlib import Path

from django.core.management.commands import makemessages
from django.utils.translation import templatize

from releasemgr.marking import mark


class BuildFile(makemessages.BuildFile):
    """A source file as xgettext reads it: a template with its words marked."""

    def preprocess(self):
        if self.domain != "django" or not self.is_templatized:
            super().preprocess()
            return
        marked = mark(Path(self.path).read_text(encoding="utf-8"))
        Path(self.work_path).write_text(
            templatize(marked, origin=self.path.removeprefix("./")), encoding="utf-8")


class Command(makemessages.Command):
    build_file_class = BuildFile
