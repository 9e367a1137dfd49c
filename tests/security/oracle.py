"""What each door must demand: plain rows, written by hand and never read from the product.

A power is one of `people.PEOPLE`; `a|b` means one of them; None that nobody gets in there.
"""

ANYBODY = "anybody"  # doors before the sign-in
LOOK, IN = "look", "signed_in"

# name, what it is about, who may open it (GET), who may press it (POST)
PAGES = (
    ("release-start", "environment", LOOK, "release"),
    ("release-review", "environment", LOOK, "release"),
    ("go-back", "environment", LOOK, "go_back"),
    ("doctor", "environment", LOOK, None),
    ("doctor-examine", "environment", None, "release|set_up"),
    ("drift", "environment", LOOK, None),
    ("drift-look", "environment", None, "release|set_up"),
    ("deployment-progress", "running", LOOK, None),
    ("deployment-witness", "running", LOOK, None),
    ("progress-rows", "running", LOOK, None),
    ("progress-log", "running", LOOK, None),
    ("deployment-stop", "queued", None, "stop"),
    ("deployment-decide", "needs_attention", None, "decide"),
    ("approval-list", "", IN, None),
    ("approval-answer", "awaiting_approval", LOOK, "approve"),
    ("approval-start", "approved", None, "release"),
    ("command-edits", "project_slug", "set_up|commands", None),
    ("access-mine", "", IN, None),
    ("access-why", "", "set_up|elsewhere", None),
    ("access-requests", "", "set_up|elsewhere", None),
    ("person-link", "victim", "set_up_all", "set_up_all"),
    ("environment-pause", "environment", LOOK, "release|set_up"),
    ("sign-in-of", "victim", "set_up_all", None),
    ("deployment-list", "", IN, None),
    ("numbers", "", IN, None),
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
    ("deployments_project_read_source", "deployments.Project", "set_up|commands"),
    ("deployments_project_fetch_git_identity", "deployments.Project", "commands"),
)

# doors that the resolver knows and the matrix does not walk through yet; each has its own tests
NOT_WALKED = """
    access-answer access-ask access-join app_list approval-withdraw autocomplete
    auth_group_remove command-edit-answer deployment-turn-back deployments_auditentry_check
    deployments_auditentry_export deployments_auditentry_lines
    deployments_deployment_build deployments_deployment_export
    deployments_deployment_go_back deployments_deployment_reload
    deployments_installation_restart_php deployments_logline_export
    deployments_notice_export deployments_notice_send_again deployments_project_build
    deployments_project_confirm_git_identity deployments_project_go_back
    deployments_project_reload deployments_release_build deployments_release_export
    deployments_release_go_back deployments_release_reload deployments_server_confirm_identity
    deployments_server_fetch_identity deployments_server_test_connection
    deployments_token_install deployments_token_revoke deployments_token_rotate drift-build
    emergency-review freeze-list home jsi18n login logout password-link password_change
    password_change_done pause-end protection session-list sign-in-again sign-in-code two-step
    two-step-picture view_on_site
""".split()  # noqa: SIM905


def lets_in(power, powers):
    """Whether somebody with these powers gets through a door that asks for `power`."""
    return power is not None and (power == ANYBODY or bool(set(power.split("|")) & powers))
