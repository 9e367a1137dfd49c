"""Who could approve releases of an environment today: on its form, and after what changes it."""

from django.contrib import messages

from .. import policy
from ..models import Environment


def who_approves(environment):
    """Two lists of sentences: who could approve there today, and which releases nobody could."""
    return (policy.today(environment),
            policy.unapprovable(Environment.objects.filter(pk=environment.pk)))


def say_who_approves(request, environments):
    """Say it above the next page; what nobody could approve is a warning."""
    for environment in environments:
        could, nobody = who_approves(environment)
        for sentence in could:
            messages.info(request, sentence)
        for sentence in nobody:
            messages.warning(request, sentence)
