"""Who asked for the whole audit log to be read, while a worker reads it."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("deployments", "0013_long_log"),
    ]

    operations = [
        migrations.AddField(
            model_name="audithead", name="asked_at", field=models.DateTimeField(null=True)),
        migrations.AddField(
            model_name="audithead", name="asked_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+",
                to=settings.AUTH_USER_MODEL)),
        migrations.AddField(
            model_name="audithead", name="asked_by_name",
            field=models.CharField(blank=True, max_length=200)),
        migrations.AddField(
            model_name="audithead", name="asked_address",
            field=models.CharField(blank=True, max_length=45)),
    ]
