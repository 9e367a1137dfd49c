"""The one way a status changes: `UPDATE … WHERE id=? AND status=? [AND fence=?]`."""

from django.db import models


class MovableQuerySet(models.QuerySet):
    """Adds `move`: compare and swap over the table of allowed moves."""

    def move(self, row, to, *, was=None, fence=None, **changes):
        """Return True when `row` (a pk or an instance) moved from `was` to `to`.

        False means that somebody else moved it first. `was` defaults to the instance's status;
        `fence` is demanded where given. ValueError for a move that `states` does not allow.
        """
        was = was or row.status
        if to not in self.model.MOVES[was]:
            raise ValueError(f"{self.model.__name__} may not move from {was} to {to}")
        rows = self.filter(pk=getattr(row, "pk", row), status=was)
        if fence is not None:
            rows = rows.filter(fence=fence)
        moved = rows.update(status=to, **changes) == 1
        if moved and isinstance(row, self.model):
            row.status = to
            for name, value in changes.items():
                setattr(row, name, value)
            computed = [name for name, value in changes.items()
                        if hasattr(value, "resolve_expression")]
            if computed:  # by the database, like the time by its clock
                row.refresh_from_db(fields=computed)
        return moved
