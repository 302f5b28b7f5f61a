"""A new template, begun as a copy of one that is there.

Decides which blocks the copy's author may write anew by reading what it extends; what a template
says of itself is `digest.render.templates.family`'s business.
"""

from __future__ import annotations

import re
import shutil
import textwrap
from functools import partial
from pathlib import Path

from jinja2 import nodes

from digest.config.settings.schema import NAME
from digest.errors import StoreError, UsageError
from digest.render.templates.environment import TemplateEnvironment, open_environment, syntax_tree
from digest.render.templates.family import require_template
from digest.render.templates.inheriting import lineage

LETTER = "letter.mjml.j2"

_COMMENT = """\
{{# {name}, begun as a copy of {source}. A block that stands here is this template's own; one that is
   left out looks as in {base}. An ending of two lines, for instance:

   {{% block ending %}}
   {{{{ frame.ending(farewell) }}}}
   {{% call type.row(0, 32) %}}<p class="soft" style="margin:0;{{{{ type.sans(theme.label) }}}}">…</p>{{% endcall %}}
   {{% endblock %}}

   Blocks:
   {blocks}. #}}
"""  # noqa: E501 - a line of the template


def copy_template(root: Path, name: str, source: str) -> Path:
    """Copy the template `source` of the folder `root` to `name`; returns the new folder.

    Raises:
        UsageError: the name cannot be a folder's or is taken, or there is no `source`.
        TemplateError: `source` cannot be read.
        StoreError: the folder cannot be written.
    """
    if not re.fullmatch(NAME, name):
        raise UsageError(
            f"“{name}” cannot be a template's name", "Use small letters, digits and hyphens."
        )
    target = root / name
    if target.exists():
        raise UsageError(f"{root.name}/{name} is there already", "Choose another name.")
    require_template(root, source)
    environment = open_environment(root, escaped=True)
    blocks, base = _blocks(environment, f"{source}/{LETTER}")
    listed = textwrap.fill(", ".join(blocks), 97, subsequent_indent="   ")
    comment = _COMMENT.format(name=name, source=source, base=base, blocks=listed)
    try:
        shutil.copytree(root / source, target)
        letter = target / LETTER
        letter.write_text(comment + letter.read_text(encoding="utf-8"), encoding="utf-8")
    except OSError as error:
        raise StoreError(
            f"{error.filename or target}: cannot be written: {error.strerror}",
            "Make the folder of templates writable.",
        ) from None
    return target


def _blocks(environment: TemplateEnvironment, name: str) -> tuple[list[str], str]:
    """The blocks of a template and of what it extends, and the file at the end of that line."""
    blocks: dict[str, None] = {}
    for ancestor, tree in lineage(environment, name, partial(syntax_tree, environment)):
        blocks.update((block.name, None) for block in tree.find_all(nodes.Block))
        name = ancestor
    return list(blocks), environment.folder.shown(name)
