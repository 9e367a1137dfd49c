"""Votes are never changed: triggers refuse it; a vote says whether a person is to start it. Less
protection of an environment waits for a second person."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from deployments.models import vote_triggers


def install(apps, schema_editor):
    vote_triggers.install(schema_editor.connection)


def remove(apps, schema_editor):
    vote_triggers.remove(schema_editor.connection)


class Migration(migrations.Migration):

    dependencies = [
        ("deployments", "0006_audit_whole"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
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
        migrations.CreateModel(
            name='ProtectionChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('before', models.JSONField()),
                ('after', models.JSONField()),
                ('words', models.JSONField(default=list)),
                ('asked_by_name', models.CharField(max_length=200)),
                ('asked_at', models.DateTimeField(auto_now_add=True)),
                ('answer', models.CharField(blank=True, choices=[('agreed', 'agreed to'), ('declined', 'declined')], max_length=8)),
                ('answered_at', models.DateTimeField(null=True)),
                ('answered_by_name', models.CharField(blank=True, max_length=200)),
                ('answered_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('asked_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('environment', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='protection_changes', to='deployments.environment')),
            ],
            options={
                'verbose_name': 'change of protection',
                'verbose_name_plural': 'changes of protection',
                'ordering': ('-pk',),
                'constraints': [models.UniqueConstraint(condition=models.Q(('answer', '')), fields=('environment',), name='one_change_of_protection_waits')],
            },
        ),
        migrations.AddIndex(
            model_name="deployment",
            index=models.Index(
                fields=["status", "finished_at", "environment", "kind", "requested_at",
                        "claimed_at", "release", "switching_at"], name="deployments_by_status"),
        ),
        migrations.AddIndex(
            model_name="deployment",
            index=models.Index(fields=["requested_by_name", "environment"],
                               name="deployments_by_who"),
        ),
        migrations.RunPython(install, remove, elidable=False),
    ]
