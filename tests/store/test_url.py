"""The address of a store: what it may carry, and what is said of a mistake in it."""

from __future__ import annotations

import sys

import pytest

from digest.errors import ConfigError
from digest.store.database import Database
from digest.store.place.url import parse_store_url

SERVER = "postgresql+psycopg://lettre:geheim@db.example.org/lettre"


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:////srv/lettre/digest.db",
        SERVER,
        f"{SERVER}?connect_timeout=10&sslmode=verify-full&application_name=lettre",
        "postgresql+psycopg:///lettre?host=a.example.org,b.example.org&port=5432,5433",
        "postgresql+psycopg:///lettre?host=a.example.org&host=b.example.org",
        f"{SERVER}?connect_timeout=-1",
    ],
)
def test_an_address_with_parameters_that_postgresql_knows_is_taken(url: str) -> None:
    assert parse_store_url(url).database in ("/srv/lettre/digest.db", "lettre")


@pytest.mark.parametrize(
    ("parameters", "key", "remedy"),
    [
        ("conect_timeout=10", "conect_timeout", "“connect_timeout”"),
        ("sslmode=require&zzz=1", "zzz", "Take it out"),
        ("connect_timeout=soon", "connect_timeout", "connect_timeout=10"),
        ("foo=geheim2", "foo", ""),
    ],
)
def test_a_parameter_that_cannot_be_is_named_before_anything_is_opened(
    parameters: str, key: str, remedy: str
) -> None:
    url = f"{SERVER}?{parameters}"
    with pytest.raises(ConfigError) as caught:
        Database(url)
    assert caught.value.message.startswith("store.url: ")
    assert f"“{key}”" in caught.value.message
    assert remedy in caught.value.hint
    assert "geheim" not in caught.value.message


@pytest.mark.parametrize("url", ["lettre.db", "postgresql+psycopg://host:port/lettre", "://"])
def test_what_is_no_address_is_said_with_what_is_allowed(url: str) -> None:
    with pytest.raises(ConfigError, match=r"no address of a store") as caught:
        parse_store_url(url)
    assert "sqlite:///path" in caught.value.hint


def test_parameters_cannot_be_judged_without_the_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(ConfigError, match="psycopg") as caught:
        parse_store_url(f"{SERVER}?sslmode=require")
    assert "pip install" in caught.value.hint
