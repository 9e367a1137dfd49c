"""Django's own, for templates that `releasemgr.marking` marks as they are loaded, and for the
labels that Django derives from the names of models and fields."""

from pathlib import Path

from django.core.management.commands import makemessages
from django.utils.translation import templatize

from deployments.models import labels
from releasemgr.marking import mark


class BuildFile(makemessages.BuildFile):
    """A source file as xgettext reads it: a template with its words marked, labels written out."""

    @property
    def is_templatized(self):
        return self._holds_labels or super().is_templatized

    @property
    def _holds_labels(self):
        return Path(self.path).samefile(labels.__file__)

    def preprocess(self):
        if self.domain != "django" or not self.is_templatized:
            super().preprocess()
        elif self._holds_labels:
            self._write("".join(f"gettext({label!r})\n" for label in sorted(labels.known())))
        else:
            marked = mark(Path(self.path).read_text(encoding="utf-8"))
            self._write(templatize(marked, origin=self.path.removeprefix("./")))

    def _write(self, source):
        Path(self.work_path).write_text(source, encoding="utf-8")


class Command(makemessages.Command):
    build_file_class = BuildFile
    xgettext_options = [*makemessages.Command.xgettext_options, "--keyword=_lazy"]
