"""What servers and git hosts said when they were asked, as a read-only field shows it."""

from django.utils import timezone
from django.utils.dateformat import format as in_words
from django.utils.html import format_html_join
from django.utils.translation import gettext as _

from .links import NONE

SHOWN = 5


def last_answers(row):
    """The last questions to a server, or to a project's git host, each with its answer."""
    checks = row.checks.all()[:SHOWN] if row.pk else []
    return format_html_join("", "<div>{} - {}: {}</div>", (
        (in_words(timezone.localtime(check.asked_at), "d M H:i"), check.get_question_display(),
         check.answer if check.answered_at else _("not answered yet"))
        for check in checks)) or NONE
