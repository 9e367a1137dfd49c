"""What is asked of a long audit log is found by an index; each account has a time zone."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("deployments", "0012_what_is_live_where")]

    operations = [
        migrations.AddField(
            model_name="account", name="time_zone",
            field=models.CharField(blank=True, max_length=64)),
        *(migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(fields=[*names, "seq"], name=f"audit_by_{word}"))
          for word, *names in (
              ("who", "actor_name"), ("project", "project_slug"), ("action", "action"),
              ("result", "outcome"), ("request", "request_id"),
              ("what", "about_type", "about_id"))),
        migrations.AddIndex(
            model_name="auditentry", index=models.Index(fields=["at"], name="audit_by_time")),
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(fields=["at"], condition=models.Q(is_late=True), name="audit_late")),
    ]
