"""The only caller of django-q2's `async_task`. A message is a wake-up; the row is the truth."""

from django_q.tasks import async_task

BUILD = "deployments.tasks.build_release"
DEPLOY = "deployments.tasks.run_deployment"
READ_SOURCE = "deployments.tasks.read_source"
CHECK_SERVER = "deployments.tasks.answer_check"
INSTALL_TOKENS = "deployments.tasks.install_tokens"

KNOWN = frozenset({BUILD, DEPLOY, READ_SOURCE, CHECK_SERVER, INSTALL_TOKENS})


def wake(task, pk):
    """Queue `task` for the row `pk`, in the caller's transaction (same database: both or none).

    Only whole numbers travel: messages are signed pickles that whoever reads the database can read.
    """
    if task not in KNOWN:
        raise ValueError(f"{task} is no task of ours")
    async_task(task, int(pk))
