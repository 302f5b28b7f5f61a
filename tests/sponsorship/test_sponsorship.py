"""No slot is sold twice, and no placement runs without its label and its sponsor's name."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.config import load_config, load_sponsors
from digest.errors import ConfigError, SponsorshipError
from digest.model.edition import PlacementRef
from digest.model.sponsorship import (
    Booking,
    BookingStatus,
    Creative,
    Placement,
    Slot,
    Sponsor,
)
from digest.sponsorship import (
    UtmRule,
    calendar,
    find_conflicts,
    place,
    require_house_creatives,
    require_no_conflict,
    resolve,
)

MAIN = Slot("main", "main", "Publicité")
SECOND = Slot("second", "secondary", "Contenu proposé par", house="maison/rejoindre")
WEEK = "2026-W46"


def creative(name: str = "sac", url: str = "https://example.org/sac") -> Creative:
    return Creative(name, "Un sac", "Solide.", "Voir", url)


def sponsor(name: str, *bookings: Booking, house: bool = False) -> Sponsor:
    made = "rejoindre" if house else "sac"
    return Sponsor(name, name.title(), (), (creative(made),), bookings, house, f"{name}.toml")


def booking(who: str, slot: str = "main", status: str = "confirmed", week: str = WEEK) -> Booking:
    return Booking(who, "automne", week, slot, BookingStatus(status), "sac")


HOUSE = sponsor("maison", house=True)


@pytest.mark.parametrize("status", ["hold", "confirmed", "run", "make-good"])
def test_slot_sold_twice_is_refused_with_both_names(status: str) -> None:
    both = [sponsor("a", booking("a")), sponsor("b", booking("b", status=status))]
    with pytest.raises(SponsorshipError) as caught:
        require_no_conflict(both, WEEK)
    for word in ("main", WEEK, "a.toml", "b.toml"):
        assert word in caught.value.message


def test_cancelled_booking_frees_the_slot() -> None:
    both = [sponsor("a", booking("a", status="cancelled")), sponsor("b", booking("b"))]
    require_no_conflict(both, WEEK)
    assert place(WEEK, [MAIN], both) == [PlacementRef("main", "b/2026-W46/main")]


@given(
    st.lists(
        st.tuples(
            st.sampled_from("abcd"),
            st.sampled_from(["main", "second"]),
            st.sampled_from([status.value for status in BookingStatus]),
            st.sampled_from([WEEK, "2026-W47"]),
        ),
        max_size=8,
    )
)
def test_what_is_placed_without_conflict_fills_each_slot_at_most_once(
    drawn: list[tuple[str, str, str, str]],
) -> None:
    sponsors = [
        sponsor(f"{who}{index}", booking(f"{who}{index}", slot, status, week))
        for index, (who, slot, status, week) in enumerate(drawn)
    ]
    taken = [(b.edition, b.slot) for s in sponsors for b in s.bookings if b.status.takes_slot]
    assert bool(find_conflicts(sponsors)) == (len(taken) != len(set(taken)))
    if not find_conflicts(sponsors, WEEK):
        refs = place(WEEK, [MAIN, SECOND], [*sponsors, HOUSE])
        assert len({ref.slot for ref in refs}) == len(refs)
        for placement in resolve(refs, WEEK, [MAIN, SECOND], [*sponsors, HOUSE], None):
            assert placement.label
            assert placement.sponsor


def test_empty_slot_shows_the_house_creative_or_nothing() -> None:
    assert place(WEEK, [MAIN, SECOND], [HOUSE]) == [
        PlacementRef("second", "house:maison/rejoindre")
    ]


def test_held_slot_shows_nothing() -> None:
    held = sponsor("a", booking("a", slot="second", status="hold"))
    assert place(WEEK, [SECOND], [held, HOUSE]) == []


def test_placement_without_label_or_name_cannot_exist() -> None:
    for label, name in (("", "Nom"), ("Publicité", " ")):
        with pytest.raises(ValueError, match="label"):
            Placement(MAIN, "x", label, name, creative(), "https://example.org")


def test_links_carry_the_configured_parameters_and_keep_their_own() -> None:
    rule = UtmRule("lettre", "email", "{edition}-{campaign}", "{slot}-{sponsor}")
    who = Sponsor(
        "a",
        "A",
        (),
        (creative(url="https://example.org/p?x=1&utm_source=eux#haut"),),
        (booking("a"),),
        file="a.toml",
    )
    placed = resolve(place(WEEK, [MAIN], [who]), WEEK, [MAIN], [who], rule)[0]
    parts = urlsplit(placed.url)
    assert parts.fragment == "haut"
    assert parse_qs(parts.query) == {
        "x": ["1"],
        "utm_source": ["eux"],
        "utm_medium": ["email"],
        "utm_campaign": ["2026-W46-automne"],
        "utm_content": ["main-a"],
    }


def test_the_sponsors_own_parameters_stay_to_the_letter() -> None:
    url = "https://example.org/p?sig=a%2Bb+c&flag&utm_source=eux"
    who = Sponsor("a", "A", (), (creative(url=url),), (booking("a"),), file="a.toml")
    placed = resolve(place(WEEK, [MAIN], [who]), WEEK, [MAIN], [who], UtmRule(medium="email"))[0]
    assert placed.url == f"{url}&utm_medium=email"
    untouched = resolve(place(WEEK, [MAIN], [who]), WEEK, [MAIN], [who], UtmRule(source="lettre"))
    assert untouched[0].url == url


@pytest.mark.parametrize(
    ("refs", "words"),
    [
        ([PlacementRef("top", "a/2026-W46/main")], "no slot “top”"),
        ([PlacementRef("main", "a/2026-W46/main")] * 2, "stands twice"),
        ([PlacementRef("main", "z/2026-W46/main")], "no booking “z/2026-W46/main”"),
        ([PlacementRef("second", "a/2026-W46/main")], "slot “main”"),
        ([PlacementRef("main", "b/2026-W46/main")], "is hold"),
        ([PlacementRef("main", "c/2026-W46/main")], "no creative “sac”"),
        ([PlacementRef("main", "house:nobody/x")], "no house sponsor “nobody”"),
        ([PlacementRef("main", "house:maison/x")], "no creative “x”"),
    ],
)
def test_reference_that_stands_for_nothing_is_refused(refs: list[PlacementRef], words: str) -> None:
    sponsors = [
        sponsor("a", booking("a")),
        sponsor("b", booking("b", status="hold")),
        Sponsor("c", "C", bookings=(booking("c"),), file="c.toml"),
        HOUSE,
    ]
    with pytest.raises(SponsorshipError, match=words):
        resolve(refs, WEEK, [MAIN, SECOND], sponsors, None)


def test_house_creative_of_a_slot_must_exist() -> None:
    require_house_creatives([MAIN, SECOND], [HOUSE])
    with pytest.raises(SponsorshipError, match="slot “second”"):
        require_house_creatives([SECOND], [])


def test_calendar_shows_free_and_double_booked_cells() -> None:
    both = [
        sponsor("a", booking("a")),
        sponsor("b", booking("b", status="hold")),
        sponsor("c", booking("c", status="cancelled", slot="second")),
    ]
    (row,) = calendar([WEEK], [MAIN, SECOND], both)
    assert [len(cell.bookings) for cell in row] == [2, 0]


# ---- Files ----------------------------------------------------------------------------------

CONFIG = """
[publication]
name = "La lettre"
[[slots]]
name = "main"
position = "main"
"""
FILE = """
name = "Brise-Lame"
[campaigns.automne]
name = "Automne"
[creatives.sac]
headline = "Un sac"
body = "Solide."
call_to_action = "Voir"
url = "https://example.org"
[[bookings]]
campaign = "automne"
edition = "2026-W46"
slot = "main"
creative = "sac"
price = 450.50
"""


def load(folder: Path, text: str) -> tuple[Sponsor, ...]:
    (folder / "config.toml").write_text(CONFIG)
    (folder / "sponsors").mkdir(exist_ok=True)
    (folder / "sponsors" / "brise-lame.toml").write_text(text)
    return load_sponsors(load_config(folder / "config.toml", environment={}))


def test_file_is_read_whole(tmp_path: Path) -> None:
    (read,) = load(tmp_path, FILE)
    assert (read.id, read.name) == ("brise-lame", "Brise-Lame")
    (booked,) = read.bookings
    assert booked.id == "brise-lame/2026-W46/main"
    assert str(booked.price) == "450.5"
    assert booked.status is BookingStatus.CONFIRMED


def test_no_folder_means_no_sponsor(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(CONFIG)
    assert load_sponsors(load_config(tmp_path / "config.toml", environment={})) == ()


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('slot = "main"', 'slot = "mian"', ["sponsors/brise-lame.toml:13", "“main”?"]),
        ('edition = "2026-W46"', 'edition = "W46"', ["bookings[0].edition", "2026-W46"]),
        ("price = 450.50", "price = -1", ["bookings[0].price", "from 0 up"]),
        ("price = 450.50", "price = 'cher'", ["“cher”", "a number such as"]),
        ("price = 450.50", "status = 'confirmd'", ["hold, confirmed", "“confirmed”?"]),
        ('url = "https://example.org"', 'url = "javascript:x"', ["creatives.sac.url"]),
        ('url = "https://example.org"', 'url = "https://a.example"\npicture = "x.jpg"', ["x.jpg"]),
        ("[campaigns.automne]\nname", "[campaigns.automne]\nnom", ["nom", "“name”?"]),
        ('[campaigns.automne]\nname = "Automne"', "campaigns = 3", ["found 3", "[campaigns.name]"]),
        ('creative = "sac"', 'creative = ""', ["bookings[0].creative"]),
    ],
)
def test_mistake_in_a_file_names_file_line_and_key(
    tmp_path: Path, old: str, new: str, words: list[str]
) -> None:
    assert old in FILE
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, FILE.replace(old, new))
    told = f"{caught.value.message} {caught.value.hint}"
    for word in [*words, "brise-lame.toml"]:
        assert word in told


def test_picture_needs_words_for_those_who_do_not_see_it(tmp_path: Path) -> None:
    (tmp_path / "sponsors").mkdir()
    (tmp_path / "sponsors" / "p.jpg").write_bytes(b"x")
    with pytest.raises(ConfigError, match="no alt"):
        load(tmp_path, FILE.replace("[[bookings]]", 'picture = "p.jpg"\n[[bookings]]'))
