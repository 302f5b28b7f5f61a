"""What a first draft proposes, and what the doctor and the starter do at their edges."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from tests.cli.conftest import WEEK, Digest

from digest.edition.drafting import draft_edition, reading_minutes
from digest.edition.titles import short_title
from digest.model.content import Article, Decision, Paragraph, Topic, Verdict
from digest.model.edition import Edition, Note, OtherVersion, StoryPicture
from digest.text.wording import wording

LEAD = "Une phrase complète qui dit ce qui s’est passé. Une autre qui dit pourquoi cela compte."


def article(name: str, **changes: object) -> Article:
    made: dict[str, object] = {
        "source": "agence",
        "url": f"https://example.org/{name}",
        "title": f"Titre de {name}",
        "chapo": LEAD,
        "body": (Paragraph("mot " * 500),),
    }
    return Article(**{**made, **changes})  # type: ignore[arg-type]


def draft(
    *decisions: Decision, publishers: dict[str, str] | None = None, also_in: bool = False
) -> Edition:
    return draft_edition(
        decisions,
        edition_id=WEEK,
        placements=[],
        summary_limit=400,
        language="fr",
        wording=wording("fr"),
        note=Note(),
        publishers=publishers or {},
        sections=["International", "Monde"],
        picture_of=lambda _: StoryPicture(),
        also_in=also_in,
    )


def story(chosen: Article, position: int = 1, section: str = "International") -> Decision:
    return Decision(chosen, Verdict.STORY, "", section=section, position=position)


def test_desk_says_more_than_the_section_and_the_region() -> None:
    labels = ("Monde", "Asie", "societe/sante", "autre")
    made = draft(story(article("a", categories=labels, region="Asie")))
    assert made.stories[0].desk == "Sante"
    assert draft(story(article("b", categories=("Monde",)))).stories[0].desk == ""


def test_link_says_where_it_leads_when_the_publisher_is_known() -> None:
    assert draft(story(article("a"))).stories[0].link_label == wording("fr")["read_story"]
    named = draft(story(article("a")), publishers={"agence": "Agence Boussole"})
    assert "Agence Boussole" in named.stories[0].link_label


def test_long_title_is_shortened_at_a_colon_and_never_cut() -> None:
    assert short_title("Un titre court") == "Un titre court"
    long = "Les glaciers du nord : " + "une très longue explication qui ne tient pas " * 2
    assert short_title(long) == "Les glaciers du nord"
    told = "Le fleuve a déménagé, la frontière hésite à le suivre"
    assert short_title(told) == "Le fleuve a déménagé"
    whole = "Un titre sans aucune ponctuation qui continue bien au-delà de la mesure permise ici"
    assert short_title(whole) == whole


@pytest.mark.parametrize(
    "title",
    ["Pour devenir pilote, il faut fermer les yeux", "Deuil, la ville entière se tait trois jours"],
)
def test_piece_of_a_title_that_says_too_little_is_no_short_title(title: str) -> None:
    assert short_title(title) == title


def test_reading_time_is_at_least_a_minute() -> None:
    assert reading_minutes(article("a", body=())) == 1
    assert reading_minutes(article("a")) == 3


def test_quotation_is_taken_only_with_its_attribution() -> None:
    quote = Paragraph("« Nous tiendrons. »", "quote")
    name = Paragraph("— Ana Sorel, maire de Port-Clair", "attribution")
    bound = draft(story(article("a", body=(quote, name))))
    assert bound.quotation.text == "Nous tiendrons."
    assert (bound.quotation.name, bound.quotation.role) == ("Ana Sorel", "maire de Port-Clair")
    assert not draft(story(article("a", body=(quote, Paragraph("Suite."))))).quotation


def test_brief_ends_as_a_sentence_and_says_where() -> None:
    brief = Decision(
        article("b", title="Un phare rouvre"), Verdict.BRIEF, "", position=1, country="IS"
    )
    (made,) = draft(story(article("a")), brief).briefs
    assert made.text == "Une phrase complète qui dit ce qui s’est passé."
    assert made.place == "Islande"


def test_brief_is_the_title_when_no_lead_tells_the_news() -> None:
    untold = article("b", title="Un phare rouvre en Islande", chapo="")
    brief = Decision(untold, Verdict.BRIEF, "", position=1)
    (made,) = draft(story(article("a")), brief).briefs
    assert made.text == "Un phare rouvre en Islande."


def test_story_carries_its_topics_and_where_else_it_is_told() -> None:
    others = (
        article("b", source="courrier"),
        article("c", source="courrier"),
        article("d", source="inconnue"),
        article("e", source="agence"),
    )
    chosen = replace(story(article("a")), topics=(Topic("war", ("guerre",)),), duplicates=others)
    publishers = {"agence": "Agence Boussole", "courrier": "Le Courrier du large"}
    (made,) = draft(chosen, publishers=publishers, also_in=True).stories
    assert made.topics == ("war",)
    assert made.also_in == (OtherVersion("Le Courrier du large", "https://example.org/b"),)
    (silent,) = draft(chosen, publishers=publishers).stories
    assert silent.also_in == ()


def test_other_versions_are_shown_in_the_letter_and_survive_an_editor(
    digest: Digest, settings: Callable[[str, str], None], lettre: Path
) -> None:
    settings("[edition]\n", "[edition]\nalso_in = true\n")
    settings("per_source = 4", "per_source = 7")
    assert digest("build").code == 0
    file = lettre / "editions" / WEEK / "edition.toml"
    text = file.read_text(encoding="utf-8")
    assert '{publisher = "Agence Boussole", link = "https://agence-boussole.example/' in text
    assert digest("preview", "--export", "seen").code == 0
    assert "Aussi dans" in (lettre / "seen" / "edition.html").read_text(encoding="utf-8")
    assert "Aussi dans" in (lettre / "seen" / "edition.txt").read_text(encoding="utf-8")
    file.write_text(text.replace('"Agence Boussole"', '"L’Agence"', 1), encoding="utf-8")
    again = digest("build")
    assert again.code == 0
    assert "also_in" in again.out
    assert '{publisher = "L’Agence"' in file.read_text(encoding="utf-8")


# ---- Pictures, doctor, starter --------------------------------------------------------------


def test_story_whose_picture_is_gone_goes_without(digest: Digest, lettre: Path) -> None:
    for picture in (lettre / "articles").rglob("*.jpg"):
        picture.unlink()
    built = digest("build", "--json")
    assert built.code == 0
    assert built.json["problems"] or built.json["rejected"]
    assert digest("send", "--yes").code == 0


def test_folder_of_pictures_that_cannot_be_written_is_told(digest: Digest, lettre: Path) -> None:
    folder = lettre / "editions" / WEEK
    folder.mkdir(parents=True)
    (folder / "pictures").write_text("a file where a folder should be")
    refused = digest("build")
    assert refused.code == 8
    assert "cannot be written" in refused.err


def test_doctor_asks_who_is_meant_by_a_quota(
    digest: Digest, settings: Callable[[str, str], None]
) -> None:
    settings("", '\n[[selection.quotas]]\nof = "region"\nname = "Afriqe"\nat_least = 1\n')
    examined = {thing["name"]: thing for thing in digest("doctor", "--json").json}
    assert examined["quotas"]["state"] == "warning"
    assert "Did you mean “Afrique”?" in examined["quotas"]["found"]


def test_doctor_names_what_is_wrong_with_each_part(
    digest: Digest, settings: Callable[[str, str], None], lettre: Path
) -> None:
    settings("[edition]\n", '[edition]\ntemplate = "none"\n')
    settings('path = "outbox"', 'path = "config.toml/outbox"')
    (lettre / "articles" / "agence-boussole.xml").unlink()
    (lettre / "sponsors" / "maison.toml").unlink()
    examined = digest("doctor", "--json")
    assert examined.code == 2
    states = {thing["name"]: thing["state"] for thing in examined.json}
    assert states["template"] == "error"
    assert states["source boussole"] == "error"
    assert states["sponsors"] == "error"
    told = digest("doctor")
    assert "✗" in told.out
    assert "not well" in told.err


def test_doctor_looks_at_sendgrid_and_at_a_provider_of_ones_own(
    digest: Digest, settings: Callable[[str, str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SENDGRID_API_KEY", "very-secret")
    settings("[edition]\n", '[edition]\nimages = "embed"\n')

    def provider() -> tuple[str, str]:
        examined = digest("doctor", "--json")
        (found,) = [thing for thing in examined.json if thing["name"] == "provider"]
        return found["state"], found["found"]

    settings('provider = "outbox"', 'provider = "sendgrid"')
    settings("", '\n[delivery.sendgrid]\napi_url = "http://127.0.0.1:9"\n')
    assert provider() == ("error", "127.0.0.1:9 does not answer (Connection refused)")
    settings('provider = "sendgrid"', 'provider = "my.post:office"')
    assert provider()[0] == "error"
    settings('provider = "my.post:office"', 'provider = "json:loads"')
    assert provider() == ("ok", "json:loads can be loaded")
    settings('provider = "json:loads"', 'provider = "smtp"')
    assert "delivery.smtp.host" in provider()[1]


def test_doctor_counts_articles_and_not_what_is_unusable(digest: Digest, lettre: Path) -> None:
    def source() -> str:
        things = digest("doctor", "--json").json
        return next(str(t["found"]) for t in things if t["name"] == "source redaction")

    before = source()
    (lettre / "articles" / "vide.txt").write_text("")
    assert source() == f"{before}, 1 not usable (`digest build` says why)"


def test_doctor_without_sources_says_so(digest: Digest, lettre: Path) -> None:
    (lettre / "config.toml").write_text('[publication]\nname = "Vide"\n')
    found = {thing["name"]: thing for thing in digest("doctor", "--json").json}
    assert found["sources"]["state"] == "error"
    assert found["publication"]["state"] == "warning"


def test_init_in_a_place_that_cannot_be_written_is_told(digest: Digest, lettre: Path) -> None:
    refused = digest("init", lettre / "config.toml" / "neuf")
    assert refused.code == 8
    assert "cannot be written" in refused.err


def test_publication_without_sponsors_or_slots_works(digest: Digest, lettre: Path) -> None:
    shutil.rmtree(lettre / "sponsors")
    file = lettre / "config.toml"
    text = file.read_text(encoding="utf-8")
    start, end = text.index("[[slots]]"), text.index("[[lists]]")
    file.write_text(text[:start] + text[end:], encoding="utf-8")
    assert "No sponsor yet" in digest("sponsors", "list").out
    assert digest("send", "--yes").code == 0


def test_english_publication_speaks_english(
    digest: Digest, settings: Callable[[str, str], None], lettre: Path
) -> None:
    settings('language = "fr"', 'language = "en"')
    for pinned in (lettre / "articles").rglob("*le-fleuve-a-demenage.md"):
        pinned.unlink()
    (lettre / "articles" / "2026-11-11-lighthouse.md").write_text(
        "---\ntitle: The lighthouse that answers its letters\nsection: International\n"
        "chapo: Every ship that writes to the keeper gets an answer within the week. The post "
        "office has asked for a second boat.\n---\n"
        "The keeper of the light has answered letters from ships for thirty years.\n",
        encoding="utf-8",
    )
    built = digest("build", "--json").json
    assert [story["title"] for story in built["stories"]] == [
        "The lighthouse that answers its letters"
    ]
    digest("preview", "--export", lettre / "letter")
    text = (lettre / "letter" / "edition.txt").read_text(encoding="utf-8")
    assert "Unsubscribe" in text
    assert "Se désabonner" not in text
