"""Templates that extend others, and the blocks they may write anew.

Jinja passes over a block that nothing asks for; here it is an error, since its author meant one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress

from jinja2 import Environment, TemplateNotFound, nodes

from digest.errors import TemplateError
from digest.text.nearest import nearest


def lineage(
    environment: Environment, name: str, read: Callable[[str], nodes.Template]
) -> Iterator[tuple[str, nodes.Template]]:
    """A template and those it extends, as far as their names stand in it, each with its name.

    Args:
        read: a template as it is written, by its name.
    """
    seen: set[str] = set()
    while name not in seen:
        seen.add(name)
        tree = read(name)
        yield name, tree
        extended = tree.find(nodes.Extends)
        if extended is None or not isinstance(extended.template, nodes.Const):
            return
        name = environment.join_path(str(extended.template.value), name)


def require_known_blocks(
    tree: nodes.Template, name: str, shown: str, environment: Environment
) -> None:
    """Refuse a block that no template above has and that stands in none of this one's own.

    Args:
        tree: the template, called `name`, in messages `shown`.

    Raises:
        TemplateError: with the block's line, and the nearest one that there is.
    """
    blocks = list(tree.find_all(nodes.Block))
    if not blocks or tree.find(nodes.Extends) is None:
        return
    above: list[nodes.Template] = []
    # What is missing is told when it is asked for, with the line that asks.
    with suppress(TemplateNotFound):
        read = _reading(environment)
        line = lineage(environment, name, lambda one: tree if one == name else read(one))
        above = [ancestor for _, ancestor in line if ancestor is not tree]
    if not above or above[-1].find(nodes.Extends):
        return
    known = {block.name for ancestor in above for block in ancestor.find_all(nodes.Block)}
    inner = {nested.name for block in blocks for nested in block.find_all(nodes.Block)}
    for block in blocks:
        if block.name not in known | inner:
            raise TemplateError(
                f"{shown}:{block.lineno}: what it extends has no block “{block.name}”",
                nearest(block.name, sorted(known)),
            )


def _reading(environment: Environment) -> Callable[[str], nodes.Template]:
    def read(name: str) -> nodes.Template:
        if environment.loader is None:
            raise TemplateNotFound(name)
        source, path, _ = environment.loader.get_source(environment, name)
        return environment.parse(source, name, path)

    return read
