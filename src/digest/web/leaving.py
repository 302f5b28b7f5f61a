"""The pages on the way out of a list, in the publication's language.

They say nothing of a reader but the masked address, load nothing and run nothing. The sentences
come from `digest.text.wording`, the looks from `pages/`.
"""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from digest.config.settings import Config
from digest.model.people import mask_address
from digest.text.typography import french, wordmark_parts
from digest.text.wording import wording

_PAGES = Path(__file__).parent / "pages"


class LeavingPages:
    """Renders the pages of one publication; `style` is the style sheet they carry."""

    def __init__(self, config: Config) -> None:
        publication = config.publication
        language = publication.language
        self._words = wording(language)
        self._set = french if language == "fr" and publication.typography else str
        self._name = publication.name
        self._contact = publication.reply_to or publication.sender
        self.style = (_PAGES / "public.css").read_text(encoding="utf-8")
        environment = Environment(
            loader=FileSystemLoader(_PAGES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.globals.update(
            language=language,
            publication=publication.name,
            wordmark=_wordmark(publication.wordmark or publication.name),
            postal_address=publication.postal_address,
            style=Markup(self.style),  # noqa: S704 - our own file
        )
        self._template = environment.get_template("leaving.html.j2")

    def ask(self, email: str) -> str:
        """Whether to leave: one button."""
        return self._page(
            "leave",
            text=self._sentence("leave_question", email),
            button=self._sentence("leave_button"),
            after=self._sentence("leave_after"),
        )

    def left(self, email: str) -> str:
        """It is done."""
        return self._page("left", text=self._sentence("left_text", email))

    def unknown_link(self) -> str:
        """The link leads nowhere, and what to do then."""
        link = Markup('<a href="mailto:{0}">{0}</a>')
        return self._page(
            "unknown_link",
            text=self._sentence("unknown_link_text"),
            after=link.format(self._contact) if self._contact else "",
        )

    def unavailable(self) -> str:
        """The store cannot be used just now."""
        return self._page("unavailable", text=self._sentence("unavailable_text"))

    def _page(self, state: str, *, text: str, button: str = "", after: str = "") -> str:
        title = self._sentence(f"{state}_title")
        return self._template.render(title=title, text=text, button=button, after=after)

    def _sentence(self, key: str, email: str = "") -> Markup:
        bold = Markup("<b>{}</b>")
        whole = Markup('<b class="whole">{}</b>')
        return escape(self._set(self._words[key])).format(
            publication=bold.format(self._name), address=whole.format(mask_address(email))
        )


def _wordmark(text: str) -> Markup:
    return Markup("").join(
        Markup("<i>{}</i>").format(part) if italic else escape(part)
        for part, italic in wordmark_parts(text)
    )
