"""The inbox row: what is cut, what repeats itself, what reads like an advertisement."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.check.spoiling import of_rule
from tests.letters import make_config, make_edition

from digest.check import Finding, Locator
from digest.check.inbox import inbox_findings
from digest.check.rules import RULES

SUBJECT = "Les écluses rouvrent à Sablonne"
PREHEADER = "Aussi : un phare, un pont, deux horloges et une gardienne."


def of_inbox(subject: str = SUBJECT, preheader: str = PREHEADER) -> list[Finding]:
    edition = make_edition(subject=subject, preheader=preheader)
    return list(inbox_findings(edition, Locator(edition, make_config(), Path())))


def test_row_that_fits_passes_in_silence() -> None:
    assert of_inbox() == []


def test_empty_subject_stops_the_letter_and_an_empty_preheader_is_seen() -> None:
    (finding,) = of_inbox(subject=" ")
    assert (finding.rule, finding.severity) == ("subject-empty", "error")
    (finding,) = of_inbox(preheader=" ")
    assert (finding.rule, finding.severity) == ("preheader-missing", "warning")
    assert finding.file.endswith("edition.toml")


@pytest.mark.parametrize(
    ("length", "severity"), [(41, ""), (42, "note"), (90, "note"), (91, "warning")]
)
def test_editor_sees_what_a_phone_leaves_of_a_long_subject(length: int, severity: str) -> None:
    subject = ("Les écluses rouvrent " * 9)[: length - 1] + "x"
    findings = of_inbox(subject=subject)
    assert [finding.severity for finding in findings] == [severity] * bool(severity)
    assert all(f"“{subject[:39].rstrip()}" in finding.message for finding in findings)


@pytest.mark.parametrize(
    ("length", "rule"),
    [(39, "preheader-short"), (40, ""), (84, ""), (85, "preheader-long")],
)
def test_preheader_fills_the_row_and_is_shown_whole(length: int, rule: str) -> None:
    preheader = ("Un phare, un pont " * 9)[: length - 1] + "x"
    assert [(f.rule, f.severity) for f in of_inbox(preheader=preheader)] == (
        [(rule, "note")] if rule else []
    )


def test_tokens_count_as_what_a_stranger_reads() -> None:
    assert of_inbox(subject="%%{name|Bonjour}%%, les écluses rouvrent bien") == []
    assert of_rule(of_inbox(subject="%%{name}%%"), "subject-empty")


def test_preheader_that_says_the_subject_again_is_seen() -> None:
    said_again = of_inbox(preheader="Les écluses rouvrent, à Sablonne. Aussi : un phare.")
    assert [finding.rule for finding in said_again] == ["preheader-repeats"]


@pytest.mark.parametrize(
    ("subject", "rule", "severity"),
    [
        ("RE : la suite de l’enquête", "spam-reply", "warning"),
        ("Fwd: the rest of it", "spam-reply", "warning"),
        ("Tr: la suite", "spam-reply", "warning"),
        ("Les écluses rouvrent !!!", "spam-signs", "warning"),
        ("Les écluses rouvrent ! !", "spam-signs", "warning"),
        ("Des millions de €€€", "spam-signs", "warning"),
        ("🔥 🔥 Les écluses", "spam-signs", "warning"),
        ("*** Les écluses", "spam-signs", "warning"),
        ("L E S  É C L U S E S", "spam-signs", "warning"),
        ("OUVREZ CETTE LETTRE sans tarder", "spam-capitals", "warning"),
        ("Un guide gratuit", "spam-words", "note"),
        ("Urgent : les écluses", "spam-words", "note"),
        ("100 % des écluses rouvrent", "spam-words", "note"),
        ("-50 % sur les écluses", "spam-words", "note"),
        ("À partir de 5 € l’écluse", "spam-words", "note"),
        ("Urgent : un guide gratuit", "spam-words", "warning"),
        ("Hurry, last chance to read", "spam-words", "warning"),
    ],
)
def test_form_that_filters_distrust_is_named_with_why(
    subject: str, rule: str, severity: str
) -> None:
    (finding,) = of_inbox(subject=subject)
    assert (finding.rule, finding.severity, finding.place) == (rule, severity, "subject")
    assert "“" in finding.message


def test_preheader_is_read_for_them_too_but_may_begin_as_it_likes() -> None:
    (finding,) = of_inbox(preheader="Gagnez un voyage et profitez de l’offre spéciale du port.")
    assert (finding.rule, finding.place) == ("spam-words", "preheader")
    assert of_inbox(preheader="Re: c’est ainsi que commence la lettre du gardien.") == []


@pytest.mark.parametrize(
    "subject",
    [
        "L’OTAN, l’ONU et l’UE se parlent",
        "COP30 : l’UE et l’OMS attendent",
        "Qui garde le phare ?!",
        "Inflation : -3 % en un an",
        "Dès 2024, la loi change",
        "La gratuité des bacs",
        "Refaire : la suite",
        "J. R. R. Tolkien relu",
        "✨ Un ciel de novembre",
        "Iran – États-Unis : 5 points",
        "Les urgentistes en grève",
    ],
)
def test_headlines_as_newsrooms_write_them_pass(subject: str) -> None:
    assert of_inbox(subject=subject) == []


@given(st.text(max_size=200), st.text(max_size=200))
def test_whatever_is_written_is_judged_without_a_failure(subject: str, preheader: str) -> None:
    for finding in of_inbox(subject, preheader):
        assert finding.rule in RULES
        assert finding.place in ("subject", "preheader")
