"""What must not leave is found, at its place, with what to do; what is sound passes in silence."""

from __future__ import annotations

import dataclasses
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from tests.check.spoiling import (
    MAIN,
    NOW,
    PRESENTING,
    SECOND,
    checked,
    found,
    of_rule,
    only,
    sound_config,
    with_story,
)
from tests.letters import (
    make_config,
    make_edition,
    make_placement,
    save_picture,
    with_picture,
    with_publication,
)

from digest.check import Locator, check, published_findings
from digest.check.content import link_fault
from digest.check.document import Document
from digest.config.settings import CheckSettings, EditionSettings, SponsorshipSettings
from digest.errors import UsageError
from digest.model.edition import Edition, OtherVersion, Quotation
from digest.model.sending import Letter
from digest.render.letter import render_letter


def test_sound_letter_passes_in_silence(tmp_path: Path) -> None:
    save_picture(tmp_path / "a.jpg")
    edition = with_picture(make_edition(), (1, 3), "a.jpg")
    assert found(edition, MAIN, SECOND, PRESENTING, folder=tmp_path) == []


@pytest.mark.parametrize(
    "link",
    ["", "  ", "javascript:alert(1)", "data:text/html,x", "/relative", "example.org/a", "ftp://a/b",
     "https://", "https://exa mple.org", 'https://a/"b', "http://[::1", "https://a/\nb"],
)  # fmt: skip
def test_link_that_leads_nowhere_good_is_named_with_its_story(link: str) -> None:
    finding = only(found(with_story(2, link=link)), "link-scheme")
    assert finding.place.startswith("story 2 “À Korvane")


@pytest.mark.parametrize(
    "link",
    [
        "https://example.org",
        "http://example.org/a?b#c",
        "mailto:a@example.org",
        "HTTPS://X.EXAMPLE",
    ],
)
def test_usual_links_are_fine(link: str) -> None:
    assert link_fault(link) is None


def test_bad_link_of_brief_and_sponsor_are_named() -> None:
    edition = make_edition()
    brief = dataclasses.replace(edition.briefs[1], link="tel:1")
    finding = only(
        found(dataclasses.replace(edition, briefs=(edition.briefs[0], brief))), "link-scheme"
    )
    assert finding.place == "brief 2 “Islande”"
    unnamed = dataclasses.replace(brief, place="")
    finding = only(found(dataclasses.replace(edition, briefs=(unnamed,))), "link-scheme")
    assert finding.place == "brief 2"
    placement = make_placement("main", url="orme.example")
    finding = only(found(make_edition(), placement), "link-scheme")
    assert finding.place == "slot “main”, Maison Orme"
    assert "lampe" in finding.hint


def test_bad_link_of_a_template_or_setting_is_found_too() -> None:
    config = with_publication(sound_config(), partner_url="partners")
    finding = only(found(make_edition(), config=config), "link-scheme")
    assert "devenir partenaire" in finding.place.lower()


def test_picture_needs_words_for_who_cannot_see_it(tmp_path: Path) -> None:
    save_picture(tmp_path / "a.jpg")
    edition = with_picture(make_edition(), (3,), "a.jpg", alt="")
    finding = only(found(edition, folder=tmp_path), "picture-alt")
    assert finding.place.startswith("story 3")
    edition = with_picture(make_edition(), (3,), "a.jpg", alt="Mot " * 30)
    only(found(edition, folder=tmp_path), "picture-alt-long", "warning")
    placement = make_placement("main", picture=str(tmp_path / "a.jpg"))
    finding = only(found(make_edition(), placement), "picture-alt")
    assert finding.place == "slot “main”, Maison Orme"


def test_short_title_that_breaks_the_contents_list_is_noted() -> None:
    long = "Un titre court qui tient sur deux lignes, hélas"
    (noted,) = of_rule(checked(with_story(2, short_title=long)).findings, "short-title-long")
    assert (noted.severity, noted.place[:7]) == ("note", "story 2")
    assert f"{len(long)} characters" in noted.message
    assert not of_rule(checked(with_story(2, short_title=long[:42])).findings, "short-title-long")
    few = make_edition(3)
    stories = tuple(dataclasses.replace(story, short_title=long) for story in few.stories)
    short = dataclasses.replace(few, stories=stories)
    assert not of_rule(checked(short).findings, "short-title-long"), "it has no contents list"


@pytest.mark.parametrize(
    ("place", "text", "echoes"),
    [
        ("Islande", "En Islande, un port rouvre.", True),
        ("Île de Ré", "L’île de Ré ferme ses salines.", True),
        ("Islande", "Un port rouvre après trente longues années, en Islande.", False),
        ("Inde", "L’Indépendance est fêtée.", False),
        ("", "Un port rouvre.", False),
    ],
)
def test_brief_that_says_its_place_twice_is_noted(place: str, text: str, echoes: bool) -> None:
    first, second = make_edition().briefs
    briefs = (dataclasses.replace(first, place=place, text=text), second)
    noted = of_rule(
        checked(dataclasses.replace(make_edition(), briefs=briefs)).findings, "brief-echo"
    )
    assert [finding.severity for finding in noted] == ["note"] * echoes


def test_picture_of_a_template_needs_words_too() -> None:
    spoilt = found(
        make_edition(), html=lambda text: text.replace("</div></body>", '<img src="a.gif"></div>')
    )
    assert "a.gif" in only(spoilt, "a11y-alt").message


def test_picture_that_was_not_fetched_is_seen() -> None:
    edition = with_picture(make_edition(), (1,), "https://example.org/a.jpg")
    only(found(edition), "picture-missing", "warning")


@pytest.mark.parametrize(("limits", "severity"), [((1, 100), "warning"), ((1, 2), "error")])
def test_letter_that_gmail_would_cut_is_stopped(limits: tuple[int, int], severity: str) -> None:
    config = dataclasses.replace(sound_config(), check=CheckSettings(*limits))
    finding = only(found(make_edition(), config=config), "size", severity)
    assert "102" in finding.message
    setting, limit = ("fail_kb", 2) if severity == "error" else ("warn_kb", 1)
    assert f"`check.{setting}` is {limit}" in finding.message


def test_letter_without_a_way_out_is_stopped() -> None:
    def drop(text: str) -> str:
        return text.replace("%%{unsubscribe_url}%%", "https://example.org")

    for part in ("html", "text"):
        findings = found(make_edition(), **{part: drop})
        finding = only(of_rule(findings, "unsubscribe"), "unsubscribe")
        assert finding.place.lower() == part


def test_letter_without_postal_address_is_stopped() -> None:
    def drop(text: str) -> str:
        return text.replace("Quimper", "")

    assert only(found(make_edition(), html=drop), "postal-address").place == "HTML"
    assert only(found(make_edition(), text=drop), "postal-address").place == "text"
    config = with_publication(sound_config(), postal_address="")
    assert "config.toml" in only(found(make_edition(), config=config), "postal-address").hint


def test_hidden_postal_address_does_not_count() -> None:
    def hide(text: str) -> str:
        return text.replace("Éditions du Quai", '<i style="display:none">Éditions du Quai</i>')

    assert only(found(make_edition(), html=hide), "postal-address").place == "HTML"


def test_story_without_summary_is_stopped() -> None:
    findings = of_rule(found(with_story(4, summary=" ")), "summary-empty")
    assert only(findings, "summary-empty").place.startswith("story 4")
    edition = make_edition()
    brief = dataclasses.replace(edition.briefs[0], text="")
    findings = of_rule(found(dataclasses.replace(edition, briefs=(brief,))), "summary-empty")
    finding = only(findings, "summary-empty")
    assert finding.place.startswith("brief 1")


def test_letter_without_stories_is_stopped() -> None:
    only(found(make_edition(0, 2)), "stories-missing")


def test_subject_preheader_and_headlines_are_measured() -> None:
    only(found(make_edition(subject=" ")), "subject-empty")
    only(found(make_edition(subject="Mot " * 40)), "subject-long", "warning")
    only(found(make_edition(preheader="")), "preheader-missing", "warning")
    finding = only(found(with_story(1, title="Mot " * 40)), "headline-long", "warning")
    assert finding.place.endswith("…”")
    assert len(finding.place) < 90


def test_errors_stand_before_warnings() -> None:
    findings = found(make_edition(subject="", preheader=""))
    assert [finding.severity for finding in findings] == ["error", "warning"]


@pytest.mark.parametrize("field", ["subject", "preheader", "html", "text"])
def test_unknown_token_is_found_wherever_it_stands(field: str) -> None:
    finding = only(
        found(make_edition(), **{field: lambda text: text + " %%{adres}%%"}), "token-unknown"
    )
    assert "%%{address}%%" in finding.hint
    assert finding.place.lower() == field


def test_what_an_article_says_itself_is_doubtful_and_stops_no_letter() -> None:
    title = "Le film « XXXX » et le mot {{ 7*7 }}"
    edition = with_story(2, title=title)
    letter = render_letter(edition, [MAIN], sound_config(), Path())

    def severities(built: Edition) -> set[str]:
        told = check(letter, edition, [MAIN], sound_config(), built, now=NOW, folder=Path())
        return {f.severity for f in told.findings if f.rule == "placeholder"}

    assert severities(edition) == {"warning"}, "as published"
    assert severities(make_edition()) == {"error"}, "typed later"


@pytest.mark.parametrize(
    ("text", "severity"),
    [
        ("Lorem ipsum", "error"),
        ("FIXME", "error"),
        ("XXXX", "error"),
        ("[Titre]", "error"),
        ("{{ x", "error"),
        ("TODO", "warning"),
        ("À compléter", "warning"),
    ],
)
def test_forgotten_placeholder_is_found(text: str, severity: str) -> None:
    finding = only(found(make_edition(preheader=f"Ici {text} là")), "placeholder", severity)
    assert finding.place == "preheader"
    findings = found(with_story(2, summary=f"Ici {text} là."))
    assert {(f.rule, f.severity, f.place) for f in findings} == {
        ("placeholder", severity, "HTML"),
        ("placeholder", severity, "text"),
    }


@pytest.mark.parametrize("text", ["Todo list", "los todos", "tk", "Louis XXX", "undefined", "[1]"])
def test_words_that_only_resemble_one_pass(text: str) -> None:
    assert found(make_edition(preheader=text)) == []


def test_second_sponsor_of_a_short_letter_is_an_error_to_settle() -> None:
    finding = only(found(make_edition(3), MAIN, SECOND), "sponsor-place")
    assert finding.place == "slot “secondary”, Thés Oriel"
    assert "cancel" in finding.hint


def test_main_sponsor_with_nothing_after_it_is_an_error_to_settle() -> None:
    only(found(make_edition(3, 0, quotation=Quotation()), MAIN), "sponsor-place")


def test_slot_that_stands_twice_is_an_error() -> None:
    again = dataclasses.replace(SECOND, booking="again", sponsor="Autre")
    findings = found(make_edition(), SECOND, again)
    assert "twice" in only(findings, "sponsor-place").message


def test_sponsor_without_its_label_is_stopped() -> None:
    finding = only(
        found(make_edition(), MAIN, html=lambda text: text.replace("PUBLICITÉ", "CETTE SEMAINE")),
        "sponsor-label",
    )
    assert finding.place == "slot “main”, Maison Orme"
    finding = only(
        found(make_edition(), MAIN, text=lambda text: text.replace("PUBLICITÉ", "CETTE SEMAINE")),
        "sponsor-label",
    )
    assert "text" in finding.message


def test_sponsor_without_its_name_is_stopped() -> None:
    only(
        found(make_edition(), MAIN, html=lambda text: text.replace("Maison Orme", "La semaine")),
        "sponsor-name",
    )
    only(
        found(make_edition(), MAIN, text=lambda text: text.replace("Maison Orme", "La semaine")),
        "sponsor-name",
    )


def test_label_below_the_sponsors_words_is_not_a_label() -> None:
    def move(text: str) -> str:
        return text.replace("PUBLICITÉ", "", 1).replace("Voir la lampe", "Publicité", 1)

    only(of_rule(found(make_edition(), MAIN, html=move), "sponsor-label"), "sponsor-label")


def test_one_mark_does_not_serve_two_blocks() -> None:
    twin = make_placement("secondary")

    def unmark(text: str) -> str:
        head, _, tail = text.rpartition("PUBLICITÉ · Maison Orme")
        return head + tail

    findings = found(make_edition(), MAIN, twin, text=unmark)
    assert only(findings, "sponsor-label").place == "slot “secondary”, Maison Orme"


def test_block_that_the_template_forgot_is_stopped() -> None:
    finding = only(
        found(make_edition(), MAIN, html=lambda text: text.replace("slot-main", "forgotten")),
        "sponsor-missing",
    )
    assert "slot-main" in finding.hint


def test_empty_html_is_read_as_an_empty_letter() -> None:
    letter = Letter("2026-W46", "fr", "s", "p", "", "", "")
    checked = check(letter, make_edition(), [MAIN], sound_config(), now=NOW, folder=Path())
    rules = {finding.rule for finding in checked.findings}
    assert {"unsubscribe", "postal-address", "sponsor-missing", "sponsor-name"} <= rules


def test_document_reads_what_a_reader_sees() -> None:
    document = Document(
        "<html><head><title>no</title><style>no</style></head><body><h1>Un <i>deux</i></h1>"
        '<p>a</p><p>b<br>c <span style="display: none">no</span>d<!-- no --></p></body></html>'
    )
    assert document.seen == "un deux a b c d"


def test_link_inside_the_letter_finds_its_place() -> None:
    spoilt = found(
        make_edition(), html=lambda text: text.replace('id="story-2"', 'id="story-zwei"')
    )
    finding = only(spoilt, "link-anchor")
    assert "#story-2" in finding.message


def test_edition_that_the_store_does_not_know_is_seen() -> None:
    only(of_rule(found(make_edition(number=0)), "number-missing"), "number-missing", "warning")


@pytest.mark.parametrize(("days", "stale"), [(0, False), (10, False), (11, True), (400, True)])
def test_week_that_is_long_over_is_seen(days: int, stale: bool) -> None:
    moment = datetime(2026, 11, 16, 1, tzinfo=ZoneInfo("Europe/Paris")) + timedelta(days=days)
    findings = of_rule(found(make_edition(), now=moment), "edition-stale")
    assert len(findings) == stale
    assert all(f"{days} days ago" in finding.message for finding in findings)


def test_letter_too_large_says_which_last_stories_could_move_and_what_that_saves() -> None:
    edition = make_edition(12, 4)
    size = len(render_letter(edition, [MAIN], sound_config(), Path()).html.encode())
    limits = CheckSettings(warn_kb=(size - 3_000) // 1000, fail_kb=size // 1000 + 5)
    config = sound_config(check=limits)
    findings = found(edition, MAIN, config=config)
    finding = only(of_rule(findings, "size"), "size", "warning")
    last = edition.stories[-1].title
    assert f"“{last}”" in finding.hint
    assert "digest build --fit" in finding.hint
    assert "kB less" in finding.hint
    assert "Maison Orme" not in finding.hint


def test_letter_that_no_move_makes_small_enough_says_so() -> None:
    config = sound_config(check=CheckSettings(1, 900))
    finding = only(found(make_edition(), config=config), "size", "warning")
    assert "No move" in finding.hint


def test_sponsor_link_that_lost_its_parameters_does_not_count_clicks_in_silence() -> None:
    bare = MAIN.creative.url
    tail = MAIN.url.removeprefix(bare)
    escaped = tail.replace("&", "&amp;")
    for part, lost in (("html", escaped), ("text", tail)):
        findings = found(make_edition(), MAIN, **{part: lambda text, t=lost: text.replace(t, "")})
        finding = only(of_rule(findings, "sponsor-tracking"), "sponsor-tracking")
        assert finding.place == "slot “main”, Maison Orme"
        assert ("text" in finding.message) == (part == "text")


def test_sponsor_link_without_the_parameters_of_the_settings_is_stopped() -> None:
    finding = only(found(make_edition(), MAIN, config=make_config()), "sponsor-tracking")
    assert "utm_campaign and no utm_content" in finding.message
    config = dataclasses.replace(make_config(), sponsorship=SponsorshipSettings(utm=False))
    assert found(make_edition(), MAIN, config=config) == []


def test_block_that_leads_elsewhere_than_booked_is_stopped() -> None:
    def mislead(text: str) -> str:
        return text.replace("https://orme.example/lampe", "https://example.org/ailleurs")

    for part in ("html", "text"):
        findings = found(make_edition(), MAIN, **{part: mislead})
        assert only(of_rule(findings, "sponsor-link"), "sponsor-link").hint


def test_mail_programs_are_looked_up_only_where_any_are_named() -> None:
    config = sound_config(check=CheckSettings(clients=()))
    assert "client-support" not in checked(make_edition(), config=config).passed
    config = sound_config(check=CheckSettings(clients=("apple-mail",)))
    result = checked(make_edition(), config=config)
    assert "client-support" in (*result.passed, *(f.rule for f in result.findings))
    with pytest.raises(UsageError, match="gmale"):
        checked(make_edition(), config=sound_config(check=CheckSettings(clients=("gmale",))))


def test_every_gap_that_an_editor_leaves_is_named() -> None:
    assert only(of_rule(found(with_story(2, title=" ")), "headline-empty"), "headline-empty")
    other = with_story(2, also_in=(OtherVersion("Le Quai", "quai.example"),))
    config = sound_config(edition=EditionSettings(also_in=True))
    finding = only(of_rule(found(other, config=config), "link-scheme"), "link-scheme")
    assert "also_in" in finding.hint
    finding = only(found(with_story(2, link="file:articles/a.md")), "link-scheme")
    assert "base_url" in finding.hint


def test_letter_that_comes_from_nowhere_and_leads_nowhere_out_is_seen() -> None:
    config = with_publication(sound_config(), sender="", public_url="")
    findings = found(make_edition(), config=config)
    only(of_rule(findings, "sender-missing"), "sender-missing", "warning")
    finding = only(of_rule(findings, "unsubscribe"), "unsubscribe")
    assert finding.file == "config.toml"


def test_articles_that_changed_since_are_named_with_their_line() -> None:
    edition = make_edition()
    where = Locator(edition, sound_config(), Path())
    urls = [story.url for story in edition.stories]
    titles = {urls[1]: "Un autre titre", urls[2]: "", edition.briefs[0].url: ""}
    findings = list(published_findings(edition, titles, [urls[0]], where))
    assert [(finding.rule, finding.place.split(" “")[0]) for finding in findings] == [
        ("article-moved", "story 1"),
        ("title-changed", "story 2"),
        ("article-gone", "story 3"),
        ("article-gone", "brief 1"),
    ]
    assert all(finding.file == "edition.toml" for finding in findings)
