"""Importing from CSV: what a row makes, what is wrong with it, and all of it or nothing."""

import pytest

from deployments.errors import Refused
from deployments.models import AuditEntry, Environment, Project, Server, SshKey
from deployments.services import csv_text, imports
from tests import factories

pytestmark = pytest.mark.django_db
PROJECTS = "name,slug,repository_url,kind,environments,deploy_key\n"
SERVERS = "name,address,port,user,ssh_key,reached_through,pools\n"
GOOD = PROJECTS + ("Shop,shop,/srv/git/shop,laravel,Staging=s.example|Production=p.example,\n"
                   "My Blog,,git@git.example:blog.git,,,\n")


@pytest.fixture
def administrator(admin_user):
    return factories.actor_for(admin_user)


def save(actor, kind, text):
    return imports.save(actor, kind, text, csv_text.digest_of(text))


def test_projects_are_saved_with_environments_commands_keys_and_entries(administrator):
    """All that their kind fills in, as the form would have it."""
    assert imports.check(imports.PROJECTS, GOOD).is_good
    assert not Project.objects.exists()
    shop, blog = save(administrator, imports.PROJECTS, GOOD)
    assert (blog.slug, blog.deploy_key.name) == ("my-blog", "Repository of My Blog")
    assert shop.shared_files == ".env"
    assert shop.server_commands.count() == 3
    assert [(row.slug, row.site_host, row.position) for row in shop.environments.all()] == [
        ("staging", "s.example", 0), ("production", "p.example", 1)]
    assert shop.recipe_versions.get().edited_by == administrator.user
    entries = AuditEntry.objects.filter(action="project.imported")
    assert {row.sentence for row in entries} == {
        f"{administrator.name} added project “{name}” from a CSV" for name in ("Shop", "My Blog")}


def test_servers_are_saved_with_keys_pools_and_the_way_to_them(administrator):
    """A row may lead through one above it; without a key's name each gets a new one."""
    factories.make_key(name="ours")
    bastion, web = save(administrator, imports.SERVERS, SERVERS + (
        "bastion,b.example,2222,deploy,ours,,\n"
        "web-1,10.0.0.5,,deploy,,bastion,php8.2-fpm www /run/a.sock | php8.2-fpm b /run/b.sock\n"))
    web.refresh_from_db()
    assert (bastion.port, bastion.ssh_key.name, bastion.host_key) == (2222, "ours", "")
    assert (web.port, web.ssh_key.name, web.jump) == (22, "Key for web-1", bastion)
    assert [pool.socket for pool in web.pools.order_by("socket")] == ["/run/a.sock", "/run/b.sock"]


@pytest.mark.parametrize(("row", "sentence"), [
    ("a,a.example,0,deploy", "Row 2, port: write a number from 1 to 65535."),
    ("a,a.example,65536,deploy", "Row 2, port: write a number from 1 to 65535."),
    ("a,a.example,２２,deploy", "Row 2, port: write a number from 1 to 65535."),
    ("a,,22,deploy", "Row 2, address: this is empty, and needed."),
    ("a,https://a.example,22,deploy", "Row 2, address: write only the host name or the IP "
     "address, like web-1.example or 2001:db8::1."),
    ("a,169.254.169.254,22,deploy", "Row 2, address: this address is never asked: it belongs to "
     "the machine's own network or its cloud. Write the server's own address."),
    ("a,a.example,22,ro ot", "Row 2, user: that is no user name: write small letters, digits, "
     "- and _, without spaces."),
    ("a,a.example,22,deploy,mine", "Row 2, ssh_key: there is no SSH key “mine”: leave it empty "
     "for a new one."),
    ("a,a.example,22,deploy,,b", "Row 2, reached_through: there is no server “b”: add it, or write "
     "it in a row above."),
    ("a,a.example,22,deploy,,,/run/a.sock", "Row 2, pools: write each as service, name and "
     "socket, like php8.2-fpm www /run/php/php8.2-fpm.sock."),
    ("a,a.example,22,deploy,,,php www here", "Row 2, pools: write the socket's whole path, like "
     "/run/php/php8.2-fpm.sock, or host:port, like 127.0.0.1:9000."),
    (f"{'a' * 61},a.example,22,deploy", "Row 2, name: ensure this value has at most 60 characters "
     "(it has 61)."),
    ("a,a.example,22,deploy\na,b.example,22,deploy", "Row 3, name: “a” stands in row 2 already."),
])
def test_each_fault_of_a_server_is_tied_to_its_row_and_column(row, sentence):
    """In one sentence, before anything is saved."""
    assert imports.check(imports.SERVERS, SERVERS + row).problems == (sentence,)


@pytest.mark.parametrize(("row", "sentence"), [
    ("A,a,/srv/a,perl", "Row 2, kind: write one of plain, wordpress, laravel, symfony, drupal."),
    ("A,A,/srv/a", "Row 2, slug: use small letters, digits and dashes only."),
    ("äöü€,,x", "Row 2, repository_url: write https://host/path, ssh://user@host/path, "
     "user@host:path, or the whole path of a folder on this machine."),
    ("A,a,https://me:secret@git.example/a", "Row 2, repository_url: leave user and password out "
     "of the address; they have fields of their own."),
    ("A,a,/srv/a,,Production", "Row 2, environments: write each as Name=host, like "
     "Production=shop.example."),
    ("A,a,/srv/a,,P=https://x", "Row 2, environments: write only the name, like shop.example, or "
     "shop.example:8443 for another port."),
    ("A,a,/srv/a,,P=x.example|p=y.example", "Row 2, environments: “p” stands there twice."),
    ("A,a,/srv/a,,,mine", "Row 2, deploy_key: there is no SSH key “mine”."),
    ("A,a,/srv/a\nB,a,/srv/b", "Row 3, slug: “a” stands in row 2 already."),
    ("A,taken,/srv/a", "Row 2, slug: “taken” is the project “There” already: write another one."),
])
def test_each_fault_of_a_project_is_tied_to_its_row_and_column(row, sentence):
    """In one sentence; a secret in an address is not repeated."""
    factories.make_project(name="There", slug="taken")
    assert imports.check(imports.PROJECTS, PROJECTS + row).problems == (sentence,)


def test_every_fault_of_a_row_is_told_at_once():
    """Also beside an unknown kind, a value that is missing, or a name that stands there twice."""
    assert imports.check(imports.PROJECTS, PROJECTS + (
        "Shop,shop,https://u:secret@git.example/b.git,joomla,Production|x=https://y,\n"
        "Shop,,,,,\n")).problems == (
        "Row 2, kind: write one of plain, wordpress, laravel, symfony, drupal.",
        "Row 2, repository_url: leave user and password out of the address; they have fields of "
        "their own.",
        "Row 2, environments: write each as Name=host, like Production=shop.example.",
        "Row 2, environments: write only the name, like shop.example, or shop.example:8443 for "
        "another port.",
        "Row 3, repository_url: this is empty, and needed.",
        "Row 3, name: “Shop” stands in row 2 already.",
        "Row 3, slug: “shop” stands in row 2 already.")
    assert imports.check(imports.SERVERS, SERVERS + (
        "web-9,169.254.169.254,abc,,,,\nweb-9,169.254.169.254,,de ploy,,,\n,b.example,,deploy\n"
    )).problems == (
        "Row 2, user: this is empty, and needed.",
        "Row 2, port: write a number from 1 to 65535.",
        "Row 2, address: this address is never asked: it belongs to the machine's own network or "
        "its cloud. Write the server's own address.",
        "Row 3, name: “web-9” stands in row 2 already.",
        "Row 3, user: that is no user name: write small letters, digits, - and _, without spaces.",
        "Row 3, address: this address is never asked: it belongs to the machine's own network or "
        "its cloud. Write the server's own address.",
        "Row 4, name: this is empty, and needed.")


def test_what_is_there_already_is_left_out_and_said(administrator):
    """The rest is saved; where nothing is left, saving is refused."""
    factories.make_project(name="Shop", slug="shop", repository_url="/srv/git/mine")
    checked = imports.check(imports.PROJECTS, GOOD)
    assert [line.skipped for line in checked.lines] == ["It is there already.", ""]
    assert [row.name for row in save(administrator, imports.PROJECTS, GOOD)] == ["My Blog"]
    assert Project.objects.get(slug="shop").repository_url == "/srv/git/mine"
    with pytest.raises(Refused, match="all of it is there already"):
        save(administrator, imports.PROJECTS, GOOD)


@pytest.mark.parametrize("break_it", [
    lambda text: text.replace("p.example", "q.example"), lambda text: text + ",,,,,\nx"])
def test_another_text_than_the_one_checked_is_not_saved(break_it, administrator):
    """Refused, with its entry in the log; nothing is saved."""
    with pytest.raises(Refused, match="not the text that was checked"):
        imports.save(administrator, imports.PROJECTS, break_it(GOOD), csv_text.digest_of(GOOD))
    assert not Project.objects.exists()
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.outcome) == ("project.imported", "refused")


def test_one_bad_row_keeps_all_from_being_saved(administrator):
    """Also where it became bad after it was checked."""
    assert imports.check(imports.PROJECTS, GOOD).is_good
    factories.make_project(name="Other", slug="my-blog")
    with pytest.raises(Refused, match="Row 3, slug: “my-blog” is the project “Other” already"):
        save(administrator, imports.PROJECTS, GOOD)
    assert Project.objects.count() == 1
    assert not Environment.objects.exists()


@pytest.mark.parametrize(("kind", "text", "held", "missing"), [
    (imports.PROJECTS, GOOD, "set_up", "commands"),
    (imports.PROJECTS, GOOD, "commands", "set_up"),
    (imports.SERVERS, SERVERS + "a,a.example,22,deploy", "set_up", "commands"),
])
def test_new_projects_need_both_entries_and_servers_that_for_commands(kind, text, held, missing):
    """For every project: one for some is not enough."""
    user = factories.make_user(None, None, held)
    factories.make_grant(user, missing, project=factories.make_project())
    with pytest.raises(Refused):
        save(factories.actor_for(user), kind, text)
    assert (Project.objects.count(), Server.objects.count(), SshKey.objects.count()) == (1, 0, 0)


def test_two_hundred_rows_are_checked_with_few_queries(django_assert_max_num_queries):
    """The names that are there are read once."""
    rows = "".join(f"Site {n},,/srv/git/{n},laravel,Production=s{n}.example,\n" for n in range(200))
    with django_assert_max_num_queries(4):
        assert len(imports.check(imports.PROJECTS, PROJECTS + rows).new) == 200


def test_faults_stand_in_the_order_of_their_rows():
    """Whichever way each was found."""
    text = SERVERS + "a,a.example,0,deploy\n=b,b.example,,deploy\nc,c.example,0,deploy\n"
    found = imports.check(imports.SERVERS, text).problems
    assert [problem[:5] for problem in found] == ["Row 2", "Row 3", "Row 4"]
