"""What each door must demand: plain rows, written by hand and never read from the product.

A power is one of `people.PEOPLE`; `a|b` means one of them; `a but not b` is what it says; None that
nobody gets in there.
"""

ANYBODY = "anybody"  # doors before the sign-in
LOOK, IN = "look", "signed_in"

# name, what it is about, who may open it (GET), who may press it (POST)
PAGES = (
    ("release", "", IN, None),
    ("release-start", "environment", LOOK, LOOK),
    ("release-review", "environment", LOOK, LOOK),
    ("release-rules", "environment", LOOK, LOOK),
    ("release-confirm", "environment", LOOK, "release"),
    ("release-read", "environment", None, "release"),
    ("release-discard", "environment", None, LOOK),
    ("go-back", "environment", LOOK, "go_back"),
    ("first-run", "", "set_up|commands|elsewhere", None),
    ("first-run-new", "", "set_up|commands|elsewhere", "commands_all"),
    ("first-run-site", "project_slug", "set_up|commands", None),
    ("first-run-project", "project_slug", "set_up|commands", "commands"),
    ("first-run-server", "project_slug", "set_up|commands", "commands_all"),
    ("first-run-php", "project_slug", "set_up|commands", "commands_all"),
    ("first-run-people", "project_slug", "set_up|commands", "set_up"),
    ("first-run-person", "project_slug", "set_up|commands", "set_up_all"),
    ("copy-project", "", "commands_all", None),
    ("copy-project-from", "project_slug", "commands_all", "commands_all"),
    *((f"import-{kind}{page}", "", "commands_all", pressed) for kind in ("projects", "servers")
      for page, pressed in (("", "commands_all"), ("-template", None))),
    ("adopt", "unreleased", LOOK, None),
    ("adopt-look", "unreleased", None, "set_up"),
    ("adopt-take-over", "unreleased", None, "set_up"),
    ("adopt-take-in", "unreleased", None, "set_up"),
    *((f"project-{part}", "project_slug", LOOK, None)
      for part in ("home", "versions", "history", "servers")),
    ("doctor", "environment", LOOK, None),
    ("doctor-examine", "environment", None, "release|set_up"),
    ("drift", "environment", LOOK, None),
    ("drift-look", "environment", None, "release|set_up"),
    ("deployment-progress", "running", LOOK, None),
    ("deployment-witness", "running", LOOK, None),
    ("progress-rows", "running", LOOK, None),
    ("progress-log", "running", LOOK, None),
    ("deployment-stop", "queued", None, "stop|emergency"),
    ("deployment-decide", "needs_attention", None, "decide"),
    ("approval-list", "", IN, None),
    ("approval-answer", "awaiting_approval", LOOK, "approve"),
    ("approval-start", "approved", None, "release"),
    ("command-edits", "project_slug", "set_up|commands", None),
    ("command-edit-answer", "edit", None, "commands_all|elsewhere"),
    ("deployment-turn-back", "switched", None, "go_back"),
    ("drift-build", "environment", None, "build"),
    ("approval-withdraw", "voted", None, "voted"),
    ("emergency-review", "emergency", LOOK, "approve"),
    ("freeze-list", "", IN, None),
    ("pause-end", "pause", None, "release|set_up"),
    ("protection", "environment", "set_up|commands", "set_up"),
    ("access-mine", "", IN, None),
    ("access-ask", "", IN, "look but not emergency"),
    ("access-answer", "asked_access", "set_up", "set_up"),
    ("access-join", "joining", None, "set_up_all"),
    ("session-list", "", IN, None),
    ("time-zone", "", IN, IN),
    ("two-step", "", IN, None),
    ("two-step-picture", "", None, None),
    ("password_change_done", "", IN, None),
    ("jsi18n", "", IN, None),
    ("app_list", "app", None, None),
    ("autocomplete", "", None, None),
    ("view_on_site", "type", None, None),
    ("access-why", "", "set_up|elsewhere", None),
    ("access-requests", "", "set_up|elsewhere", None),
    ("person-link", "victim", "set_up_all", "set_up_all"),
    ("environment-pause", "environment", LOOK, "release|set_up"),
    ("exception-ask", "frozen", LOOK, "release"),
    ("exception-answer", "asked_exception", LOOK, "named"),
    ("sign-in-of", "victim", "set_up_all", None),
    ("deployment-list", "", IN, None),
    ("numbers", "", IN, None),
    ("help", "", IN, None),
    ("system-health", "", "set_up_all|commands_all", None),
    ("build-log", "release", LOOK, None),
    ("build-rows", "release", LOOK, None),
    ("build-log-file", "release", LOOK, None),
    ("index", "", IN, None),
)

_SEE = "set_up|commands"
_LIST = "set_up|commands|elsewhere"
# label, who opens the list, a row, the form for a new one, who changes one, who deletes one
LISTS = (
    ("deployments.Grant", _LIST, _SEE, "set_up|elsewhere", "set_up", None),
    ("deployments.AuditEntry", IN, LOOK, None, None, None),
    ("deployments.Deployment", IN, LOOK, None, None, None),
    ("deployments.Release", IN, LOOK, None, None, None),
    ("deployments.LogLine", IN, LOOK, None, None, None),
    ("deployments.Notice", "set_up|elsewhere", "set_up", None, None, None),
    ("deployments.Project", _LIST, _SEE, "set_up_all", _SEE, _SEE),
    ("deployments.Environment", _LIST, _SEE, "set_up|elsewhere", "set_up", "set_up"),
    ("deployments.Freeze", _LIST, _SEE, "set_up|elsewhere", "set_up", "set_up"),
    ("deployments.Installation", _LIST, _SEE, "commands|elsewhere", "commands", "commands"),
    ("deployments.Server", "set_up_all|commands_all", "set_up_all|commands_all", "commands_all",
     "commands_all", "commands_all"),
    ("deployments.SshKey", "set_up_all|commands_all", "set_up_all|commands_all", "commands_all",
     "commands_all", "commands_all"),
    ("deployments.Token", "set_up|elsewhere", "set_up", "set_up|elsewhere", None, None),
    ("auth.User", "set_up_all", "set_up_all", "set_up_all", "set_up_all", None),
    ("auth.Group", "set_up_all", "set_up_all", "set_up_all", "set_up_all", None),
)

# button of a row in a list, who may press it
BUTTONS = (
    ("deployments_grant_confirm", "deployments.Grant", "set_up"),
    ("deployments_grant_end", "deployments.Grant", "set_up"),
    ("deployments_project_read_source", "deployments.Project", _SEE),
    ("deployments_project_fetch_git_identity", "deployments.Project", "commands"),
    ("deployments_project_confirm_git_identity", "deployments.Project", "commands"),
    *((f"deployments_{model.lower()}_{verb}", f"deployments.{model}", power)
      for model in ("Project", "Release", "Deployment")
      for verb, power in (("build", "build"), ("go_back", "go_back"), ("reload", "release"))),
    ("deployments_installation_restart_php", "deployments.Installation", "release"),
    ("deployments_server_fetch_identity", "deployments.Server", "commands_all"),
    ("deployments_server_confirm_identity", "deployments.Server", "commands_all"),
    ("deployments_server_test_connection", "deployments.Server", "commands_all"),
    ("deployments_token_install", "deployments.Token", "set_up"),
    ("deployments_token_revoke", "deployments.Token", "set_up"),
    ("deployments_token_rotate", "deployments.Token", "set_up"),
    ("auth_group_remove", "auth.Group", "set_up_all"),
)

# what a list sends or looks at as a whole, by POST; who may
WHOLE_LISTS = (
    ("deployments_auditentry_check", IN), ("deployments_auditentry_export", IN),
    ("deployments_auditentry_lines", IN), ("deployments_deployment_export", IN),
    ("deployments_release_export", IN), ("deployments_logline_export", IN),
    ("deployments_notice_export", "set_up|elsewhere"), ("history-export", IN),
)

# doors that the matrix does not walk through: why, and the file of tests that does
NOT_WALKED = {
    "home": ("leads to the home page", "tests/unit/pages/test_live_and_history.py"),
    "login": ("before anybody is there", "tests/unit/pages/test_signing_in.py"),
    "logout": ("ends its own session", "tests/unit/pages/test_session_pages.py"),
    "sign-in-code": ("before anybody is there", "tests/unit/pages/test_signing_in.py"),
    "password-link": ("before anybody is there", "tests/unit/pages/test_password_link_pages.py"),
    "password_change": ("asks for the password", "tests/unit/pages/test_session_pages.py"),
    "sign-in-again": ("asks for the password", "tests/unit/pages/test_again.py"),
    "deployments_notice_send_again": ("without a mail server nobody sends",
                                      "tests/unit/admin/test_notices.py"),
}


def lets_in(power, powers):
    """Whether somebody with these powers gets through a door that asks for `power`."""
    if power is None:
        return False
    power, _, without = power.partition(" but not ")
    return power == ANYBODY or (bool(set(power.split("|")) & powers) and without not in powers)
