"""Names and hashes of what releases hold, so that two can be compared on a page."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("deployments", "0010_servercheck_found")]

    operations = [
        migrations.CreateModel(
            name="BuiltFiles",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False,
                                           verbose_name="ID")),
                ("packed", models.BinaryField()),
                ("release", models.OneToOneField(
                    on_delete=django.db.models.deletion.CASCADE, related_name="built_files",
                    to="deployments.release")),
            ],
        ),
    ]
