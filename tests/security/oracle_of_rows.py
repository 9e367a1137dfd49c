"""Who may add a row inside a form, or write a part of it: plain rows, written by hand and never
read from the product."""

# form, its rows ("": the form itself), the table that is written, who may, what is sent besides
ROWS = (
    ("deployments.Project", "environments", "deployments_environment", "set_up",
     {"name": "Stolen", "slug": "stolen", "site_host": "stolen.example", "position": 9}),
    ("deployments.Project", "build_variables", "deployments_buildvariable", "commands",
     {"name": "STOLEN", "value": "yes"}),
    ("deployments.Project", "server_commands", "deployments_servercommand", "commands",
     {"moment": "before", "runs_on": "all", "command": "sh stolen", "limit_s": 60,
      "position": 0}),
    ("deployments.Project", "check_pages", "deployments_checkpage", "set_up|commands",
     {"path": "/stolen", "status_from": 200, "status_to": 299}),
    ("deployments.Project", "", "deployments_recipeversion", "commands",
     {"build_commands": "sh stolen", "repository_url": "https://git.example/stolen.git"}),
    ("deployments.Environment", "approval_rules", "deployments_approvalrule", "set_up",
     {"people_needed": 1, "users": "{approver.pk}"}),
    ("deployments.Server", "pools", "deployments_phppool", "commands_all",
     {"name": "stolen", "master": "php8.2-fpm", "socket": "/run/php/stolen.sock"}),
    ("deployments.Installation", "pool_uses", "deployments_installationpool", "commands",
     {"pool": "{pool.pk}", "page_path": "/", "endpoint_path": "/_releasemgr/stolen"}),
)
