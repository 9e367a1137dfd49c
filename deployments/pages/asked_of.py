"""What waits for the person who looks: the page and the menu around it ask once."""

from ..services import exception_requests
from ..services.approvals import waiting_for
from .actor import shown_to


def waiting_rows(request):
    """Deployments this person could answer now, oldest first."""
    if not hasattr(request, "waiting_rows"):
        request.waiting_rows = waiting_for(shown_to(request))
    return request.waiting_rows


def exception_rows(request):
    """Requests for an exception from a freeze that this person could answer now, oldest first."""
    if not hasattr(request, "exception_rows"):
        request.exception_rows = exception_requests.waiting_for(shown_to(request))
    return request.exception_rows
