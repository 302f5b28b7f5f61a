"""Splicing a reader's message, against building it with the standard library, in the same run.

Usage: python benchmarks/message.py [KB_OF_HTML]
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from email.message import EmailMessage

import scene

from digest.delivery.message.building import MessageTemplate
from digest.model.sending import Recipient
from digest.render.tokens import split


def microseconds(build: Callable[[Recipient], bytes], rounds: int) -> float:
    """Per message, the best of three."""
    best = float("inf")
    for _attempt in range(3):
        recipients = [scene.recipient(number) for number in range(rounds)]
        start = time.perf_counter()
        for one in recipients:
            build(one)
        best = min(best, time.perf_counter() - start)
    return best / rounds * 1e6


def main() -> None:
    """Print both and their ratio."""
    letter = scene.letter(1000 * (int(sys.argv[1]) if len(sys.argv) > 1 else 36))
    template = MessageTemplate(letter, scene.ENVELOPE)
    html, text = split(letter.html, "html"), split(letter.text, "text")

    def standard(one: Recipient) -> bytes:
        message = EmailMessage()
        message["From"] = f"{scene.NAME} <{scene.SENDER}>"
        message["To"] = f"{one.name} <{one.email}>"
        message["Subject"] = letter.subject
        message["Message-ID"] = f"<{one.id}@lettre.example.org>"
        message["List-Unsubscribe"] = f"<{one.values['unsubscribe_url']}>"
        message.set_content(text.join(one.values), cte="quoted-printable")
        message.add_alternative(html.join(one.values), subtype="html", cte="quoted-printable")
        return message.as_bytes()

    spliced = microseconds(lambda one: template.build(one, scene.MOMENT), 5000)
    standard_library = microseconds(standard, 100)
    size = len(template.build(scene.recipient(0), scene.MOMENT))
    print(f"message of {size:,} bytes")
    print(f"spliced       {spliced:10.1f} µs")
    print(f"EmailMessage  {standard_library:10.1f} µs")
    print(f"ratio         {standard_library / spliced:10.0f}")


if __name__ == "__main__":
    main()
