"""The plan in sentences: what other sites notice of it, and what commands restart."""

import pytest

from deployments.models import ServerCommand
from deployments.models.installation import STRATEGIES
from deployments.plan import build_plan
from deployments.strategy_words import WORDS, words_of
from tests.factories import make_environment, make_installation, make_project, make_release


@pytest.fixture
def release(shop):
    return make_release(shop, label="2.8.1")


@pytest.mark.parametrize(("strategy", "kind", "says"), [
    ("reset", "deploy", "its PHP cache is reset"),
    ("realpath", "reload", "its PHP cache is reset"),
    ("realpath", "deploy", "reset before the switch"),
    ("fpm-reload", "deploy", "PHP-FPM is reloaded"),
    ("fpm-restart", "reload", "PHP-FPM is restarted"),
])
def test_other_sites_that_notice_it_are_named(shop, production, release, strategy, kind, says):
    """Those with a pool of the same FPM master, by name; others, and inactive ones, are not."""
    place = production.installations.get(server__name="web-1")
    production.installations.update(strategy=strategy)
    for name, pools in (("Blog", place.pools.all()), ("Wiki", place.pools.all()), ("Far", None)):
        environment = make_environment(make_project(name=name), slug="live")
        make_installation(environment, server=place.server, pools=pools, root=f"/srv/{name}",
                          is_active=name != "Wiki")
    place.server.pools.exclude(pk__in=place.pools.all()).update(master="php7.4-fpm")
    lines = "\n".join(build_plan(kind, production, release).lines())
    assert "web-1: Blog - Live uses the same PHP service there: " in lines
    assert says in lines
    assert "Wiki" not in lines
    assert "Far" not in lines


def test_nobody_is_named_where_no_other_site_is_there(production, release):
    """Nor where nothing is done that others could notice."""
    place = production.installations.get(server__name="web-1")
    production.installations.update(strategy="reset")
    assert "same PHP" not in "\n".join(build_plan("deploy", production, release).lines())
    environment = make_environment(make_project(name="Blog"), slug="live")
    make_installation(environment, server=place.server, pools=place.pools.all(), root="/srv/blog")
    production.installations.update(strategy="none")
    assert "same PHP" not in "\n".join(build_plan("deploy", production, release).lines())


def test_what_a_command_restarts_stands_in_the_plan(shop, production, release):
    """So that who approves it sees which programs stop."""
    ServerCommand.objects.create(project=shop, moment="after", command="php artisan queue:restart",
                                 restarts="artisan queue:work")
    lines = "\n".join(build_plan("deploy", production, release).lines())
    assert ("Command after the switch on every server: php artisan queue:restart "
            "(restarts “artisan queue:work”)") in lines


def test_each_strategy_has_words_that_fit(db):
    """Needs, limits, waits and ways back of all that can be chosen; what stands in for another
    is there."""
    assert set(WORDS) <= {name for name, _ in STRATEGIES}
    for name, words in WORDS.items():
        assert words.name == name
        assert all((words.sentence, words.needs, words.waits, words.undoes))
        assert words_of(name, reloads=True).reloads_as == ""
    assert not WORDS["fpm-restart"].is_for_auto
