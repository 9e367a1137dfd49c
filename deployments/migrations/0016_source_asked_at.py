"""When somebody last had a project's source read."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("deployments", "0015_declined_with_reason")]

    operations = [
        migrations.AddField(
            model_name="project", name="source_asked_at",
            field=models.DateTimeField(editable=False, null=True)),
    ]
