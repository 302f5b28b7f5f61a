"""`digest config`: the effective settings and where each came from."""

from __future__ import annotations

import typer

from digest.cli.frame import (
    DEFAULT_CONFIG,
    ConfigOption,
    JsonOption,
    out,
    print_json,
    read_settings,
)

app = typer.Typer(help="The settings in force.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """Show the settings in force."""


@app.command()
def show(config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False) -> None:
    """Print every setting, its value and where it comes from; secrets are masked.

    Example: digest config show
    """
    from digest.config import effective_settings

    settings = list(effective_settings(read_settings(config)))
    if as_json:
        print_json({key: {"value": value, "origin": origin} for key, value, origin in settings})
        return
    from rich.markup import escape

    width = max(len(key) for key, _, _ in settings)
    for key, value, origin in settings:
        style = "dim" if origin == "default" else "default"
        shown = escape(_toml(value))
        out().print(f"[{style}]{key:<{width}}  {shown}[/]  [dim]# {origin}[/]", soft_wrap=True)


def _toml(value: object) -> str:
    import tomlkit

    return tomlkit.item(value).as_string()
