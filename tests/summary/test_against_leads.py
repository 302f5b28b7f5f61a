"""Extracts are closer to what newsrooms write than the sentences that happen to come first."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from statistics import fmean

import pytest
from summaries import (
    LIMITS,
    Example,
    Reference,
    Rouge,
    interval,
    lead,
    lead_or_over,
    ours,
    read_examples,
    three_terms,
)

from digest.model.content import Article, Paragraph
from digest.summary import broken_rules

SHARED = Path(__file__).parents[2].parent / "shared"
REAL = SHARED / "data" / "orangesum_valid.jsonl"
#: Every so many articles of the file: bounded, and of all sections.
EVERY = 10

PORT = "Le port de Cetara ferme lundi pour travaux."


def test_measure_knows_the_same_from_the_different() -> None:
    reference = Reference("Le port ferme lundi")
    assert reference.rouge("Le PORT ferme, lundi !") == Rouge(100, 100, 100)
    assert reference.rouge("Rien à voir") == reference.rouge("") == Rouge(0, 0, 0)


def test_measure_agrees_with_what_is_counted_by_hand() -> None:
    found = Reference("a b c d").rouge("a c b x x")
    assert found.one == pytest.approx(100 * 2 * 3 / 9)
    assert found.two == 0
    assert found.longest == pytest.approx(100 * 2 * 2 / 9)
    assert Reference("a a b").rouge("a a a").one == pytest.approx(100 * 2 * 2 / 6)
    assert Reference("a b c").rouge("x a b").two == pytest.approx(100 * 2 * 1 / 4)


def test_interval_holds_the_mean_and_is_always_the_same() -> None:
    values = [float(n % 7) for n in range(100)]
    low, high = interval(values)
    assert low < fmean(values) < high
    assert (low, high) == interval(values)


def test_peers_take_what_they_promise() -> None:
    body = (Paragraph(f"{PORT} Il est usé. Rien à dire."), Paragraph("La Ligue proteste au port."))
    source = Article("s", "", "La Ligue proteste", body=body)
    assert lead(source, 60) == f"{PORT} Il est usé."
    assert lead(source, 20) == ""
    assert lead_or_over(source, 20) == PORT
    assert lead(source, 999) == body[0].text
    assert three_terms(source, 43) == "La Ligue proteste au port."
    assert lead(Article("s", "", ""), 20) == lead_or_over(Article("s", "", ""), 20) == ""


@pytest.mark.skipif(not REAL.is_file(), reason="../shared/data/orangesum_valid.jsonl is absent")
@pytest.mark.parametrize("limit", LIMITS)
def test_real_extracts_beat_the_lead_and_keep_every_rule(limit: int) -> None:
    examples = read_examples(REAL)[::EVERY]
    texts = [ours(example.article, limit) for example in examples]
    assert [text for text in texts if broken_rules(text, limit)] == []
    reached = _mean(examples, texts)
    for peer in (lead, lead_or_over, three_terms):
        beaten = _mean(examples, [peer(example.article, limit) for example in examples])
        assert sum(reached) > sum(beaten), peer.__name__


def _mean(examples: list[Example], texts: list[str]) -> Rouge:
    scores = [example.reference.rouge(text) for example, text in zip(examples, texts, strict=True)]
    return Rouge(*map(fmean, zip(*scores, strict=True)))


def test_weights_can_be_learnt_anew_from_any_file_of_leads(tmp_path: Path) -> None:
    rows = [
        {
            "title": f"Le port de Cetara{n} ferme",
            "body": [f"Le port de Cetara{n} ferme lundi.", "La mer est belle et bleue en été."],
            "chapo": f"Le port de Cetara{n} ferme lundi pour des travaux.",
        }
        for n in range(6)
    ]
    examples = tmp_path / "leads.jsonl"
    examples.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    script = Path(__file__).parents[2] / "benchmarks" / "learn_summaries.py"
    done = subprocess.run(
        [sys.executable, script, examples, "--folds", "2"],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    figures = [line.split()[:2] for line in done.stdout.splitlines()]
    assert [limit for limit, _ in figures] == ["160:", "280:", "400:"]
    assert all(float(reached) > 70 for _, reached in figures)
