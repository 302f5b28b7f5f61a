"""One mailbox, one spelling; a reason for whoever mistyped."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.subscribers.addresses import MAX_ADDRESS, AddressError, normalise

LABEL = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?", fullmatch=True).filter(
    lambda label: "--" not in label
)
LOCAL = st.from_regex(r"[a-z0-9_+-]{1,12}(\.[a-z0-9_+-]{1,12})?", fullmatch=True)
ADDRESS = st.builds(
    lambda local, labels, top: f"{local}@{'.'.join([*labels, top])}",
    LOCAL,
    st.lists(LABEL, min_size=1, max_size=3),
    st.sampled_from(["example", "org", "fr"]),
)


@given(ADDRESS, st.sampled_from(["", " ", "\t", "\u00a0", "\r\n"]))
def test_typing_an_address_otherwise_makes_no_second_reader(address: str, blank: str) -> None:
    assert normalise(address) == address
    assert normalise(blank + address.upper() + blank) == address


@given(st.text(max_size=300))
def test_any_text_is_one_spelling_or_a_reason(text: str) -> None:
    try:
        address = normalise(text)
    except AddressError:
        return
    assert normalise(address) == address
    assert address.isascii()
    assert address == address.lower()
    assert len(address) <= MAX_ADDRESS
    assert not set(address) & set(string.whitespace)


@given(st.text(alphabet="aé.@-_ <>\0\u200bß例1x", max_size=24))
def test_what_looks_like_an_address_never_breaks(text: str) -> None:
    try:
        address = normalise(text)
    except AddressError:
        return
    assert address.count("@") == 1
    assert "." in address.partition("@")[2]


def test_domains_in_any_script_are_sent_to_by_their_ascii_name() -> None:
    assert normalise("zoe@CAFÉ-lecteurs.example") == normalise("zoe@xn--caf-lecteurs-deb.example")
    # IDNA 2008 keeps the sharp s, where its predecessor sent to another domain.
    assert normalise("a@straße.example") != normalise("a@strasse.example")


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("", "no address"),
        ("marie", "no @"),
        ("marie@@example.org", "two @"),
        ("a@b@c@example.org", "3 @"),
        ("marie@example", "domain without a dot"),
        ("@example.org", "nothing before the @"),
        ("marie@", "nothing after the @"),
        ("marie dupont@example.org", "blank"),
        ("marie\0@example.org", "U+0000"),
        ("marie\u200b@example.org", "U+200B"),
        ("Marie <marie@example.org>", "brackets"),
        ("mailto:marie@example.org", "mailto"),
        ("hélène@example.org", "“é” before the @"),
        ("marie,@example.org", "“,” before the @"),
        (".marie@example.org", "dot at the wrong place before"),
        ("marie@example..org", "dot at the wrong place after"),
        ("marie@example.org.", "dot at the wrong place after"),
        ("marie@exam_ple.org", "“_” after the @"),
        ("marie@example.org;", "“;” after the @"),
        ("marie@-example.org", "hyphen"),
        ("marie@192.0.2.1", "ends in “.1”"),
        ("marie@example.o", "ends in “.o”"),
        ("marie@é..example", "cannot exist"),
        ("marie@xn--0.example", "cannot exist"),
        (f"{'m' * 65}@example.org", "65 characters, 64 at most"),
        (f"marie@{'e' * 64}.org", "longer than 63"),
        (f"marie@{'e.' * 130}org", f"{MAX_ADDRESS} at most"),
    ],
)
def test_reason_says_what_is_wrong(typed: str, reason: str) -> None:
    with pytest.raises(AddressError) as refused:
        normalise(typed)
    assert reason in str(refused.value)
    assert typed == "" or typed not in str(refused.value)
