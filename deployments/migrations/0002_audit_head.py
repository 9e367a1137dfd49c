"""The one AuditHead row, which every audit entry is appended after."""

from django.db import migrations


def make_head(apps, schema_editor):
    apps.get_model("deployments", "AuditHead").objects.get_or_create(pk=1)


class Migration(migrations.Migration):
    dependencies = [("deployments", "0001_initial")]
    operations = [migrations.RunPython(make_head, migrations.RunPython.noop)]
