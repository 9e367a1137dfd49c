"""A site that was live before us is looked at and taken in: a deployment that nobody made."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("deployments", "0007_approvals_stay"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name="deployment",
            name="kind",
            field=models.CharField(choices=[
                ("deploy", "release"), ("rollback", "go back"), ("reload", "make PHP reload"),
                ("adopted", "adopt")], default="deploy", max_length=8),
        ),
        migrations.CreateModel(
            name="Adoption",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False,
                                           verbose_name="ID")),
                ("folder", models.CharField(blank=True, max_length=500)),
                ("asked_by_name", models.CharField(max_length=200)),
                ("asked_at", models.DateTimeField(auto_now_add=True)),
                ("looked_at", models.DateTimeField(null=True)),
                ("found", models.JSONField(default=list)),
                ("room_kb", models.BigIntegerField(default=0)),
                ("wanted_by_name", models.CharField(blank=True, max_length=200)),
                ("wanted_at", models.DateTimeField(null=True)),
                ("problem", models.TextField(blank=True)),
                ("deployment", models.OneToOneField(
                    null=True, on_delete=django.db.models.deletion.PROTECT,
                    related_name="adoption", to="deployments.deployment")),
                ("environment", models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE, related_name="adoptions",
                    to="deployments.environment")),
                ("wanted_by", models.ForeignKey(
                    null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+",
                    to=settings.AUTH_USER_MODEL)),
            ],
            options={"ordering": ("-pk",)},
        ),
    ]
