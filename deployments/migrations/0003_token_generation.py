from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('deployments', '0002_audit_head'),
    ]

    operations = [
        migrations.AddField(
            model_name='installation',
            name='token_generation',
            field=models.PositiveBigIntegerField(default=0, editable=False),
        ),
    ]
