"""SSH keys: made here or pasted; the private half goes in and never comes out."""

from django.contrib import admin
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from ..errors import Refused
from ..models import Grant, SshKey
from ..services.keys import make_key_pair, public_half
from ..site import site
from .links import text_to_copy
from .secret_fields import SecretsForm
from .setting_up import SetupAdmin


class SshKeyForm(SecretsForm):
    """Leaving the private half empty has a pair made; a pasted one must be readable."""

    def clean(self):
        cleaned = super().clean()
        comment = f"releasemgr {cleaned.get('name', '')}"
        if cleaned.get("private_key"):
            self._read(cleaned, comment)
        elif not self.errors:
            cleaned["private_key"], self.instance.public_key = make_key_pair(comment)
            cleaned["passphrase"] = ""
        return cleaned

    def changed_columns(self):
        """A key's halves and its passphrase change together."""
        changed = super().changed_columns()
        is_other = changed & {"private_key", "passphrase"}
        return changed | {"private_key", "passphrase", "public_key"} if is_other else changed

    def _read(self, cleaned, comment):
        pasted = "private_key" in self.changed_data
        if pasted and "passphrase" not in self.changed_data:
            cleaned["passphrase"] = ""  # the old one belonged to the old key
        if not pasted and "passphrase" not in self.changed_data:
            return
        try:
            self.instance.public_key = public_half(
                cleaned["private_key"], passphrase=cleaned["passphrase"], comment=comment)
        except Refused as refusal:
            self.add_error("private_key", str(refusal))


@admin.register(SshKey, site=site)
class SshKeyAdmin(SetupAdmin):
    needs = (Grant.COMMANDS,)
    project_path = None
    form = SshKeyForm
    list_display = ("name", "created_at")
    fields = ("name", "private_key", "passphrase", "key_to_copy")
    readonly_fields = ("key_to_copy",)
    audit_noun = "key"

    @admin.display(description=_lazy("Public half to copy"))
    def key_to_copy(self, row):
        return text_to_copy(row.public_key, _("Public half of the key"))
