"""The templates of a publication: folders of `templates/` that say in `template.toml` what they
are made for.

A manifest tells the build what to prepare (how many stories, pictures, whole bodies) and
`digest.render.plan` how the parts follow each other. A folder without one, such as `base`, holds
what templates share and is none itself. How a template looks is its own business.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from digest.config import Config
from digest.config.settings.schema import NAME, setting
from digest.config.tables import TableReader
from digest.errors import TemplateError, UsageError
from digest.model.edition import Edition
from digest.render.parts import PLAN_KINDS, PlanKind
from digest.text.nearest import did_you_mean

MANIFEST = "template.toml"


@dataclass(frozen=True, slots=True)
class Description:
    """One sentence about a template, in the languages of those who choose one."""

    fr: str = setting("One sentence in French.", required=True)
    en: str = setting("One sentence in English.", required=True)

    def of(self, language: str) -> str:
        """The sentence in a language; in English where there is none."""
        return self.fr if language.startswith("fr") else self.en


@dataclass(frozen=True, slots=True)
class LetterTemplate:
    """What a template says of itself in `template.toml`; `name` is its folder's."""

    description: Description = setting("What the template is.", required=True)
    plan: PlanKind = setting("How the parts follow each other.", required=True, choices=PLAN_KINDS)
    stories: int = setting(
        "Stories that the template is made for; 0: as many as `[selection]` says.", 0, minimum=0
    )
    pictures: bool = setting("Stories are shown with their pictures.", True)
    bodies: bool = setting("Stories are printed whole, with byline and body.", False)
    extras: bool = setting("A build drafts “En bref” and the quotation of the week for it.", True)
    name: str = ""


def read_template(root: Path, name: str) -> LetterTemplate:
    """What the template in `root/name` is made for.

    Raises:
        TemplateError: there is no such template (the known ones are named), or its manifest has
            a mistake: file, line, key, value, what is allowed.
    """
    manifest = root / name / MANIFEST
    try:
        if not re.fullmatch(NAME, name):
            raise FileNotFoundError(name)
        status = manifest.stat()
    except OSError:
        raise TemplateError(
            f"{root.name}/{name}: there is no such template", _hint(root, name, _names(root))
        ) from None
    return _read(manifest, (status.st_mtime_ns, status.st_size))


def require_template(root: Path, name: str) -> None:
    """Refuse a name from the command line that is no template's.

    Raises:
        UsageError: naming the templates there are.
    """
    known = _names(root)
    if name not in known:
        raise UsageError(f"{root.name}/{name}: there is no such template", _hint(root, name, known))


def list_templates(root: Path) -> tuple[LetterTemplate, ...]:
    """Every template of a folder, by name; folders without a manifest are none.

    Raises:
        TemplateError: a manifest has a mistake.
    """
    return tuple(read_template(root, name) for name in _names(root))


def template_of(edition: Edition, config: Config) -> LetterTemplate:
    """The template that an edition is set in: its own, else the publication's.

    Raises:
        TemplateError: as `read_template`.
    """
    root = config.path(config.edition.templates)
    return read_template(root, edition.template or config.edition.template)


@lru_cache(maxsize=32)
def _read(manifest: Path, _stamp: tuple[int, int]) -> LetterTemplate:
    """A manifest, kept as long as the file is as it was."""
    reader = TableReader(manifest, error=TemplateError)
    tree = reader.parse()
    if "name" in tree:
        reader.fail("name", "a template is called as its folder", "Remove the line.")
    template: LetterTemplate = reader.section(
        LetterTemplate, {**tree, "name": manifest.parent.name}, ""
    )
    return template


def _names(root: Path) -> list[str]:
    return sorted(manifest.parent.name for manifest in root.glob(f"*/{MANIFEST}"))


def _hint(root: Path, name: str, known: list[str]) -> str:
    if (root / name).is_dir():
        return f"Say in {root.name}/{name}/{MANIFEST} what it is for; copy weekly's."
    if not known:
        return "`digest init` writes the templates that come with digest."
    return f"Known: {', '.join(known)}.{did_you_mean(name, known)}"
