"""The Jinja2 environments for templates; what goes wrong in them is told by `faults`.

Templates are sandboxed and strict: an unknown variable is an error. MJML templates are escaped
and have their tags checked where the author wrote them; text templates are neither. A template
named without a folder is looked for beside the one that asks for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, is_dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

from jinja2 import BaseLoader, Environment, TemplateNotFound, nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.environment import TemplateModule
from jinja2.runtime import Context, LoopContext, Macro
from jinja2.sandbox import SandboxedEnvironment
from jinja2.utils import missing
from markupsafe import Markup, escape

from digest.errors import TemplateError
from digest.render.body import byline_parts
from digest.render.faults import Unknown, named_faults
from digest.render.linking import linked_phrase
from digest.render.mjml_rules import check_source
from digest.render.textual import beside, wrap
from digest.render.tracing import Trace
from digest.render.typeset import reads_on
from digest.text.typography import wordmark_parts


class TemplateFolder(BaseLoader):
    """Loads templates by `folder/name`; checks the tags of MJML ones, and traces them if asked."""

    def __init__(self, root: Path, trace: Trace | None = None) -> None:
        self.root = root
        self._trace = trace

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
            if self._trace:
                text = self._trace.rewrite(text, path, self.root)
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


#: Texts whose escaped form is kept.
_KNOWN_TEXTS = 20_000


class _PlainNames(dict[type, frozenset[str]]):
    """The names that may be asked for without a second thought, judged once a type: what our own
    dataclasses show, what templates are handed to work with, and Jinja's loops."""

    def __missing__(self, kind: type) -> frozenset[str]:
        home = kind.__module__.split(".")
        plain = (
            (is_dataclass(kind) and home[0] == "digest")
            or home[:2] == ["digest", "render"]
            or kind is LoopContext
        )
        self[kind] = frozenset(name for name in dir(kind) if plain and not name.startswith("_"))
        return self[kind]


_PLAIN = _PlainNames()


@dataclass(frozen=True, eq=False)
class Fixed:
    """What is the same for every letter of a publication: names that templates know everywhere.

    Components may be imported without context: they are then made once, not once a letter.
    """

    values: Mapping[str, Any] = field(default_factory=dict)


NOTHING_FIXED = Fixed()


class _Writer(CodeGenerator):
    """Jinja's own, but a value is written by `TemplateEnvironment.put`, in one call instead of
    three; what a macro gives back is safe as a whole, so its pieces need not be."""

    def _output_child_pre(
        self, node: nodes.Expr, frame: Frame, finalize: CodeGenerator._FinalizeInfo
    ) -> None:
        if frame.eval_ctx.volatile:
            super()._output_child_pre(node, frame, finalize)
        else:
            self.write("environment.put(")

    def _output_child_post(
        self, node: nodes.Expr, frame: Frame, finalize: CodeGenerator._FinalizeInfo
    ) -> None:
        if frame.eval_ctx.volatile:
            super()._output_child_post(node, frame, finalize)
        else:
            self.write(")")


class TemplateEnvironment(SandboxedEnvironment):
    """Sandboxed and strict, over one folder of templates.

    Args:
        root: holds one folder per template.
        escaped: for MJML: values are escaped, and what the compiler would misread with them.
        trace: for MJML: every tag carries its place in the templates.
        fixed: what templates know besides the context of a letter.
    """

    code_generator_class = _Writer

    def __init__(
        self,
        root: Path,
        *,
        escaped: bool,
        trace: Trace | None = None,
        fixed: Fixed = NOTHING_FIXED,
    ) -> None:
        self.folder = TemplateFolder(root, trace)
        self.put = _Escaped().put if escaped else _plain
        super().__init__(
            loader=self.folder,
            undefined=Unknown,
            autoescape=escaped,
            finalize=_plain,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )
        self.globals.update(fixed.values)
        self.filters.update(
            wrap=wrap,
            beside=beside,
            wordmark=wordmark,
            roman=roman,
            reads_on=reads_on,
            linked=linked_phrase,
            signed=byline_parts,
        )

    def getattr(self, obj: Any, attribute: str) -> Any:
        """As the sandbox's; a field of our own dataclasses, or a component, is found sooner."""
        kind = type(obj)
        if attribute in _PLAIN[kind]:
            return getattr(obj, attribute)
        if kind is TemplateModule and not attribute.startswith("_"):
            found = obj.__dict__.get(attribute, missing)
            if found is not missing:
                return found
        return super().getattr(obj, attribute)

    def call(self, context: Context, obj: Any, /, *args: Any, **kwargs: Any) -> Any:
        """As the sandbox's; a component, which a template wrote, is called without detours."""
        if type(obj) is not Macro:
            return super().call(context, obj, *args, **kwargs)
        for jinjas_own in ("_block_vars", "_loop_vars"):
            kwargs.pop(jinjas_own, None)
        return obj(context.eval_ctx, *args, **kwargs)

    def join_path(self, template: str, parent: str) -> str:
        """A name without a folder stands beside the template that asks for it."""
        if "/" in template:
            return template
        return f"{parent.rpartition('/')[0]}/{template}".lstrip("/")


@lru_cache(maxsize=8)
def open_environment(
    root: Path, *, escaped: bool, trace: Trace | None = None, fixed: Fixed = NOTHING_FIXED
) -> TemplateEnvironment:
    """The environment of a folder, kept between letters; changed templates are read again."""
    return TemplateEnvironment(root, escaped=escaped, trace=trace, fixed=fixed)


def render(environment: TemplateEnvironment, name: str, context: Mapping[str, Any]) -> str:
    """Render one template.

    Raises:
        TemplateError: it is missing, broken or uses what does not exist; the message names
            file and line.
    """
    with named_faults(environment.folder.root, name, {**environment.globals, **context}):
        return environment.get_template(name).render(context)


def syntax_tree(environment: TemplateEnvironment, name: str) -> nodes.Template:
    """A template as it is written, not rendered.

    Raises:
        TemplateError: it is missing or broken.
    """
    with named_faults(environment.folder.root, name, {}):
        source, path, _ = environment.folder.get_source(environment, name)
        return environment.parse(source, name, path)


def wordmark(text: str) -> Markup:
    """A wordmark for HTML: `*…*` becomes italic."""
    return Markup("").join(
        Markup('<em style="font-style:italic;">{}</em>').format(part) if italic else escape(part)
        for part, italic in wordmark_parts(text)
    )


def roman(text: str) -> str:
    """A wordmark without its marks."""
    return "".join(part for part, _ in wordmark_parts(text))


class _Escaped:
    """Texts as they stand in MJML; those seen before are found again, as colours and words are."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    def put(self, value: object) -> str:
        """A value, escaped unless it is mark-up; nothing for None."""
        kind = type(value)
        if kind is Markup:
            return cast(Markup, value)
        if kind is not str:
            return self._other(value)
        text = cast(str, value)
        found = self._known.get(text)
        if found is None:
            if len(self._known) >= _KNOWN_TEXTS:
                self._known.clear()
            found = self._known[text] = str(_for_mjml(text))
        return found

    def _other(self, value: object) -> str:
        if type(value) is int:
            return str(value)
        return "" if value is None else str(escape(value))


def _for_mjml(value: str) -> Markup:
    """Escaped, and what the MJML compiler would take for a template's or its own with it."""
    return Markup(  # noqa: S704 - escaped here
        str(escape(value))
        .replace("{{", "&#123;&#123;")
        .replace("{%", "&#123;%")
        .replace("\\", "&#92;")
    )


def _plain(value: object) -> str:
    if type(value) is str:
        return value
    return "" if value is None else str(value)
