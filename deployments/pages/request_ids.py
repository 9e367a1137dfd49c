"""Middleware: every request has an id, which its audit entries and its answer carry."""

from ..audit import request_ids


class RequestIds:
    """Outermost of ours, so that sign-in and refusals have the id, too."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        with request_ids.begun("page") as number:
            response = self.get_response(request)
        response.headers["X-Request-Id"] = number
        return response
