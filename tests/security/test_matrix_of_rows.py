"""The permission matrix of rows inside forms: crafted POSTs that add one to a form, or write a part
of it that the person was never shown."""

from django.urls import reverse

from tests import factories

from . import forms, oracle
from .cells import NETWORKS, Matrix
from .oracle_of_rows import ROWS
from .people import PEOPLE
from .trying import knock


class TestRows(Matrix):
    """Each is sent as somebody who may do everything would send it."""

    def test_every_row_is_written_for_exactly_those_the_oracle_names(self):
        """Whatever else the form did."""
        rows = self.world.rows
        rows["approver"] = self.world.people["only approve"]
        rows["pool"] = factories.make_pool(rows["deployments.Server"])
        for label, prefix, table, power, fields in ROWS:
            model = label.replace(".", "_").lower()
            url = reverse(f"admin:{model}_change", args=[rows[label].pk])
            sent = forms.with_row(forms.sent_by(self.world, url), prefix, {
                name: str(value).format(**rows) for name, value in fields.items()})
            for person in PEOPLE:
                for address, column in NETWORKS:
                    self._try(url, sent, table, person[0], address,
                              oracle.lets_in(power, person[column]))

    def _try(self, url, sent, table, name, address, expected):
        found = knock(self.world.browsers[name], "POST", url, address, sent)
        is_in = table in found.written
        if found.status >= 500 or is_in != expected:
            self.wrong.append(f"{name} from {address}, {url}: {table} is "
                              f"{'written' if is_in else 'not written'} ({found})")
