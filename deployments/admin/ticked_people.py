"""People and groups of a form as boxes to tick, by the names that people go by."""

from django.contrib.auth import get_user_model
from django.forms import CheckboxSelectMultiple

from .. import policy


class TicksPeople:
    """For a ModelAdmin or an inline: what is ticked is chosen. Django's two boxes with arrows ask
    for a mouse, for two lists, and for knowing user names."""

    def formfield_for_manytomany(self, db_field, request, **kwargs):
        kwargs["widget"] = CheckboxSelectMultiple(attrs={"class": "ticks"})
        field = super().formfield_for_manytomany(db_field, request, **kwargs)
        if field and db_field.related_model is get_user_model():
            field.label_from_instance = policy.name_and_account_of
        return field

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        """Without Django's icons for adding a person in between."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field and db_field.many_to_many:
            field.widget.can_add_related = False
        return field
