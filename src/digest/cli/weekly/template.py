"""`digest template`: what a letter can be set in, and a template of one's own."""

from __future__ import annotations

import textwrap
from typing import Annotated

import typer

from digest.cli.frame import (
    DEFAULT_CONFIG,
    ConfigOption,
    JsonOption,
    new_table,
    out,
    plain,
    print_json,
    read_settings,
)

app = typer.Typer(help="Templates: what a letter is set in.", no_args_is_help=True)


@app.command("list")
def list_(config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False) -> None:
    """List the publication's templates and what each is made for.

    Example: digest template list
    """
    from digest.render.templates.family import list_templates

    settings = read_settings(config)
    templates = list_templates(settings.path(settings.edition.templates))
    language = settings.publication.language
    if as_json:
        print_json(
            [
                {
                    "name": template.name,
                    "description": template.description.of(language),
                    "plan": template.plan,
                    "stories": template.stories,
                    "pictures": template.pictures,
                    "bodies": template.bodies,
                    "extras": template.extras,
                    "default": template.name == settings.edition.template,
                }
                for template in templates
            ]
        )
        return
    if not templates:
        out().print("No template here: `digest init` writes those that come with digest.")
        return
    headings = ("", "Template", "Plan", "Stories", "Pictures")
    rows = [
        (
            "●" if template.name == settings.edition.template else "",
            template.name,
            template.plan,
            str(template.stories or "–"),
            "yes" if template.pictures else "no",
        )
        for template in templates
    ]
    taken = sum(max(map(len, column)) + 2 for column in zip(headings, *rows, strict=True))
    table = new_table()
    for heading in headings:
        table.add_column(heading, justify="right" if heading == "Stories" else "left", no_wrap=True)
    table.add_column("What it is")
    for template, row in zip(templates, rows, strict=True):
        # Rich would begin a line after a no-break space.
        lines = textwrap.wrap(template.description.of(language), max(20, out().width - taken))
        table.add_row(*row, plain("\n".join(lines)))
    out().print(table)


@app.command()
def new(
    name: Annotated[str, typer.Argument(help="Its name, e.g. sunday: a folder.", metavar="NAME")],
    source: Annotated[
        str, typer.Option("--from", help="The template to begin with.", metavar="NAME")
    ] = "weekly",
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Begin a template of your own as a copy of one that is there.

    Example: digest template new sunday --from weekly
    """
    from digest.render.templates.copying import LETTER, copy_template

    settings = read_settings(config)
    folder = copy_template(settings.path(settings.edition.templates), name, source)
    if as_json:
        print_json({"name": name, "from": source, "folder": str(folder)})
        return
    out().print(f"Made {plain(str(folder))}, a copy of {source}. Now:")
    out().print(f"  1. Write blocks of your own into {name}/{LETTER}; its head lists them all.")
    out().print(f"  2. Say in {name}/template.toml what it is for.")
    out().print(f'  3. Use it: template = "{name}" under \\[edition] in {plain(config.name)}.')
    out().print("  4. Look at it: digest preview. Colours and type stand under \\[theme].")
