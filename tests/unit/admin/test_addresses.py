"""What connections are made from is checked where it is typed, not after the switch."""

import pytest
from django.core.exceptions import ValidationError

from deployments.models import CheckPage, Environment, Installation, InstallationPool, PhpPool
from deployments.remote.doors import EndpointDoor
from deployments.remote.http import HttpCall
from deployments.remote.ssh_forward import split_address

from .conftest import form_of, page

ONLY_NAME = "Write only the name, like shop.example"
ONLY_HOST = "Write only the host name or the IP address"
HOST_PORT = "Write host:port with a port from 1 to 65535"
SOCKET = "Write the socket&#x27;s whole path"
FROM_SLASH = ("Write it from the first slash on, like /shop, with %20 for a space and %C3%BC for "
              "ü.")
SIGNED = "Write a path of letters, digits and . _ ~ - only"
PORT = "A port is a number from 1 to 65535."
FIELDS = {
    "site_host": ("environment", "site_host", ONLY_NAME),
    "path": ("project", "check_pages-0-path", FROM_SLASH),
    "page_path": ("installation", "pool_uses-0-page_path", FROM_SLASH),
    "endpoint_path": ("installation", "pool_uses-0-endpoint_path", SIGNED),
    "ask_address": ("installation", "ask_address", HOST_PORT),
    "socket": ("server", "pools-0-socket", SOCKET),
    "address": ("server", "address", ONLY_HOST),
    "user": ("server", "user", "That is no user name; capitals alone are an alias"),
    "port": ("server", "port", PORT),
}


@pytest.fixture
def typed(staging, admin, browse):
    """A function that types one value into the form that has the field, and sends it."""
    CheckPage.objects.create(project=staging.project)
    place = staging.installations.get()
    rows = {"environment": staging, "project": staging.project, "installation": place,
            "server": place.server}

    def sent(field, value):
        row, name, _ = FIELDS[field]
        client = browse(admin)
        return client.post(page(rows[row]),
                           form_of(client.get(page(rows[row]))) | {name: value})

    return sent


@pytest.mark.parametrize(("field", "value"), [
    ("site_host", "shop.example"), ("site_host", "SHOP.Example"), ("site_host", "localhost"),
    ("site_host", "shop.example:8443"), ("site_host", "192.0.2.7"), ("site_host", "[2001:db8::1]"),
    ("site_host", "[2001:db8::1]:8443"), ("site_host", "xn--bcher-kva.example"),
    ("site_host", " shop.example "),
    ("path", "/"), ("path", "/shop?id=1&x=%C3%BC"), ("path", "/a;b,c/(d)'~"),
    ("page_path", "/api/v1"), ("endpoint_path", "/_releasemgr/www-2.php"),
    ("ask_address", "127.0.0.1:80"), ("ask_address", "[::1]:443"), ("ask_address", "Web-1:65535"),
    ("socket", "/run/php/php8.2-fpm.sock"), ("socket", "/run/my pool.sock"),
    ("socket", "127.0.0.1:9000"), ("socket", "[::1]:9000"),
    ("address", "web-1.example"), ("address", "WEB1"), ("address", "192.0.2.7"),
    ("address", "2001:db8::1"), ("user", "deploy"), ("user", "_www.x-1"),
    ("port", "1"), ("port", "65535"),
])
def test_what_can_be_connected_to_is_accepted(field, value, typed):
    """Names, both kinds of IP address, ports where they belong, paths as they are sent."""
    response = typed(field, value)
    assert response.status_code == 302, response.context["errors"]


@pytest.mark.parametrize(("field", "value"), [
    ("site_host", "https://shop.example/"), ("site_host", "shop.example/"),
    ("site_host", "shop.example/x"), ("site_host", "me@shop.example"), ("site_host", "a b"),
    ("site_host", "shop.example\nx"), ("site_host", "shop.example:0"),
    ("site_host", "shop.example:65536"), ("site_host", "shop.example:"), ("site_host", ":443"),
    ("site_host", "2001:db8::1"), ("site_host", "[shop]"), ("site_host", "bücher.example"),
    ("site_host", "-shop.example"), ("site_host", "999.1.1.1"), ("site_host", "a..b"),
    ("site_host", "a" * 64 + ".example"), ("site_host", "shop.example?x"),
    ("path", "/über"), ("path", "/a b"), ("path", "/a\nb"), ("path", "shop"), ("path", "//evil"),
    ("path", "/a#b"), ("path", "/a\x7f"), ("page_path", "/ü"), ("page_path", "https://x/"),
    ("endpoint_path", "/x?y"), ("endpoint_path", "/x%20y"), ("endpoint_path", "/ü"),
    ("endpoint_path", "//x"), ("endpoint_path", "x"), ("endpoint_path", "/x\ny"),
    ("ask_address", "127.0.0.1"), ("ask_address", "127.0.0.1:0"), ("ask_address", ":443"),
    ("ask_address", "127.0.0.1:99999"), ("ask_address", "https://127.0.0.1:443"),
    ("ask_address", "::1:443"), ("ask_address", "[::1]"), ("ask_address", "/run/nginx.sock"),
    ("ask_address", "a b:1"), ("ask_address", "web-1:443\n:1"), ("ask_address", "web-1:４４３"),
    ("socket", "php8.2-fpm.sock"), ("socket", "127.0.0.1"), ("socket", "127.0.0.1:0"),
    ("socket", "unix:/run/x.sock"), ("socket", "/run/a\nb"), ("socket", "a b:9000"),
    ("address", "ssh://web-1"), ("address", "web-1:22"), ("address", "[::1]"),
    ("address", "-oProxyCommand=x"), ("address", "deploy@web-1"), ("address", "web 1"),
    ("address", "web-1\nx"), ("address", "300.1.1.1"), ("address", "fe80::1%eth0\nx"),
    ("user", "-oX"), ("user", "a b"), ("user", "deploy@x"), ("user", "a\nb"), ("user", "ü"),
    ("port", "0"), ("port", "65536"),
])
def test_what_could_not_be_connected_to_is_refused_with_one_sentence(field, value, typed):
    """Beside the field; nothing of the form is saved."""
    response = typed(field, value)
    assert response.status_code == 200
    assert FIELDS[field][2] in response.text
    assert len(list(response.context["errors"])) == 1


def test_a_sockets_path_is_not_longer_than_the_system_allows(typed):
    """unix(7): 107 bytes and a NUL."""
    assert typed("socket", "/" + "a" * 106).status_code == 302
    assert "at most 107 bytes" in typed("socket", "/" + "é" * 54).text


@pytest.mark.parametrize("value", ["shop.example\n", "/run/x.sock\n", "/x\n", "web-1:80\n"])
def test_a_line_end_at_the_end_is_refused_too(value):
    """A form takes it away; whoever writes rows otherwise is told."""
    for model, name in ((Environment, "site_host"), (CheckPage, "path"), (PhpPool, "socket"),
                        (Installation, "ask_address"), (InstallationPool, "endpoint_path")):
        with pytest.raises(ValidationError):
            model._meta.get_field(name).clean(value, None)


@pytest.mark.parametrize("host", ["shop.example", "SHOP.example:8443", "[2001:db8::1]:1"])
@pytest.mark.parametrize("path", ["/", "/a;b,c/(d)'~?id=%C3%BC", "/_releasemgr/www-2.php"])
def test_what_is_accepted_can_be_asked(host, path):
    """By the code that asks sites, signs for the endpoint and opens sockets."""
    Environment._meta.get_field("site_host").clean(host, None)
    CheckPage._meta.get_field("path").clean(path, None)
    call = HttpCall(site=f"https://{host}", path=path)
    if "?" not in path:
        InstallationPool._meta.get_field("endpoint_path").clean(path, None)
        EndpointDoor(call, path, "token", "ab" * 32)
    for address in ("127.0.0.1:80", "[::1]:443", "/run/php/x.sock"):
        PhpPool._meta.get_field("socket").clean(address, None)
        split_address(address)
