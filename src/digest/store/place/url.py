"""Reads the address of a store: `sqlite:////path/file.db`, `postgresql+psycopg://host/database`.

What is no address, or carries a parameter that nobody knows, is said before anything is opened, by
its key and never by its value, which may be a secret. Source of PostgreSQL's parameters: libpq
itself (`PQconndefaults`), and the manual, “Parameter Key Words”.
"""

from __future__ import annotations

from difflib import get_close_matches

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from digest.errors import ConfigError
from digest.text.masking import mask_url

#: Parameters of libpq that hold whole numbers.
_NUMBERS = frozenset(
    {
        "connect_timeout",
        "keepalives",
        "keepalives_count",
        "keepalives_idle",
        "keepalives_interval",
        "port",
        "tcp_user_timeout",
    }
)


def parse_store_url(text: str, named: str = "store.url") -> URL:
    """The address, read.

    Args:
        named: what a message calls the place where it stands.

    Raises:
        ConfigError: it is none, or a parameter of it cannot be; or PostgreSQL's driver is not
            installed.
    """
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise ConfigError(
            f"{named}: {mask_url(text)} is no address of a store",
            "Allowed: sqlite:///path or postgresql+psycopg://host/database.",
        ) from None
    if url.get_backend_name() == "postgresql":
        _require_parameters(url, named)
    return url


def _require_parameters(url: URL, named: str) -> None:
    """Each parameter behind the question mark is one of libpq's, and a number where it has to be.

    Raises:
        ConfigError: see `parse_store_url`.
    """
    if not url.query:
        return
    try:
        from psycopg import pq
    except ImportError as error:
        raise driver_missing(url, error.name or "psycopg") from None
    # A parameter that nobody knows may be a misspelt password.
    shown = shown_url(url.set(query={}))
    known = {option.keyword.decode() for option in pq.Conninfo.get_defaults()}
    for key, value in url.query.items():
        if key not in known:
            near = get_close_matches(key, known, n=1)
            raise ConfigError(
                f"{named}: {shown}: PostgreSQL knows no parameter “{key}”",
                f"Did you mean “{near[0]}”?" if near else "Take it out of the URL.",
            )
        if key in _NUMBERS and not all(one.removeprefix("-").isdecimal() for one in _each(value)):
            raise ConfigError(
                f"{named}: {shown}: the parameter “{key}” is no whole number",
                f"Such as {key}=10.",
            )


def shown_url(url: URL) -> str:
    """An address as it may be shown: without its password."""
    return mask_url(url.render_as_string(hide_password=True))


def driver_missing(url: URL, module: str) -> ConfigError:
    """What to do when the database's driver is not installed."""
    return ConfigError(
        f"store.url: {shown_url(url)}: {module} is not installed",
        "PostgreSQL needs the extra “postgresql”: `pip install 'digest[postgresql]'`.",
    )


def _each(value: str | tuple[str, ...]) -> list[str]:
    """A parameter's values, where it is given several times or for several hosts."""
    given = (value,) if isinstance(value, str) else value
    return [one for values in given for one in values.split(",")]
