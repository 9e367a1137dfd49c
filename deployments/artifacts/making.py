"""From a commit to a stored artifact: the whole way, in the order it happens."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from deployments.artifacts.build import Build, Recipe
from deployments.artifacts.contents import Contents
from deployments.artifacts.deadline import Deadline
from deployments.artifacts.export import export_tree
from deployments.artifacts.faults import ArtifactFault, BuildTooLong, StoreFailed
from deployments.artifacts.mirror import Mirror
from deployments.artifacts.store import ArtifactStore
from deployments.remote.faults import RemoteFault


def make_artifact(
    connection,
    *,
    mirror: Mirror,
    recipe: Recipe,
    folder: str,
    store: ArtifactStore,
    project: str,
    epoch: int,
    deadline: Deadline,
    public_folder: str = "",
    on_line: Callable[[str], None] = lambda line: None,
    builder: str = "This machine",
) -> Contents:
    """Build `recipe.sha` on the builder behind `connection` and keep the result in the store.

    Both archives on the way lie in files without a name, beside the store. Every fault of this
    room and of `remote` may come out; the builder is left clean, and the store without a trace.
    """
    build = Build(connection, folder=folder, recipe=recipe, deadline=deadline, on_line=on_line,
                  builder=builder)
    try:
        store.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with _nameless(store.folder) as tree:
            export_tree(mirror, recipe.sha, to=tree, deadline=deadline)
            tree.seek(0)
            build.unpack(tree)
        build.run_commands()
        with _nameless(store.folder) as result:
            build.collect(to=result)
            result.seek(0)
            return store.save(
                project, recipe.release, deadline.watch(result), epoch=epoch,
                public_folder=public_folder,
            )
    except OSError as error:
        raise StoreFailed(str(store.folder), why=error.strerror or str(error)) from error
    finally:
        build.remove()


@contextmanager
def ending_with(deadline: Deadline) -> Iterator[None]:
    """What fails because the build's time is over says so, in the one sentence that helps."""
    try:
        yield
    except (ArtifactFault, RemoteFault) as fault:
        if deadline.is_over:
            raise BuildTooLong(deadline.limit_s) from fault
        raise


def _nameless(folder: Path):
    return tempfile.TemporaryFile(dir=folder)
