"""The database's address: another one than the file is taken by it, with its options."""

import pytest

from tests.unit.test_settings import start

DEAD_PEER = {
    "connect_timeout": 10, "keepalives": 1, "keepalives_idle": 5, "keepalives_interval": 3,
    "keepalives_count": 3, "tcp_user_timeout": 15_000}


def test_postgresql_is_taken_by_its_address(tmp_path):
    """Driver options of SQLite do not follow it there."""
    shown, _ = start(tmp_path, "DATABASES",
                     DATABASE_URL="postgres://ada:p%40ss@db.example:5433/releases")
    assert shown["DATABASES"]["default"] == {
        "ENGINE": "django.db.backends.postgresql", "NAME": "releases", "USER": "ada",
        "PASSWORD": "p@ss", "HOST": "db.example", "PORT": 5433, "OPTIONS": DEAD_PEER,
        "CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}


@pytest.mark.parametrize("address", ["postgres:///releases", "sqlite:///{folder}/db.sqlite3"])
def test_how_long_a_connection_is_used_again_is_said_by_the_address(tmp_path, address):
    """With 0 each page opens one of its own."""
    shown, _ = start(tmp_path, "DATABASES",
                     DATABASE_URL=address.format(folder=tmp_path) + "?conn_max_age=0")
    assert shown["DATABASES"]["default"]["CONN_MAX_AGE"] == 0


def test_a_database_machine_that_is_gone_is_noticed_before_the_lease_is_over(tmp_path):
    """By default; who runs another network says so in the address, option by option."""
    shown, _ = start(tmp_path, "DATABASES", "LEASE_S",
                     DATABASE_URL="postgres:///releases?connect_timeout=30&sslmode=require")
    options = shown["DATABASES"]["default"]["OPTIONS"]
    assert options == DEAD_PEER | {"connect_timeout": 30, "sslmode": "require"}
    quiet_s = options["keepalives_idle"] + (
        options["keepalives_interval"] * options["keepalives_count"])
    assert quiet_s < shown["LEASE_S"] / 3
    assert options["tcp_user_timeout"] / 1000 < shown["LEASE_S"] / 3
