"""What a site asks in robots.txt is understood, whatever is in the file."""

from __future__ import annotations

import pytest

from digest.net.robots import Robots

SITE = "https://gazette.example"


def allows(text: str, path: str) -> bool:
    return Robots.read(text.encode()).allows(SITE + path)


def test_what_is_forbidden_to_everybody_is_left_alone() -> None:
    text = "User-agent: *\nDisallow: /archives/\nAllow: /archives/libres/\n"
    assert not allows(text, "/archives/2026")
    assert allows(text, "/archives/libres/2026")
    assert allows(text, "/monde/")


@pytest.mark.parametrize("name", ["digest", "Digest", "DIGEST/2.0", "digest # nous"])
def test_rules_for_us_count_before_those_for_everybody(name: str) -> None:
    text = f"User-agent: *\nDisallow: /\n\nUser-agent: {name}\nDisallow: /prive/\n"
    assert allows(text, "/monde/")
    assert not allows(text, "/prive/a")


@pytest.mark.parametrize("name", ["digestbot", "dig", "my-digest", "d", ""])
def test_rules_for_programs_with_a_similar_name_are_not_ours(name: str) -> None:
    assert allows(f"User-agent: {name}\nDisallow: /\n", "/monde/")


def test_rules_shared_by_several_programs_are_ours_too() -> None:
    text = "User-agent: autre\nUser-agent: digest\nDisallow: /prive/\n"
    assert not allows(text, "/prive/a")


def test_wildcards_and_ends_are_understood() -> None:
    text = "User-agent: *\nDisallow: /*.pdf$\nDisallow: /*?imprimer\n"
    assert not allows(text, "/2026/rapport.pdf")
    assert allows(text, "/2026/rapport.pdf.html")
    assert not allows(text, "/2026/article?imprimer=1")


@pytest.mark.parametrize(
    ("said", "delay"), [("2", 2.0), ("0.5", 0.5), ("3600", 10.0), ("-3", 0.0), ("bientôt", 0.0)]
)
def test_the_delay_is_kept_up_to_ten_seconds(said: str, delay: float) -> None:
    assert Robots.read(f"User-agent: *\nCrawl-delay: {said}\n".encode()).delay == delay


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\x00\xff\xfe" * 100,
        b"<!doctype html><title>Introuvable</title>",
        b"Disallow: /",
        "\ufeffUser-agent: autre\nDisallow: /".encode(),
    ],
)
def test_a_file_that_says_nothing_to_us_allows_everything(body: bytes) -> None:
    robots = Robots.read(body)
    assert robots.allows(f"{SITE}/a")
    assert robots.delay == 0


def test_a_file_with_a_mark_of_byte_order_is_read() -> None:
    assert not allows("\ufeffUser-agent: *\nDisallow: /", "/a")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_kind_of_line_end_is_read(end: str) -> None:
    text = end.join(["User-agent: digest", "Disallow: /prive/", ""])
    assert not allows(text, "/prive/a")


def test_thousands_of_names_and_rules_are_read_at_once() -> None:
    """Their product would take minutes."""
    names = "".join(f"User-agent: robot{number}\r" for number in range(12_000))
    robots = Robots.read((names + "Disallow: /a\r" * 20_000).encode())
    assert robots.allows(f"{SITE}/a")


def test_wildcards_without_end_do_not_hold_the_run() -> None:
    text = "User-agent: *\n" + f"Disallow: /{'*a' * 200}b\n" * 20
    assert allows(text, "/" + "a" * 2_000)
