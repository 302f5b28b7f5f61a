"""The studio's words: the same in both languages, all there, none left over; nothing inline."""

from __future__ import annotations

import re
from importlib import resources

import pytest

from digest.web.studio.page import assets, words

_PAGES = resources.files("digest.web.studio") / "pages"
_TEMPLATE = (_PAGES / "studio.html.j2").read_text(encoding="utf-8")
_SCRIPTS = {
    name: content.decode() for name, (_, content) in assets().items() if name.endswith(".js")
}
_CODE = "\n".join([_TEMPLATE, *_SCRIPTS.values()])
#: Beginnings of keys that a script completes with a code of the state.
_BEGUN = re.compile(r"`([a-z_]+_)\$\{")


def test_both_languages_say_the_same_things_in_other_words() -> None:
    french, english = words()["fr"], words()["en"]
    assert french.keys() == english.keys()
    for key in french:
        places = re.findall(r"\{\w+\}", french[key])
        assert sorted(places) == sorted(re.findall(r"\{\w+\}", english[key])), key
        assert french[key].strip()
        assert english[key].strip()


def test_every_word_the_page_asks_for_is_there() -> None:
    known = words()["fr"]
    counted = {key.rpartition("_")[0] for key in known if key.endswith(("_one", "_many"))}
    assert set(re.findall(r'\bsay\(\s*"(\w+)"', _CODE)) <= known.keys()
    assert set(re.findall(r'\bcount\(\s*"(\w+)"', _CODE)) <= counted
    labelled = re.findall(r'(?:data-(?:word|label|placeholder)=|label\()"(\w+)"', _TEMPLATE)
    assert set(labelled) <= known.keys()


def test_no_word_is_left_over() -> None:
    begun = tuple(_BEGUN.findall(_CODE))

    def is_said(key: str) -> bool:
        stem = re.sub(r"_(?:one|many)$", "", key)
        return key.startswith(begun) or any(
            form in _CODE for form in (f'"{key}"', f'"{stem}"', f".{key};")
        )

    assert [key for key in words()["fr"] if not is_said(key)] == []


@pytest.mark.parametrize("name", ["studio.html.j2", *sorted(_SCRIPTS)])
def test_nothing_in_the_page_needs_a_laxer_policy(name: str) -> None:
    source = _TEMPLATE if name == "studio.html.j2" else _SCRIPTS[name]
    inline = r"\sstyle=|\son[a-z]+=|<style|javascript:|innerHTML|outerHTML|\beval\(|new Function"
    assert not re.search(inline, source)
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", source)
