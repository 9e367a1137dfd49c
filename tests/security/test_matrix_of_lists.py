"""The permission matrix of the admin's lists and forms, crafted POSTs included."""

from django.urls import reverse

from . import forms, oracle
from .cells import Matrix


class TestLists(Matrix):
    """Lists as a whole."""

    def test_every_list_is_for_exactly_those_the_oracle_names(self):
        """So is what actions and editable columns would be sent to."""
        for label, lists, *_ in oracle.LISTS:
            url = reverse(f"admin:{_model(label)}_changelist")
            self.cells(url, "GET", lists, None, must_act=False)
            for crafted in forms.CRAFTED:
                self.cells(url, "POST", None,
                           crafted | {"_selected_action": self.world.rows[label].pk},
                           must_act=True)


class TestForms(Matrix):
    """Forms and histories of rows: a class of their own, so that two processes share the lists."""

    def test_every_form_is_for_exactly_those_the_oracle_names(self):
        """New rows, changed and deleted ones, and what was changed."""
        for label, _, opens, adds, changes, deletes in oracle.LISTS:
            model, pk = _model(label), self.world.rows[label].pk
            body = forms.sent_by(self.world, reverse(f"admin:{model}_change", args=[pk]))
            for name, method, power, fields in (
                ("add", "GET", adds, None), ("change", "GET", opens, None),
                ("change", "POST", changes, body), ("delete", "GET", deletes, None),
                ("history", "GET", opens, None),
            ):
                url = reverse(f"admin:{model}_{name}", args=[] if name == "add" else [pk])
                self.cells(url, method, power, fields, must_act=False,
                           may_write=forms.FOLLOWS if method == "POST" else ())


def _model(label):
    return label.replace(".", "_").lower()
