"""A version remembers whether a branch named it: its title asks for no other row any more."""

from django.db import migrations, models
from django.db.models import Exists, OuterRef


def remember(apps, schema_editor):
    """What the branches and tags as last read say of the versions that are there."""
    named = apps.get_model("deployments", "Ref").objects.filter(
        project=OuterRef("project"), name=OuterRef("ref"))
    apps.get_model("deployments", "Release").objects.filter(
        Exists(named.filter(sort="branch")), ~Exists(named.filter(sort="tag"))).update(
        is_of_branch=True)


class Migration(migrations.Migration):

    dependencies = [("deployments", "0016_source_asked_at")]

    operations = [
        migrations.AddField(
            model_name="release", name="is_of_branch",
            field=models.BooleanField(default=False, editable=False)),
        migrations.RunPython(remember, migrations.RunPython.noop),
    ]
