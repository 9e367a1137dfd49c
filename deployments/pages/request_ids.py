"""Every request has an id, which its answer and its audit entries carry."""

from ..audit import request_ids


class RequestIds:
    """Middleware, the outermost of ours, so that sign-in and refusals have the id, too."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        with request_ids.begun("page") as number:
            request.ref = number
            response = self.get_response(request)
        response.headers["X-Request-Id"] = number
        return response


def reference(request=None):
    """Context processor: `ref`, for pages on which somebody may need help."""
    return {"ref": request_ids.current()}
