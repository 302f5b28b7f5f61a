"""`digest dkim`: the key that signs messages, and the DNS record that verifies them."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from digest.cli.frame import (
    DEFAULT_CONFIG,
    ConfigOption,
    JsonOption,
    err,
    out,
    plain,
    print_json,
    read_settings,
    tell_line,
    tell_pairs,
)
from digest.cli.panels import OPERATION
from digest.errors import ConfigError


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command(rich_help_panel=OPERATION)(dkim)


def dkim(
    kind: Annotated[
        Literal["rsa", "ed25519"],
        typer.Option(help="Kind of a new key. Not every receiver verifies Ed25519 yet."),
    ] = "rsa",
    as_json: JsonOption = False,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Print the DNS record of the key in \\[delivery.dkim]; make the key where there is none.

    The file is this user's alone. A key that exists is never replaced.

    Example: digest dkim
    """
    from digest.delivery.message.signing_key import (
        key_warnings,
        make_key,
        public_record,
        read_key,
        record_name,
        zone_line,
    )

    loaded = read_settings(config)
    settings = loaded.delivery.dkim
    if not settings.key_file:
        raise ConfigError(
            f"{loaded.file}: delivery.dkim: not set",
            'Add [delivery.dkim] with domain = "example.org", selector = "lettre2026" and '
            'key_file = "dkim.pem", then run the command again.',
        )
    file = loaded.path(settings.key_file)
    is_new = not file.exists()
    key = make_key(file, kind) if is_new else read_key(file)
    warnings = key_warnings(loaded)
    name, value = record_name(settings.domain, settings.selector), public_record(key)
    zone = zone_line(name, value)
    if as_json:
        print_json(
            {
                "key_file": str(file),
                "made": is_new,
                "name": name,
                "type": "TXT",
                "value": value,
                "zone": zone,
                "warnings": [found for found, _hint in warnings],
            }
        )
        return
    if is_new:
        out().print(f"Made {plain(loaded.shown(file))}, for this user alone to read.")
    out().print("Publish this record, then send; `digest doctor --deliverability` finds it.")
    tell_pairs([("name", name), ("type", "TXT"), ("value", value)])
    out().print("The same as a line of a zone file:")
    tell_line(plain(zone), whole=True)
    for found, hint in warnings:
        err().print(f"[bold yellow]Warning:[/] {plain(found)}")
        err().print(f"  {plain(hint)}")
