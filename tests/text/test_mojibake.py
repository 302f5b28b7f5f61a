"""Scrambled accents come right, and nothing that was right is touched."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.text.mojibake import unscrambled

WEEK = Path(__file__).parents[3] / "shared" / "data" / "week_2020-W22.jsonl"


@pytest.mark.parametrize(
    ("scrambled", "text"),
    [
        ("Lâ\x80\x99Ã©tÃ©", "L’été"),
        ("Lâ€™Ã©tÃ© Ã\xa0 OrlÃ©ans : Â«Â\xa0Å“uvreÂ\xa0Â»", "L’été à Orléans : «\xa0œuvre\xa0»"),
        ("5 â‚¬ â€“ lâ€™Ã‰tat", "5 € – l’État"),
        ("Ã‰lysÃ©e", "Élysée"),
        ("ÃƒÂ©tÃƒÂ©", "été"),
        ("cÅ“ur", "cœur"),
        ("ÃƒÆ’Ã‚Â©", "é"),
        ("ðŸŽˆ Ã©tÃ©", "🎈 été"),
    ],
)
def test_scrambled_text_comes_right(scrambled: str, text: str) -> None:
    assert unscrambled(scrambled) == text


@pytest.mark.parametrize(
    "text",
    [
        *("", "été", "L’été à Orléans, «\xa0œuvre\xa0» — 5\xa0€", "Âge, Île, Ânerie", "São Paulo"),
        *(
            "NÃO”",
            "MANH\xc3\u201d",
            "MA\xc7\xc3\xbb",
            "“Ã©”",
            "Ã©t’é",
            "Ã",
            "Â",
            "日本Ã©",
            "Ångström »",
        ),
    ],
)
def test_what_is_not_certain_is_left(text: str) -> None:
    assert unscrambled(text) == text


@given(st.text(alphabet="abc éèàçœÉ’« »—€ñü", max_size=40))
def test_what_was_read_wrongly_is_read_back(text: str) -> None:
    scrambled = "".join(
        bytes((byte,)).decode("cp1252", "ignore") or chr(byte) for byte in text.encode()
    )
    assert unscrambled(scrambled) in (text, scrambled)


@pytest.mark.skipif(not WEEK.is_file(), reason="../shared is absent")
def test_a_real_week_is_not_touched() -> None:
    for line in WEEK.read_text(encoding="utf-8").splitlines():
        article = json.loads(line)
        for text in (article["title"], article["chapo"], *article["body"]):
            assert unscrambled(text) == text
