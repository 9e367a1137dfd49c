"""What follows when a project was made, whoever made it and wherever."""

from . import edits, setup


def made(actor, project):
    """Keep what it runs as its first edit, and have its source read.

    For the caller's transaction. Who may not say where the source is made a project without one.
    """
    edits.keep_first(actor, project)
    if project.repository_url:
        setup.have_source_read(actor, project)
