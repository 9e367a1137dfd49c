"""Addresses and names of versions, as people and repositories may write them."""

import pytest

from deployments.artifacts.faults import RefRefused, SourceRefused
from deployments.artifacts.source import (
    Access,
    check_ref,
    login_for,
    mask_login,
    parse_address,
    resolve_address,
)


@pytest.mark.parametrize(
    ("url", "kind", "host", "port"),
    [
        ("/srv/git/site.git", "file", "", 0),
        ("file:///srv/git/a site.git", "file", "", 0),
        ("https://git.example/team/site.git", "https", "git.example", 0),
        ("https://builder@git.example:8443/site", "https", "git.example", 8443),
        ("ssh://git@git.example:2222/site.git", "ssh", "git.example", 2222),
        ("ssh://git@[2001:db8::1]:2222/site.git", "ssh", "2001:db8::1", 2222),
        ("git@git.example:team/site.git", "ssh", "git.example", 0),
    ],
)
def test_an_ordinary_address_is_understood(url, kind, host, port):
    """Every form that the settings page offers is accepted."""
    address = parse_address(url)
    assert address.place == (kind, host, port)


@pytest.mark.parametrize(
    "url",
    [
        "", "site.git", "-oProxyCommand=id", "--upload-pack=id", "ext::sh -c id", "fd::17",
        "http://git.example/site", "git://git.example/site", "ftp://git.example/site",
        "ssh://-oProxyCommand=id/site", "-u@host:site", "git@-host:site", "https://",
        "https://git.example:notaport/site", "file://host/site", "/srv/a\nb", "/srv/a\0b",
        "git@host:a\tb", "./site", "../site",
    ],
)
def test_an_address_of_another_form_never_reaches_git(url):
    """Options, helpers, clear text and control characters are refused with one sentence."""
    with pytest.raises(SourceRefused, match="no address we use"):
        parse_address(url)


def test_a_password_in_the_address_is_refused_without_repeating_it():
    """The password has its own encrypted field; the sentence must not leak it."""
    with pytest.raises(SourceRefused) as refused:
        parse_address("https://bot:hunter22@git.example/site")
    assert "hunter22" not in str(refused.value)
    assert "password" in str(refused.value)


@pytest.mark.parametrize(
    ("parent", "relative", "expected"),
    [
        ("https://h.example/team/site.git", "../lib.git", "https://h.example/team/lib.git"),
        ("https://h.example/team/site.git/", "../../other/lib", "https://h.example/other/lib"),
        ("git@h.example:team/site.git", "../lib.git", "git@h.example:team/lib.git"),
        ("git@h.example:site.git", "../lib.git", "git@h.example:lib.git"),
        ("/srv/git/site.git", "../lib.git", "/srv/git/lib.git"),
        ("/srv/git/site.git", "./lib.git", "/srv/git/site.git/lib.git"),
        ("https://h.example/site", "https://other.example/lib", "https://other.example/lib"),
    ],
)
def test_a_relative_submodule_address_is_resolved_like_git_does(parent, relative, expected):
    """The forms of git-submodule(1), for each kind of parent."""
    assert resolve_address(relative, parent=parse_address(parent)).url == expected


@pytest.mark.parametrize(
    ("parent", "url"),
    [
        ("https://h.example/site", "../../../../etc"),
        ("/site", "../../../x"),
        ("git@h.example:site", "../../../x"),
        ("https://h.example/site", "ext::sh -c id"),
        ("https://h.example/site", "--upload-pack=id"),
        ("https://h.example/site", "/srv/git/secret.git"),
        ("git@h.example:site", "file:///srv/git/secret.git"),
    ],
)
def test_a_submodule_cannot_name_an_option_or_a_folder_of_ours(parent, url):
    """`.gitmodules` is written by whoever can push."""
    with pytest.raises(SourceRefused):
        resolve_address(url, parent=parse_address(parent))


@pytest.mark.parametrize(
    ("url", "is_signed_in"),
    [
        ("https://h.example/lib", True),
        ("https://h.example:444/lib", False),
        ("https://evil.example/lib", False),
        ("ssh://h.example/lib", False),
    ],
)
def test_the_login_goes_to_its_own_host_only(url, is_signed_in):
    """A submodule on another host must not be able to ask for the project's password."""
    access = Access(user="bot", password="hunter22", authority="/ca.pem")
    known = parse_address("https://h.example/site")
    found = login_for(parse_address(url), known=known, access=access)
    assert bool(found.password) == is_signed_in
    assert found.authority == "/ca.pem"


@pytest.mark.parametrize("ref", ["main", "v1.0", "feature/x_y-2", "0a1b2c3d", "refs/tags/v1.0"])
def test_ordinary_names_of_versions_are_accepted(ref):
    """What people call branches, tags and commits."""
    assert check_ref(ref) == ref


@pytest.mark.parametrize(
    "ref",
    ["", "-x", "--upload-pack=x", "a b", "a\nb", "a..b", "main~1", "main^", "HEAD@{1}", "a:b",
     "$(id)", "a;b", "`id`", "a|b", "a'b", "a&&b", "a//b", "a.lock", "a/", "ä",
     "x" * 201, "a\0", "main\n"],
)
def test_a_name_of_another_form_is_refused_and_named(ref):
    """Whatever git itself accepts: these are no names for a shell or an option parser."""
    with pytest.raises(RefRefused) as refused:
        check_ref(ref)
    assert "\n" not in str(refused.value)
    assert "\0" not in str(refused.value)


def test_secrets_are_not_part_of_a_login_s_repr():
    """Logs and tracebacks print repr()."""
    shown = repr(Access(user="bot", password="hunter22", private_key="KEY", host_key="ssh-rsa A"))
    assert "hunter22" not in shown
    assert "KEY" not in shown


def test_logins_in_any_text_are_masked():
    """git prints the addresses it was given."""
    said = "fatal: unable to access 'https://bot:hunter22@git.example/site/': 401"
    assert mask_login(said) == "fatal: unable to access 'https://…@git.example/site/': 401"
