"""What an audit entry is about, before and after, and its request; anchors; and the triggers."""

from django.db import migrations, models

from deployments.audit import triggers


def install(apps, schema_editor):
    triggers.install(schema_editor.connection)


def remove(apps, schema_editor):
    triggers.remove(schema_editor.connection)


class Migration(migrations.Migration):

    dependencies = [
        ('deployments', '0005_who_may_release'),
    ]

    operations = [
        migrations.CreateModel(
            name='AuditAnchor',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('seq', models.PositiveBigIntegerField()),
                ('hash', models.CharField(max_length=64)),
                ('at', models.DateTimeField()),
                ('reason', models.CharField(max_length=40)),
                ('key_id', models.CharField(max_length=16)),
                ('signature', models.CharField(max_length=64)),
                ('arrived_in', models.CharField(blank=True, max_length=100)),
                ('problem', models.TextField(blank=True)),
            ],
            options={
                'verbose_name': 'audit anchor',
                'ordering': ('-pk',),
            },
        ),
        migrations.AddField(
            model_name='auditentry',
            name='about_id',
            field=models.CharField(blank=True, max_length=40),
        ),
        migrations.AddField(
            model_name='auditentry',
            name='about_text',
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.AddField(
            model_name='auditentry',
            name='about_type',
            field=models.CharField(blank=True, max_length=40),
        ),
        migrations.AddField(
            model_name='auditentry',
            name='after',
            field=models.JSONField(default=dict),
        ),
        migrations.AddField(
            model_name='auditentry',
            name='before',
            field=models.JSONField(default=dict),
        ),
        migrations.AddField(
            model_name='auditentry',
            name='form',
            field=models.PositiveSmallIntegerField(default=1),
        ),
        migrations.AddField(
            model_name='auditentry',
            name='is_late',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='auditentry',
            name='request_id',
            field=models.CharField(blank=True, max_length=32),
        ),
        migrations.AddField(
            model_name='audithead',
            name='can_tell',
            field=models.BooleanField(default=True),
        ),
        migrations.RunPython(install, remove, elidable=False),
    ]
