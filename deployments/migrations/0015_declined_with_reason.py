"""Why less protection of an environment was declined."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("deployments", "0014_log_check")]

    operations = [
        migrations.AddField(
            model_name="protectionchange", name="comment",
            field=models.CharField(blank=True, max_length=300)),
    ]
