"""Limits, shared paths and headers: the form refuses what only a server would have refused."""

import pytest
from django.conf import settings
from django.test import override_settings

from deployments.models import CheckPage, ServerCommand
from deployments.services.repository_addresses import validate_repository_url

from .conftest import form_of, page


@pytest.fixture
def typed(shop, admin, browse):
    """A function that types values into the project's form and sends it."""
    ServerCommand.objects.create(project=shop, moment="before", command="true")
    CheckPage.objects.create(project=shop)
    client = browse(admin)

    def sent(**values):
        return client.post(page(shop), form_of(client.get(page(shop))) | values)

    return sent


COMMAND_LIMIT = "server_commands-0-limit_s"
LIMITS = dict.fromkeys(("build_limit_s", "build_silence_s", COMMAND_LIMIT), 86_400)


@pytest.mark.parametrize(("field", "most"), LIMITS.items())
def test_a_time_limit_is_never_none(field, most, typed):
    """For `timeout`, 0 means for ever; far too much is no better."""
    for value in ("0", str(most + 1)):
        assert f"Write a number of seconds from 1 to {most}." in typed(**{field: value}).text
    for value in ("1", str(settings.DEPLOYMENT_LIMIT_S if field == COMMAND_LIMIT else most)):
        assert typed(**{field: value}).status_code == 302


def test_a_command_gets_no_longer_than_the_deployment_it_is_part_of(shop, typed):
    """It would be ended before its own limit, and the message would name another one."""
    with override_settings(DEPLOYMENT_LIMIT_S=600):
        assert "A whole deployment may take 600 s: write no more than that." in typed(
            **{COMMAND_LIMIT: "601"}).text
        assert shop.server_commands.get().limit_s == 120
        assert typed(**{COMMAND_LIMIT: "600"}).status_code == 302
    assert shop.server_commands.get().limit_s == 600


def test_at_least_one_release_stays(typed):
    """The live one."""
    assert "At least one release stays: the live one." in typed(keep_releases="0").text
    assert typed(keep_releases="1").status_code == 302


SHARED_FIELDS = ("shared_files", "created_files", "shared_folders", "writable_folders",
                 "asset_folders")


@pytest.mark.parametrize("field", SHARED_FIELDS)
@pytest.mark.parametrize("path", ["REVISION", "REVISION/x", ".releasemgr", ".releasemgr/x.php"])
def test_what_the_release_manager_writes_is_not_shared(field, path, typed):
    """place.sh refuses these on the server; the sentence names the path."""
    response = typed(**{field: f"storage\n{path}"})
    assert response.status_code == 200
    assert f"“{path}”" in response.text
    assert typed(**{field: "storage/REVISION"}).status_code == 302


@pytest.mark.parametrize("shared", SHARED_FIELDS[:3])
@pytest.mark.parametrize("inner", SHARED_FIELDS)
def test_nothing_lies_inside_a_shared_path(shared, inner, typed):
    """What is shared is one link; the sentence names both paths."""
    lines = {shared: "storage", inner: "storage/logs"} if shared != inner else \
        {shared: "storage/logs\nstorage"}
    response = typed(**lines)
    assert response.status_code == 200
    assert "“storage/logs” (" in response.text
    assert "lies inside “storage” (" in response.text


@pytest.mark.parametrize("other", ["shared_files", "created_files", "writable_folders",
                                   "asset_folders"])
def test_a_path_is_shared_in_one_way_only(other, typed):
    """A shared folder is no shared file, and PHP writes into the shared one as it is."""
    response = typed(shared_folders="storage", **{other: "storage"})
    assert response.status_code == 200
    assert "“storage” stands in " in response.text


def test_shared_paths_may_lie_beside_and_inside_others(typed):
    """Neighbours with the same beginning; shared ones inside writable and asset folders."""
    assert typed(shared_files=".env", shared_folders="storage/uploads\npublic/build/kept",
                 writable_folders="storage\nstorage/uploads2",
                 asset_folders="public/build").status_code == 302


@pytest.mark.parametrize("name", ["Host", "host", "Connection", "Content-Length",
                                  "Transfer-Encoding", "Accept-Encoding"])
def test_headers_of_the_request_itself_are_not_set(name, typed):
    """Another Host would ask another site, and the page would still be called checked."""
    response = typed(**{"check_pages-0-headers": f"X-Check: 1\n{name}: other.example"})
    assert f"“{name}” is set by the release manager: take it out." in response.text


@pytest.mark.parametrize("line", ["X-A: a\tb", "X-A: a\x1bb", "X A: b", ": b", "X-A: ü", "X-A"])
def test_a_header_holds_no_control_characters(line, typed):
    """One line is one header; a line end begins the next."""
    answer = typed(**{"check_pages-0-headers": f"X-Key: typed-canary\n{line}"}).text
    assert "Line 2 is no request header; write Name: value." in answer
    assert "typed-canary" not in answer


@pytest.mark.parametrize(("first", "last", "is_right"), [
    ("200", "200", True), ("100", "599", True), ("400", "200", False), ("99", "200", False),
    ("200", "600", False)])
def test_statuses_go_from_a_smaller_to_a_larger_one(first, last, is_right, typed):
    """Within what HTTP knows."""
    response = typed(**{"check_pages-0-status_from": first, "check_pages-0-status_to": last})
    assert (response.status_code == 302) == is_right
    assert is_right or "Statuses go from a smaller to a larger one" in response.text


@pytest.mark.parametrize("port", ["0", "65536", "99999"])
def test_a_repositorys_port_is_a_port(port):
    """https and ssh alike."""
    for scheme in ("https", "ssh"):
        with pytest.raises(Exception, match="from 1 to 65535"):
            validate_repository_url(f"{scheme}://git.example:{port}/site")
