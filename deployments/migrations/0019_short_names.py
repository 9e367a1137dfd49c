"""“Short name”, as the other pages call it, and whom an entry is for; words only, no table changes.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from deployments.models.fields import validate_slug


class Migration(migrations.Migration):

    dependencies = [("deployments", "0018_exception_requests")]

    operations = [
        migrations.AlterField(
            model_name="project", name="slug",
            field=models.CharField(
                help_text="For commands and addresses: small letters, digits, dashes. It never "
                          "changes, because stored versions are kept under it.",
                max_length=40, unique=True, validators=[validate_slug],
                verbose_name="short name")),
        migrations.AlterField(
            model_name="environment", name="slug",
            field=models.CharField(max_length=40, validators=[validate_slug],
                                   verbose_name="short name")),
        migrations.AlterConstraint(
            model_name="environment", name="one_environment_per_slug",
            constraint=models.UniqueConstraint(
                fields=("project", "slug"), name="one_environment_per_slug",
                violation_error_message="The project has an environment of this short name "
                                        "already.")),
        migrations.AlterField(
            model_name="grant", name="user",
            field=models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.CASCADE,
                help_text="The entry is for this person, or for everybody in the group below.",
                related_name="grants", to=settings.AUTH_USER_MODEL)),
    ]
