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
from types import MethodType
from typing import Any, cast

from jinja2 import BaseLoader, Environment, TemplateNotFound, nodes
from jinja2.compiler import CodeGenerator, Frame, MacroRef
from jinja2.environment import TemplateModule
from jinja2.runtime import Context, LoopContext, Macro
from jinja2.sandbox import SandboxedEnvironment
from jinja2.utils import missing
from markupsafe import Markup, escape

from digest.edition.body import byline_parts
from digest.errors import TemplateError
from digest.render.linking import linked_phrase
from digest.render.mjml.rules import check_source
from digest.render.templates.calling import require_fit
from digest.render.templates.faults import Unknown, named_faults
from digest.render.templates.inheriting import require_known_blocks
from digest.render.templates.tracing import Trace
from digest.render.textual import beside, wrap
from digest.render.typeset import reads_on
from digest.text.endings import as_sentence
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


class _OpenNames(dict[type, frozenset[str]]):
    """What a template may ask of a value without the sandbox judging it each time, by type.

    Open are the public names of our own dataclasses, of what `digest.render` hands to templates
    (pictures, numbered links) and of Jinja's loops; of any other type, none.
    """

    def __missing__(self, kind: type) -> frozenset[str]:
        home = kind.__module__.split(".")
        is_open = (
            (is_dataclass(kind) and home[0] == "digest")
            or home[:2] == ["digest", "render"]
            or kind is LoopContext
        )
        self[kind] = frozenset(name for name in dir(kind) if is_open and not name.startswith("_"))
        return self[kind]


_OPEN = _OpenNames()


@dataclass(frozen=True, eq=False)
class Fixed:
    """What is the same for every letter of a publication: names that templates know everywhere.

    Components may be imported without context: they are then made once, not once a letter. Two of
    them are never equal, since each has an environment of its own (`open_environment`).
    """

    values: Mapping[str, Any] = field(default_factory=dict)


NOTHING_FIXED = Fixed()


class _Writer(CodeGenerator):
    """Jinja's own, but for `{{ value }}`: one call of `TemplateEnvironment.put` writes it, where
    Jinja makes three. It escapes whatever `{% autoescape %}` says. Its plain strings do no harm in
    a macro, whose result Jinja marks as safe as a whole. A template's blocks are judged, and a
    macro is told how many of its parameters have no default."""

    def visit_Template(  # noqa: N802 - Jinja calls it
        self, node: nodes.Template, frame: Frame | None = None
    ) -> None:
        environment = cast(TemplateEnvironment, self.environment)
        if self.name is not None:
            shown = environment.folder.shown(self.name)
            require_known_blocks(node, self.name, shown, environment)
        super().visit_Template(node, frame)

    def macro_def(self, macro_ref: MacroRef, frame: Frame) -> None:
        needed = len(macro_ref.node.args) - len(macro_ref.node.defaults)
        self.write(f"environment.component({needed}, ")
        super().macro_def(macro_ref, frame)
        self.write(")")

    def _output_child_pre(
        self, node: nodes.Expr, frame: Frame, finalize: CodeGenerator._FinalizeInfo
    ) -> None:
        self.write("environment.put(")

    def _output_child_post(
        self, node: nodes.Expr, frame: Frame, finalize: CodeGenerator._FinalizeInfo
    ) -> None:
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
        self.put = _Escaping().put if escaped else _as_text
        super().__init__(
            loader=self.folder,
            undefined=Unknown,
            autoescape=escaped,
            finalize=_as_text,  # what is known when a template is compiled is not `put`
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
            sentence=as_sentence,
            linked=linked_phrase,
            signed=byline_parts,
        )

    def getattr(self, obj: Any, attribute: str) -> Any:
        """As the sandbox's; an open name, or a component of an imported file, is found sooner."""
        kind = type(obj)
        if attribute in _OPEN[kind]:
            return getattr(obj, attribute)
        if kind is TemplateModule and not attribute.startswith("_"):
            found = obj.__dict__.get(attribute, missing)
            if found is not missing:
                return found
        return super().getattr(obj, attribute)

    def call(self, context: Context, obj: Any, /, *args: Any, **kwargs: Any) -> Any:
        """As the sandbox's; a component, which a template wrote, and a method with an open name
        are called without its detours. A value that does not exist, or one that the component
        does not take, is told here: where the call is written."""
        for value in args:
            if type(value) is Unknown:
                str(value)
        for value in kwargs.values():
            if type(value) is Unknown:
                str(value)
        kind = type(obj)
        is_open = kind is MethodType and obj.__name__ in _OPEN[type(obj.__self__)]
        if kind is not Macro and not is_open:
            return super().call(context, obj, *args, **kwargs)
        for name in ("_block_vars", "_loop_vars"):  # Jinja passes them to every call
            kwargs.pop(name, None)
        if kind is Macro and (kwargs or not obj.needed <= len(args) <= len(obj.arguments)):
            require_fit(obj, obj.needed, args, kwargs)
        return obj(context.eval_ctx, *args, **kwargs) if kind is Macro else obj(*args, **kwargs)

    def component(self, needed: int, macro: Macro) -> Macro:
        """A macro that knows how many of its parameters have no default."""
        vars(macro)["needed"] = needed
        return macro

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
    known = {**environment.globals, **context}
    with named_faults(environment.folder.root, name, known, environment.filters):
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


class _Escaping:
    """Writes values into MJML. The escaped form of a text is kept: colours and words come often."""

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

    @staticmethod
    def _other(value: object) -> str:
        if type(value) is int:
            return str(value)
        if hasattr(value, "__html__"):
            return str(escape(value))
        return _for_mjml(_as_text(value))


def _for_mjml(value: str) -> Markup:
    """Escaped, and what the MJML compiler would take for a template's or its own with it."""
    return Markup(  # noqa: S704 - escaped here
        str(escape(value))
        .replace("{{", "&#123;&#123;")
        .replace("{%", "&#123;%")
        .replace("\\", "&#92;")
    )


def _as_text(value: object) -> str:
    """A value as it stands, mark-up as mark-up; nothing for None."""
    if isinstance(value, str):
        return value
    return "" if value is None else str(value)
