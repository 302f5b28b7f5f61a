"""A letter and up to 1,000 readers as the JSON of one request to SendGrid's `mail/send`.

Each token of the letter becomes a placeholder, and each personalization says what stands there.
What is the same for everybody is written as JSON once; a reader's part is spliced in between. Only
the opaque delivery id goes along to recognise a reader by. Source of the limits: SendGrid's v3 API
reference, "Mail Send", limitations and errors, and its published OpenAPI (`tsg_mail_v3`).
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from json.encoder import encode_basestring_ascii as quoted
from typing import Any

from digest.delivery.message.encoding import header_address, one_line
from digest.delivery.message.envelope import LIST, Envelope
from digest.delivery.message.headers import (
    bulk_headers,
    feedback_id,
    list_id_header,
    unsubscribe_headers,
)
from digest.model.sending import Letter, Recipient
from digest.render.tokens import URL_TOKENS, Token, split

#: Personalizations in one request.
MOST_RECIPIENTS = 1000

#: Bytes of one request; the limit is 30 MB.
MOST_BYTES = 28_000_000

#: Bytes of one reader's substitutions; the limit is 10,000.
MOST_SUBSTITUTIONS = 9_900

#: Categories of one request, and the characters of one.
MOST_CATEGORIES = 10
LONGEST_CATEGORY = 255

_OFF = {"enable": False}

#: What no context changes, nor JSON: links, tokens and ids as we make them.
_PLAIN_LINK = re.compile(r"[A-Za-z0-9:/._~-]+").fullmatch
_PLAIN_TOKEN = re.compile(r"[A-Za-z0-9_-]+").fullmatch
_HTML_SPECIAL = re.compile(r"[&<>\"']").search

#: Most addresses: they stand in a header and in JSON as they are.
_USUAL_ADDRESS = re.compile(
    r"[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,24}"
).fullmatch

#: Tokens whose values are nearly as many as the readers, so that remembering them saves nothing.
_PERSONAL = frozenset({"name"})

#: Stands for a token while a reader's headers are written beforehand.
_MARK = "0123456789-mark-9876543210"


@dataclass(frozen=True, slots=True)
class Options:
    """What an account asks of every request.

    `categories` come after the edition and the list. `send_at` is in seconds since 1970, None for
    at once; `batch` names the edition at SendGrid, so that it can be called back.
    """

    sandbox: bool = False
    categories: tuple[str, ...] = ()
    asm_group: int = 0
    ip_pool: str = ""
    send_at: int | None = None
    batch: str = ""


class Payload:
    """Makes requests for one letter.

    Raises:
        TemplateError: the letter holds an unknown token.
        ValueError: the sender's or the answers' address cannot stand in a request.
    """

    def __init__(self, letter: Letter, envelope: Envelope, options: Options | None = None) -> None:
        self._envelope = envelope
        self._options = options or Options()
        self._letter = letter
        salt = hashlib.sha256(f"{letter.subject}{letter.text}{letter.html}".encode()).hexdigest()
        parts = {
            f"-{kind}{salt[:12]}-": parts
            for kind, parts in (
                ("s", split(letter.subject, "header")),
                ("t", split(letter.text, "text")),
                ("h", split(letter.html, "html")),
            )
        }
        placed = {prefix: part.with_placeholders(prefix) for prefix, part in parts.items()}
        self._common = self._written(*(text for text, _tokens in placed.values()))
        self._heads: dict[str, tuple[str, _Headers]] = {}
        placeholders = {
            placeholder: token
            for prefix, part in parts.items()
            for placeholder, token in zip(
                placed[prefix][1], dict.fromkeys(part.tokens), strict=True
            )
        }
        writers = _writers(list(placeholders.values()))
        self._slots = [
            (f"{',' if number else ''}{quoted(placeholder)}:", token.name, write)
            for number, ((placeholder, token), write) in enumerate(
                zip(placeholders.items(), writers, strict=True)
            )
        ]

    def head_bytes(self, list_name: str) -> int:
        """How many bytes a request has besides its personalizations and the commas in between."""
        return len(self._head(list_name)[0]) + 2

    def list_of(self, recipient: Recipient) -> str:
        """The list a delivery comes from: all readers of a request are of one."""
        return recipient.values.get(LIST) or self._envelope.list_name

    def personalization(self, recipient: Recipient, list_name: str) -> str:
        """A reader's part of a request, as JSON in ASCII.

        Raises:
            ValueError: the reader cannot be written to by SendGrid; without the address.
        """
        email = recipient.email
        if len(email) < 64 and _USUAL_ADDRESS(email):
            address = f'"{email}"'
        else:
            address = quoted(header_address(email))
        name = recipient.name
        if ";" in name or "," in name or not name.isprintable():
            name = one_line(name.replace(";", " ").replace(",", " "))
        named = f',"name":{quoted(name)}' if name else ""
        value = recipient.values.get
        substitutions = "".join(
            [prefix + write(value(token, "")) for prefix, token, write in self._slots]
        )
        if len(substitutions) > MOST_SUBSTITUTIONS:
            raise ValueError("the reader's values are longer than SendGrid takes")
        headers = self._head(list_name)[1].written(recipient)
        return (
            f'{{"to":[{{"email":{address}{named}}}],"headers":{headers},'
            f'"custom_args":{{"delivery":{quoted(recipient.id)}}},'
            f'"substitutions":{{{substitutions}}}}}'
        )

    def request(self, list_name: str, personalizations: Sequence[str]) -> bytes:
        """The body of a request."""
        head = self._head(list_name)[0]
        return f"{head}{','.join(personalizations)}]}}".encode("ascii")

    # ---- Written once -----------------------------------------------------------------------

    def _head(self, list_name: str) -> tuple[str, _Headers]:
        """A request's JSON as far as the readers of a list, and what writes their headers."""
        found = self._heads.get(list_name)
        if found is None:
            named = (self._letter.edition, list_name, *self._options.categories)
            categories = dict.fromkeys(one_line(name)[:LONGEST_CATEGORY] for name in named)
            rest = {
                **self._common,
                "categories": [name for name in categories if name][:MOST_CATEGORIES],
            }
            head = f'{json.dumps(rest, separators=(",", ":"))[:-1]},"personalizations":['
            found = self._heads[list_name] = head, _Headers(self._envelope, list_name)
        return found

    def _written(self, subject: str, text: str, html: str) -> dict[str, Any]:
        envelope, letter, options = self._envelope, self._letter, self._options
        contents = (("text/plain", text), ("text/html", html))
        common: dict[str, Any] = {
            "from": {
                "email": header_address(envelope.sender),
                "name": one_line(envelope.sender_name),
            },
            "subject": one_line(subject),
            "content": [{"type": kind, "value": value} for kind, value in contents if value],
            "tracking_settings": {
                "click_tracking": {"enable": False, "enable_text": False},
                "open_tracking": _OFF,
                "subscription_tracking": _OFF,
                "ganalytics": _OFF,
            },
        }
        if envelope.reply_to:
            common["reply_to"] = {"email": header_address(envelope.reply_to)}
        if letter.pictures:
            common["attachments"] = [
                {
                    "content": base64.b64encode(picture.content).decode("ascii"),
                    "type": picture.content_type,
                    "filename": picture.name,
                    "disposition": "inline",
                    "content_id": picture.content_id(letter.edition),
                }
                for picture in letter.pictures
            ]
        if options.sandbox:
            common["mail_settings"] = {"sandbox_mode": {"enable": True}}
        if options.asm_group:
            common["asm"] = {"group_id": options.asm_group}
        if options.ip_pool:
            common["ip_pool_name"] = options.ip_pool
        if options.send_at is not None:
            common["send_at"] = options.send_at
        if options.batch:
            common["batch_id"] = options.batch
        return common


class _Headers:
    """The headers of a list's readers: whole in each personalization, because whether those of the
    message still hold beside them is said nowhere."""

    def __init__(self, envelope: Envelope, list_name: str) -> None:
        self._envelope = envelope
        list_id = list_id_header(envelope, list_name).decode("ascii").partition(": ")[2]
        self._common = {
            **bulk_headers(envelope),
            "Feedback-ID": feedback_id(envelope, list_name),
            "List-ID": list_id,
        }
        self._domain = envelope.host or "digest.invalid"
        before, *between, after = self._of(_MARK, _MARK).replace("%", "%%").split(_MARK)
        self._has_token = bool(between)
        self._template = "%s".join((before, *between, after))

    def written(self, recipient: Recipient) -> str:
        """A reader's headers as JSON."""
        token, id_ = recipient.token, recipient.id
        if token and id_ and _PLAIN_TOKEN(token + id_):
            return self._template % ((id_, token) if self._has_token else (id_,))
        return self._of(re.sub(r"[^A-Za-z0-9_-]", "", id_), token)

    def _of(self, id_: str, token: str) -> str:
        headers = {
            "Message-ID": f"<{id_}@{self._domain}>",
            **self._common,
            **unsubscribe_headers(self._envelope, token),
        }
        unfolded = {name: value.replace("\r\n", "") for name, value in headers.items()}
        return json.dumps(unfolded, separators=(",", ":"))


def _writers(tokens: Sequence[Token]) -> list[Callable[[str], str]]:
    """What makes a reader's value, as JSON, of what stands for each token."""
    in_every_context = {
        name: _Unchanged(name in URL_TOKENS) for name in {token.name for token in tokens}
    }
    return [_writer(token, in_every_context[token.name]) for token in tokens]


def _writer(token: Token, unchanged: _Unchanged) -> Callable[[str], str]:
    def escaped(value: str) -> str:
        return quoted(token.text({token.name: value}))

    def written(value: str) -> str:
        return unchanged.json(value) or escaped(value)

    is_link, is_personal = token.name in URL_TOKENS, token.name in _PERSONAL
    if not token.around and (is_link or (is_personal and token.context != "url")):
        return written
    # Few values are many readers': days, a letter and a domain of a masked address.
    return lru_cache(maxsize=4096)(escaped)


class _Unchanged:
    """JSON of a value that is the same in every context of a letter, "" where it is not.

    The last one is remembered: a reader's value stands in several places.
    """

    def __init__(self, is_link: bool) -> None:
        self._is_link = is_link
        self._value = self._json = ""

    def json(self, value: str) -> str:
        """The value as JSON, or ""."""
        if value is not self._value:
            if self._is_link:
                is_plain = _PLAIN_LINK(value) is not None
            else:
                is_plain = bool(value) and value.isprintable() and not _HTML_SPECIAL(value)
            self._value, self._json = value, quoted(value) if is_plain else ""
        return self._json
