"""Splicing a reader's message, against building it with the standard library, in the same run.

Usage: python benchmarks/message.py [KB_OF_HTML]
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from email.message import EmailMessage
from zoneinfo import ZoneInfo

from digest.delivery.message.building import MessageTemplate
from digest.delivery.message.envelope import Envelope
from digest.model.sending import Letter, Recipient
from digest.render.tokens import split

SENTENCE = "Le détroit rouvre et les cargos repartent vers le nord, lentement. "
ENVELOPE = Envelope(
    publication="Actualités internationales",
    sender="lettre@example.org",
    sender_name="Actualités internationales",
    edition="2026-W47",
    language="fr",
    day=date(2026, 11, 22),
    next_day=date(2026, 11, 29),
    timezone=ZoneInfo("Europe/Paris"),
    public_url="https://lettre.example.org",
)


def letter_of(kilobytes: int) -> Letter:
    """A letter with that much HTML and a third of it as text."""
    page = f"<p>{SENTENCE}</p>\n" * (kilobytes * 1000 // (len(SENTENCE.encode()) + 8))
    link = '<a href="%%{unsubscribe_url|#}%%">Se désabonner</a>'
    return Letter(
        edition="2026-W47",
        language="fr",
        subject="La semaine du détroit",
        preheader="",
        html=f"<p>Bonjour %%{{name|à vous}}%%</p>{page}{link}<p>%%{{address|}}%%</p>",
        text=f"Bonjour %%{{name|à vous}}%%\n{SENTENCE * (len(page) // 300)}\n%%{{since|}}%%",
        mjml="",
    )


def recipient(number: int) -> Recipient:
    """The nth reader."""
    token = f"{number:043d}"
    values = {
        "name": f"Zoé {number}",
        "address": "z…@readers.example",
        "since": "1er mars 2026",
        "unsubscribe_url": ENVELOPE.unsubscribe_url(token),
    }
    email = f"reader{number}@readers.example"
    return Recipient(f"{number:032x}", email, values["name"], "fr", token, values)


def microseconds(build: Callable[[Recipient], bytes], rounds: int) -> float:
    """Per message, the best of three."""
    best = float("inf")
    for _attempt in range(3):
        recipients = [recipient(number) for number in range(rounds)]
        start = time.perf_counter()
        for one in recipients:
            build(one)
        best = min(best, time.perf_counter() - start)
    return best / rounds * 1e6


def main() -> None:
    """Print both and their ratio."""
    letter = letter_of(int(sys.argv[1]) if len(sys.argv) > 1 else 36)
    moment = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
    template = MessageTemplate(letter, ENVELOPE)
    html, text = split(letter.html, "html"), split(letter.text, "text")

    def standard(one: Recipient) -> bytes:
        message = EmailMessage()
        message["From"] = "Actualités internationales <lettre@example.org>"
        message["To"] = f"{one.name} <{one.email}>"
        message["Subject"] = letter.subject
        message["Message-ID"] = f"<{one.id}@lettre.example.org>"
        message["List-Unsubscribe"] = f"<{one.values['unsubscribe_url']}>"
        message.set_content(text.join(one.values), cte="quoted-printable")
        message.add_alternative(html.join(one.values), subtype="html", cte="quoted-printable")
        return message.as_bytes()

    spliced = microseconds(lambda one: template.build(one, moment), 5000)
    standard_library = microseconds(standard, 100)
    size = len(template.build(recipient(0), moment))
    print(f"message of {size:,} bytes")
    print(f"spliced       {spliced:10.1f} µs")
    print(f"EmailMessage  {standard_library:10.1f} µs")
    print(f"ratio         {standard_library / spliced:10.0f}")


if __name__ == "__main__":
    main()
