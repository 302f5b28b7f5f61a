"""The Jinja2 environments for templates, and their errors with file, line and what to do.

Templates are sandboxed and strict: an unknown variable is an error. MJML templates are escaped
and have their tags checked where the author wrote them; text templates are neither. A template
named without a folder is looked for beside the one that asks for it.
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import BaseLoader, Environment, StrictUndefined, TemplateNotFound
from jinja2 import TemplateError as JinjaError
from jinja2.exceptions import SecurityError, TemplateSyntaxError, UndefinedError
from jinja2.sandbox import SandboxedEnvironment
from markupsafe import Markup, escape

from digest.errors import DigestError, TemplateError
from digest.render.mjml_rules import check_source
from digest.render.textual import beside, wrap
from digest.render.typeset import reads_on
from digest.text.nearest import did_you_mean
from digest.text.typography import wordmark_parts

_FOLDER_HINT = "`digest init` writes the templates that come with digest; copy `weekly` from there."
_SUBJECT = re.compile(r"'([^']+)'")


class TemplateFolder(BaseLoader):
    """Loads templates by `folder/name`, checking the tags of MJML ones."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def get_source(
        self, environment: Environment, template: str
    ) -> tuple[str, str, Callable[[], bool]]:
        path = self.root.joinpath(*(part for part in template.split("/") if part not in ("", "..")))
        try:
            text = path.read_text(encoding="utf-8-sig")
        except OSError:
            raise TemplateNotFound(template) from None
        except UnicodeDecodeError as error:
            line = error.object[: error.start].count(b"\n") + 1
            raise TemplateError(
                f"{self.shown(template)}:{line}: not UTF-8", "Save the file as UTF-8."
            ) from None
        if ".mjml" in path.name:
            check_source(text, self.shown(template))
        stamp = _stamp(path)
        return text, str(path), lambda: _stamp(path) == stamp

    def shown(self, template: str) -> str:
        """A template's name as messages give it: with the folder of all templates."""
        return f"{self.root.name}/{template}"


def _stamp(path: Path) -> tuple[int, int]:
    try:
        status = path.stat()
    except OSError:
        return (0, 0)
    return (status.st_mtime_ns, status.st_size)


class TemplateEnvironment(SandboxedEnvironment):
    """Sandboxed and strict, over one folder of templates.

    Args:
        root: holds one folder per template.
        escaped: for MJML: values are escaped, and what the compiler would misread with them.
    """

    def __init__(self, root: Path, *, escaped: bool) -> None:
        self.folder = TemplateFolder(root)
        super().__init__(
            loader=self.folder,
            undefined=StrictUndefined,
            autoescape=escaped,
            finalize=_for_mjml if escaped else _plain,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )
        self.filters.update(
            wrap=wrap, beside=beside, wordmark=wordmark, roman=roman, reads_on=reads_on
        )

    def join_path(self, template: str, parent: str) -> str:
        """A name without a folder stands beside the template that asks for it."""
        if "/" in template:
            return template
        return f"{parent.rpartition('/')[0]}/{template}".lstrip("/")


@lru_cache(maxsize=8)
def open_environment(root: Path, *, escaped: bool) -> TemplateEnvironment:
    """The environment of a folder, kept between letters; changed templates are read again."""
    return TemplateEnvironment(root, escaped=escaped)


def render(environment: TemplateEnvironment, name: str, context: Mapping[str, Any]) -> str:
    """Render one template.

    Raises:
        TemplateError: it is missing, broken or uses what does not exist; the message names
            file and line.
    """
    with _named_errors(environment.folder, name, context):
        return environment.get_template(name).render(context)


def wordmark(text: str) -> Markup:
    """A wordmark for HTML: `*…*` becomes italic."""
    return Markup("").join(
        Markup('<em style="font-style:italic;">{}</em>').format(part) if italic else escape(part)
        for part, italic in wordmark_parts(text)
    )


def roman(text: str) -> str:
    """A wordmark without its marks."""
    return "".join(part for part, _ in wordmark_parts(text))


def _for_mjml(value: object) -> object:
    if isinstance(value, Markup):
        return value
    if isinstance(value, str) and any(sign in value for sign in ("{{", "{%", "\\")):
        return Markup(  # noqa: S704 - escaped here
            str(escape(value))
            .replace("{{", "&#123;&#123;")
            .replace("{%", "&#123;%")
            .replace("\\", "&#92;")
        )
    return _plain(value)


def _plain(value: object) -> object:
    return "" if value is None else value


@contextmanager
def _named_errors(loader: TemplateFolder, name: str, context: Mapping[str, Any]) -> Iterator[None]:
    try:
        yield
    except DigestError:
        raise
    except TemplateNotFound as error:
        missing = loader.shown(str(error.name or name))
        asked = _place(error, loader)
        raise TemplateError(
            f"{missing}: there is no such file" + (f" (asked for in {asked})" if asked else ""),
            _FOLDER_HINT,
        ) from None
    except TemplateSyntaxError as error:
        raise TemplateError(
            f"{loader.shown(error.name or name)}:{error.lineno}: {error.message}",
            "Mend the template at that line.",
        ) from None
    except UndefinedError as error:
        raise TemplateError(
            f"{_place(error, loader) or loader.shown(name)}: {error.message}",
            _nearest(str(error.message), context),
        ) from None
    except SecurityError as error:
        raise TemplateError(
            f"{_place(error, loader) or loader.shown(name)}: {error.message}",
            "Templates may use values, not the program's inside.",
        ) from None
    except (JinjaError, TypeError, ValueError, ArithmeticError, LookupError) as error:
        raise TemplateError(
            f"{_place(error, loader) or loader.shown(name)}: {type(error).__name__}: {error}",
            "Mend the template at that line.",
        ) from error


def _place(error: BaseException, loader: TemplateFolder) -> str:
    """File and line of the innermost template in the traceback; Jinja maps them back."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        path = Path(frame.filename)
        if path.is_relative_to(loader.root):
            return f"{loader.shown(path.relative_to(loader.root).as_posix())}:{frame.lineno}"
    return ""


def _nearest(message: str, context: Mapping[str, Any]) -> str:
    wanted = _SUBJECT.findall(message)
    known = sorted(context)
    hint = did_you_mean(wanted[-1], known).strip() if wanted else ""
    return hint or f"Known at the top of a template: {', '.join(known)}."
