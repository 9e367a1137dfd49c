"""Print a new key for FIELD_KEYS (also good for SECRET_KEY and AUDIT_KEYS)."""

from cryptography.fernet import Fernet
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Print one new random key for FIELD_KEYS, AUDIT_KEYS or SECRET_KEY."
    requires_system_checks = []

    def handle(self, *args, **options):
        self.stdout.write(Fernet.generate_key().decode())
