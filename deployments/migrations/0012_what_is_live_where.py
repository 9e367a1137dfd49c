"""What is, and was, live in each of many places is found by an index; so are emergencies."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("deployments", "0011_built_files")]

    operations = [
        migrations.AddIndex(
            model_name="deployment",
            index=models.Index(
                fields=["environment", "status", "fence", "finished_at", "kind", "release"],
                name="deployments_by_place"),
        ),
        migrations.AddIndex(
            model_name="deployment",
            index=models.Index(fields=["emergency"], name="deployments_by_emergency"),
        ),
    ]
