"""Votes are never changed: triggers refuse it; a vote says whether a person is to start it."""

from django.db import migrations, models

from deployments.models import vote_triggers


def install(apps, schema_editor):
    vote_triggers.install(schema_editor.connection)


def remove(apps, schema_editor):
    vote_triggers.remove(schema_editor.connection)


class Migration(migrations.Migration):

    dependencies = [
        ("deployments", "0006_audit_whole"),
    ]

    operations = [
        migrations.AddField(
            model_name="approval",
            name="starts_by_hand",
            field=models.BooleanField(default=False),
        ),
        migrations.AlterField(
            model_name="approval",
            name="answer",
            field=models.CharField(choices=[
                ("yes", "yes"), ("no", "no"), ("withdrawn", "withdrawn"),
                ("void", "counts no longer")], max_length=9),
        ),
        migrations.RunPython(install, remove, elidable=False),
    ]
