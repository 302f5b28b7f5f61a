"""An editor's changes survive the next build, and everything else follows the news."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.edition.file import (
    body_line,
    read_built,
    read_edition,
    render_file,
    write_built,
    write_edition,
)
from digest.edition.merging import Kept, merge
from digest.edition.settling import settle
from digest.edition.titles import preheader_of
from digest.errors import EditionFileError, StoreError
from digest.model.content import SummaryOrigin
from digest.model.edition import (
    Brief,
    Edition,
    Note,
    PlacementRef,
    Quotation,
    Story,
    StoryPicture,
)
from digest.text.wording import wording


def story(name: str, order: int, **changes: Any) -> Story:
    made = Story(
        url=f"https://example.org/{name}",
        order=order,
        region="Europe",
        desk="Climat",
        title=f"Titre {name}",
        short_title=f"Court {name}",
        summary=f"Résumé {name}.",
        summary_origin=SummaryOrigin.CHAPO,
        link=f"https://example.org/{name}",
        link_label="Lire l’article",
        picture=StoryPicture("pictures/a.jpg", "Alt", "", ""),
        minutes=3,
        source="redaction",
    )
    return dataclasses.replace(made, **changes)


def edition(*stories: Story, **changes: Any) -> Edition:
    made = Edition(
        id="2026-W46",
        number=3,
        subject="Objet",
        preheader="Avant",
        note=Note(name="Odile", role="rédactrice"),
        stories=stories,
        briefs=(
            Brief("https://example.org/b", 1, "Islande", "Un phare.", "https://example.org/b"),
        ),
        quotation=Quotation("Mot", "Nom", "rôle"),
        placements=(PlacementRef("main", "a/2026-W46/main"),),
    )
    return dataclasses.replace(made, **changes)


A, B, C = story("a", 1), story("b", 2), story("c", 3)


def test_untouched_file_follows_the_draft() -> None:
    draft = edition(C, B, subject="Neuf")
    merged = merge(edition(A, B), edition(A, B), draft)
    assert merged.edition == edition(B, C, subject="Neuf")
    assert merged.kept == ()


def test_changed_title_stays_while_the_summary_follows() -> None:
    edited = edition(dataclasses.replace(A, title="Mieux"), B)
    draft = edition(dataclasses.replace(A, summary="Autre résumé."), B)
    merged = merge(edition(A, B), edited, draft)
    first = merged.edition.stories[0]
    assert (first.title, first.summary) == ("Mieux", "Autre résumé.")
    assert [(kept.place, kept.value) for kept in merged.kept] == [
        ("story “Titre a”, title", "Mieux")
    ]


def test_changed_summary_is_marked_as_the_editors_words() -> None:
    edited = edition(dataclasses.replace(A, summary="Mes mots."), B)
    settled = settle(edited, edition(A, B), wording("fr"))
    assert settled.stories[0].summary_origin is SummaryOrigin.EDITOR
    assert settled.stories[1].summary_origin is SummaryOrigin.CHAPO


def test_head_follows_the_stories_that_an_editor_removes_or_renames() -> None:
    built = edition(A, B, C, subject="Titre a", preheader="Court b · Court c")
    gone = settle(dataclasses.replace(built, stories=(B, C)), built, wording("fr"))
    assert (gone.subject, gone.preheader) == ("Titre b", "Court c")
    renamed = dataclasses.replace(C, title="Un autre titre")
    followed = settle(dataclasses.replace(built, stories=(A, B, renamed)), built, wording("fr"))
    assert followed.stories[2].short_title == "Un autre titre"
    assert followed.preheader == "Court b · Un autre titre"


def test_head_that_an_editor_wrote_stays() -> None:
    built = edition(A, B, subject="Titre a", preheader="Court b")
    mine = dataclasses.replace(built, stories=(B,), subject="Le mien", preheader="Aussi")
    settled = settle(mine, built, wording("fr"))
    assert (settled.subject, settled.preheader) == ("Le mien", "Aussi")


def test_story_added_with_url_title_and_summary_alone_is_whole() -> None:
    added = Story("https://example.org/d", title="Titre d", summary="Deux mots.")
    settled = settle(edition(A, added), None, wording("fr"))
    whole = settled.stories[1]
    assert (whole.link, whole.short_title) == (added.url, "Titre d")
    assert whole.link_label == wording("fr")["read_story"]
    assert whole.summary_origin is SummaryOrigin.EDITOR


def test_preheader_of_one_story_is_a_whole_sentence_of_its_summary() -> None:
    long = "Une phrase qui ne finit pas, " * 5 + "enfin. Une courte. Une autre."
    assert preheader_of([story("a", 1, summary=long)]) == "Une courte."
    assert preheader_of([story("a", 1, summary="")]) == ""


def test_preheader_holds_whole_titles_only() -> None:
    long = [story(name, n, short_title=name * 50) for n, name in enumerate("abcd", 1)]
    assert preheader_of(long) == f"{'b' * 50} · {'c' * 50}"


def test_removed_story_stays_away_and_added_story_stays() -> None:
    added = story("hors-piste", 9)
    merged = merge(edition(A, B), edition(B, added), edition(A, B, C))
    assert [s.url for s in merged.edition.stories] == [B.url, C.url, added.url]
    assert {kept.value for kept in merged.kept} == {"removed", "added"}


def test_edited_story_survives_when_it_is_no_longer_selected() -> None:
    edited = edition(dataclasses.replace(A, summary="Mes mots."), B)
    merged = merge(edition(A, B), edited, edition(B, C))
    assert A.url in [s.url for s in merged.edition.stories]


def test_unedited_story_leaves_when_it_is_no_longer_selected() -> None:
    merged = merge(edition(A, B), edition(A, B), edition(B, C))
    assert [s.url for s in merged.edition.stories] == [B.url, C.url]


def test_story_added_by_hand_and_then_selected_stays_as_the_editor_wrote_it() -> None:
    mine = dataclasses.replace(C, title="À ma façon")
    merged = merge(edition(A), edition(A, mine), edition(A, C))
    assert merged.edition.stories[1].title == "À ma façon"


def test_note_quotation_and_placements_are_kept() -> None:
    edited = edition(
        A,
        note=Note("Bonjour.", "Une semaine.", "Odile", "rédactrice"),
        quotation=Quotation(),
        placements=(),
        preheader="Le mien",
    )
    merged = merge(edition(A), edited, edition(A, preheader="Autre")).edition
    assert merged.note == edited.note
    assert merged.quotation == Quotation()
    assert merged.placements == ()
    assert merged.preheader == "Le mien"


def test_changes_survive_build_after_build() -> None:
    edited = edition(dataclasses.replace(A, title="Mieux"), B)
    first = merge(edition(A, B), edited, edition(A, B)).edition
    second = merge(edition(A, B), first, edition(A, B, C)).edition
    assert second.stories[0].title == "Mieux"
    assert len(second.stories) == 3


def test_template_byline_and_body_that_an_editor_changed_stay() -> None:
    base = edition(story("a", 1, byline="Par Ida", body="Un.\n\nDeux."), template="single")
    mine = story("a", 1, byline="Par Ida et Bo", body="Un.")
    edited = dataclasses.replace(base, stories=(mine,), template="brief")
    draft = edition(story("a", 1, byline="Par Ida", body="Un.\n\nDeux.\n\nTrois."), template="x")
    merged = merge(base, edited, draft)
    assert merged.edition.template == "brief"
    assert merged.edition.stories[0] == mine
    assert [kept.place for kept in merged.kept] == [
        "template",
        "story “Titre a”, byline",
        "story “Titre a”, body",
    ]
    assert merge(base, base, draft).edition == draft


def test_file_holds_template_byline_and_body_only_where_there_are_any() -> None:
    bare = render_file(edition(A), wording("fr"))
    whole = render_file(
        edition(story("a", 1, body="Un.\n\nDeux."), template="single"), wording("fr")
    )
    for word in ("template =", "byline", "body"):
        assert word not in bare
    assert 'template = "single"\n' in whole
    assert 'body = """\nUn.\n\nDeux."""\n' in whole
    assert "`body`" in whole


@pytest.mark.parametrize(
    ("written", "line"),
    [
        ('body = """\nUn.\n\n##Deux"""', 3),
        ('body = """Un.\n\n##Deux"""', 2),
        ("body = '''\nUn.\n\n##Deux'''", 3),
        ('body = "##Deux"', 0),
    ],
)
def test_line_of_a_body_is_found_in_the_file(tmp_path: Path, written: str, line: int) -> None:
    folder = tmp_path / "2026-W46"
    folder.mkdir()
    text = render_file(edition(A, story("b", 2, body="X")), {}).replace('body = """\nX"""', written)
    assert written in text
    (folder / "edition.toml").write_text(text)
    key = text[: text.index(written)].count("\n") + 1
    found = body_line(folder, B.url, 3 if line else 1)
    assert found == f"{folder / 'edition.toml'}:{key + line}"


texts = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=40
)


@given(
    st.lists(
        st.tuples(st.sampled_from("abcdef"), texts, texts), max_size=5, unique_by=lambda t: t[0]
    ),
    texts,
    st.lists(st.sampled_from(["\n", "é", " ", "\\", '"', "'''", "\u00a0"]), max_size=6).map(
        "".join
    ),
)
def test_file_gives_back_what_was_written(
    tmp_path_factory: pytest.TempPathFactory,
    drawn: list[tuple[str, str, str]],
    subject: str,
    note: str,
) -> None:
    folder = tmp_path_factory.mktemp("e") / "2026-W46"
    stories = [
        story(
            name, order, title=title, summary=summary, byline=summary, body=f"{note}{title}{note}"
        )
        for order, (name, title, summary) in enumerate(drawn, 1)
    ]
    written = edition(*stories, subject=subject, note=Note(text=note))
    write_edition(written, folder, wording("fr"))
    assert read_edition(folder, 3) == written
    write_built(written, folder)
    assert read_built(folder) == dataclasses.replace(written, number=0)


def test_file_never_built_is_none(tmp_path: Path) -> None:
    assert read_edition(tmp_path / "2026-W46") is None


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('subject = "Objet"', "subject = 3", ["edition.toml:", "subject", "text in quotes"]),
        ('subject = "Objet"', "", ["subject", "is missing"]),
        ('url = "https://example.org/a"', "", ["stories[0].url", "is missing"]),
        ('id = "2026-W46"', 'id = "2026-W47"', ["“2026-W47”", "2026-W46"]),
        ('id = "2026-W46"', 'id = "2026-W46"\nnumber = 4', ["N°", "Remove the line"]),
        ('title = "Titre a"', 'titel = "x"', ["stories[0].titel", "“title”?"]),
        ("order = 1", 'order = "premier"', ["stories[0].order", "whole number"]),
        ("example.org/b", "example.org/a", ["stories[1].url", "stands twice"]),
        ('url = "https://example.org/a"', 'url = ""', ["stories[0].url", "is empty"]),
        ('summary_origin = "chapo"', 'summary_origin = "moi"', ["editor, chapo"]),
        (
            'subject = "Objet"',
            'subject = "Objet',
            ["edition.toml:", "not valid TOML", "subject = ", "« »"],
        ),
    ],
)
def test_mistake_in_the_file_names_line_and_key(
    tmp_path: Path, old: str, new: str, words: list[str]
) -> None:
    folder = tmp_path / "2026-W46"
    folder.mkdir()
    text = render_file(edition(A, B, briefs=()), {})
    assert old in text
    (folder / "edition.toml").write_text(text.replace(old, new))
    with pytest.raises(EditionFileError) as caught:
        read_edition(folder)
    told = f"{caught.value.message} {caught.value.hint}"
    for word in words:
        assert word in told


def test_file_explains_itself_in_the_editors_language() -> None:
    assert wording("fr")["edition_header"].splitlines()[0] in render_file(edition(A), wording("fr"))
    assert wording("en")["edition_header"].splitlines()[0] in render_file(edition(A), wording("en"))


def test_folder_that_cannot_be_written_keeps_the_earlier_file(tmp_path: Path) -> None:
    (tmp_path / "editions").write_text("a file where a folder should be")
    with pytest.raises(StoreError, match="cannot be written"):
        write_edition(edition(A), tmp_path / "editions" / "2026-W46", {})


def told(kept: tuple[Kept, ...]) -> list[tuple[str, str, bool]]:
    return [(one.place, one.value, one.by_fit) for one in kept]


def test_move_by_fit_is_no_change_of_the_editors() -> None:
    built = edition(A, B, C)
    brief = Brief(C.url, 0, "Europe", "Un mot.", C.url)
    moved = dataclasses.replace(built, stories=(A, B), briefs=(brief, *built.briefs))
    by_hand = merge(built, moved, built)
    assert told(by_hand.kept) == [("story “Titre c”", "moved to “En bref”", False)]
    by_fit = merge(built, moved, built, fitted={C.url})
    assert told(by_fit.kept) == [("story “Titre c”", "moved to “En bref” by --fit", True)]
    assert by_fit.edition == by_hand.edition


def test_move_by_fit_stays_one_when_the_article_is_no_longer_selected() -> None:
    built = edition(A, B, C)
    brief = Brief(C.url, 0, "Europe", "Un mot.", C.url)
    moved = dataclasses.replace(built, stories=(A, B), briefs=(brief, *built.briefs))
    merged = merge(built, moved, edition(A, B), fitted={C.url})
    assert told(merged.kept) == [("brief “Un mot.”", "moved to “En bref” by --fit", True)]
    assert brief in merged.edition.briefs


def test_what_an_editor_takes_out_after_a_fit_is_the_editors_change() -> None:
    built = edition(A, B, C)
    gone = dataclasses.replace(built, stories=(A, B))
    merged = merge(built, gone, built, fitted={C.url})
    assert told(merged.kept) == [("story “Titre c”", "removed", False)]


def test_words_that_sound_like_a_change_are_words() -> None:
    built = edition(A, B)
    edited = dataclasses.replace(
        built,
        stories=(dataclasses.replace(A, title="removed"), B),
        briefs=(*built.briefs, Brief(A.url, 2, "", "added", A.url)),
    )
    assert told(merge(built, edited, built, fitted={B.url}).kept) == [
        ("story “Titre a”, title", "removed", False),
        ("brief “added”", "added", False),
    ]
