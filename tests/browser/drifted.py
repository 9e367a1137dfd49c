"""What the drift watch saw on the scene's servers: a hand edit, and an intruder's file."""

from deployments.models import DriftCheck
from deployments.services import drift

LONG = "public/wp-content/plugins/a-plugin-with-a-long-name/assets/very/deep/x.php"


def find_drift(environment):
    """Answer a look at the first server of `environment`: two findings in the live version."""
    check = DriftCheck.objects.create(installation=environment.installations.first())
    findings = [
        {"sort": sort, "path": path, "text": text, "release": "2.9.0", "key": f"{sort} {path}",
         "is_way_back": False}
        for sort, path, text in (
            ("added", LONG, f"{LONG} was added: it is a script, and nobody released it."),
            ("changed", "public/index.php", "public/index.php was changed."))]
    drift.answer(check, drift.scene_of(environment), findings=findings, problem="", facts={
        "title": "2.9.0", "name": "2", "notes": ["PHP was not asked: no worker was free for 10 s."],
        "whole": True})
