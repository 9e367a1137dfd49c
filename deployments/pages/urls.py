"""Addresses of the task pages, for `AdminSite.get_urls`; names are noun-verb."""

from django.urls import path

from ..site import site
from . import (
    access,
    access_ask,
    access_requests,
    access_why,
    again,
    approvals,
    builds,
    commands,
    doctor,
    drift,
    emergencies,
    freezes,
    go_back,
    history,
    inbox,
    password_link,
    progress,
    release,
    second_step,
    sessions,
    signing_in,
    witness,
)

_PAGES = [
    ("release/<slug:project>/<slug:environment>/", release.choose, "release-start"),
    ("release/<slug:project>/<slug:environment>/review/", release.review, "release-review"),
    ("go-back/<slug:project>/<slug:environment>/", go_back.go_back, "go-back"),
    ("doctor/<slug:project>/<slug:environment>/", doctor.doctor, "doctor"),
    ("doctor/<slug:project>/<slug:environment>/examine/", doctor.examine, "doctor-examine"),
    ("drift/<slug:project>/<slug:environment>/", drift.watch, "drift"),
    ("drift/<slug:project>/<slug:environment>/look/", drift.look, "drift-look"),
    ("drift/<slug:project>/<slug:environment>/build/", drift.rebuild, "drift-build"),
    ("progress/<int:pk>/", progress.watch, "deployment-progress"),
    ("progress/<int:pk>/witness/", witness.watch, "deployment-witness"),
    ("progress/<int:pk>/rows/", progress.rows, "progress-rows"),
    ("progress/<int:pk>/log/", progress.download, "progress-log"),
    ("progress/<int:pk>/stop/", progress.stop, "deployment-stop"),
    ("progress/<int:pk>/turn-back/", progress.turn_back, "deployment-turn-back"),
    ("progress/<int:pk>/decide/", progress.decide, "deployment-decide"),
    ("approvals/", inbox.inbox, "approval-list"),
    ("approvals/<int:pk>/", approvals.answer, "approval-answer"),
    ("approvals/<int:pk>/withdraw/", approvals.withdraw, "approval-withdraw"),
    ("approvals/<int:pk>/start/", approvals.start, "approval-start"),
    ("commands/<slug:project>/", commands.history, "command-edits"),
    ("commands/<slug:project>/<int:number>/answer/", commands.answer, "command-edit-answer"),
    ("access/", access.mine, "access-mine"),
    ("access/ask/", access_ask.ask, "access-ask"),
    ("access/why/", access_why.why, "access-why"),
    ("access/requests/", access_requests.inbox, "access-requests"),
    ("access/requests/<int:pk>/", access_requests.answer, "access-answer"),
    ("access/members/<int:pk>/answer/", access_requests.join, "access-join"),
    ("access/link/<int:pk>/", password_link.send, "person-link"),
    ("approvals/<int:pk>/review/", emergencies.review, "emergency-review"),
    ("freezes/", freezes.calendar, "freeze-list"),
    ("freezes/pause/<slug:project>/<slug:environment>/", freezes.pause, "environment-pause"),
    ("freezes/pauses/<int:pk>/end/", freezes.end_pause, "pause-end"),
    ("again/", again.again, "sign-in-again"),
    ("two-step/", second_step.own, "two-step"),
    ("two-step/picture/", second_step.picture, "two-step-picture"),
    ("sessions/", sessions.own, "session-list"),
    ("sessions/<int:pk>/", sessions.of_person, "sign-in-of"),
    ("history/", history.history, "deployment-list"),
    ("builds/<int:pk>/", builds.watch, "build-log"),
    ("builds/<int:pk>/rows/", builds.rows, "build-rows"),
    ("builds/<int:pk>/log/", builds.download, "build-log-file"),
]

urlpatterns = [
    path("code/", signing_in.code, name="sign-in-code"),  # for whoever is not signed in yet
    path("password/<str:token>/", password_link.use, name="password-link"),  # the same
    *(path(route, site.admin_view(view), name=name) for route, view, name in _PAGES),
]
