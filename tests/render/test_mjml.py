"""The compiler's door: what MRML would spoil arrives whole, what it would pass is refused."""

from __future__ import annotations

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html as lxml_html

from digest.errors import TemplateError
from digest.render import mjml as door
from digest.render.mjml import MAX_DEPTH, compile_mjml
from digest.render.mjml_rules import check_source, components


def letter(inside: str, head: str = "") -> str:
    return (
        f"<mjml><mj-head>{head}</mj-head><mj-body><mj-section><mj-column>{inside}"
        "</mj-column></mj-section></mj-body></mjml>"
    )


def compiled(inside: str, head: str = "") -> str:
    return compile_mjml(letter(inside, head), name="t.mjml")


def refusal(source: str) -> TemplateError:
    with pytest.raises(TemplateError) as caught:
        compile_mjml(source, name="t.mjml")
    return caught.value


ODD = "«\u00a0Été\u202f!\u00a0» soft\u00adhyphen e\u0301 👩‍👩‍👧 \u2028 \\u{a0} \\n"


def test_french_alt_text_arrives_whole() -> None:
    shown = compiled(f'<mj-image src="a.jpg" alt="{html.escape(ODD)}" />')
    alt = lxml_html.fromstring(shown).find(".//img").get("alt")
    assert alt == ODD


visible = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="{}"), min_size=1
).filter(lambda text: text.strip() == text)


@given(text=visible)
def test_any_text_and_attribute_arrives_whole(text: str) -> None:
    value = html.escape(text)
    shown = compiled(f'<mj-text><p title="{value}">{value}</p></mj-text>')
    paragraph = lxml_html.fromstring(shown.encode()).find(".//p[@title]")
    assert paragraph.get("title") == text
    assert paragraph.text == text


def test_quotation_mark_in_single_quoted_attribute_opens_nothing() -> None:
    shown = compiled("""<mj-text><p title='a" onclick="b'>x</p></mj-text>""")
    paragraph = lxml_html.fromstring(shown).find(".//p[@title]")
    assert dict(paragraph.attrib) == {"title": 'a" onclick="b'}


def test_attributes_without_quotes_or_value_are_completed() -> None:
    shown = compiled("<mj-text><input type=checkbox disabled></mj-text>")
    assert dict(lxml_html.fromstring(shown).find(".//input").attrib) == {
        "type": "checkbox",
        "disabled": "disabled",
    }


def test_line_break_in_attribute_becomes_a_space() -> None:
    shown = compiled('<mj-text><p title="a\nb\\nc">x</p></mj-text>')
    assert lxml_html.fromstring(shown).find(".//p[@title]").get("title") == "a b\\nc"


def test_words_on_two_lines_do_not_grow_together() -> None:
    shown = compiled("<mj-text><b>un</b>\n<i>deux</i>\n  <b>trois</b></mj-text>")
    assert "un deux trois" in " ".join(lxml_html.fromstring(shown).text_content().split())


def test_head_on_one_line_compiles() -> None:
    shown = compiled(
        "<mj-text>x</mj-text>",
        head=' <mj-title>T</mj-title> <mj-attributes> <mj-all padding="0" /> </mj-attributes> ',
    )
    assert "<title>T</title>" in shown


def test_deep_nesting_is_refused_before_it_can_crash() -> None:
    depth = MAX_DEPTH * 20
    found = refusal(letter("<mj-text>" + "<div>" * depth + "</div>" * depth + "</mj-text>"))
    assert "deep" in found.message


def test_no_font_is_fetched_from_elsewhere() -> None:
    shown = compiled('<mj-text font-family="Roboto, Open Sans, Lato">x</mj-text>')
    assert not re.search(r"fonts\.googleapis|@import|<link", shown)


def test_authors_comments_stay_at_home_and_outlook_ones_leave() -> None:
    shown = compiled("<mj-text><!-- secret --><!--[if mso]>Outlook<![endif]-->x</mj-text>")
    assert "secret" not in shown
    assert "<!--[if mso]>Outlook<![endif]-->" in shown


def test_entities_and_braces_written_as_entities_survive() -> None:
    shown = compiled("<mj-text>&amp;#233; &#123;&#123; &nbsp;&lt;b&gt; &#8239;|</mj-text>")
    assert "&#233; {{ \u00a0<b> \u202f|" in lxml_html.fromstring(shown).text_content()


@pytest.mark.parametrize(
    ("source", "line", "words"),
    [
        (letter("\n<mj-txt>a</mj-txt>"), 2, ["mj-txt", "mj-text"]),
        (letter('\n\n<mj-text colour="red">a</mj-text>'), 3, ["colour", "color"]),
        (letter("\nlost words<mj-text>a</mj-text>"), 2, ["stray", "lost words"]),
        (letter("\n<mj-text>a</mj-text>\nlost"), 3, ["stray", "lost"]),
        (letter('\n<mj-image src="a.jpg" />'), 2, ["alt"]),
        (letter('\n<mj-image src="a.jpg" alt=" " />'), 2, ["alt"]),
        (letter('<mj-text>\n<img src="a.jpg"></mj-text>'), 2, ["alt"]),
        (letter("<mj-text>\n<p>a</mj-text>"), 2, ["<p>", "open"]),
        (letter("<mj-text>\na < b</mj-text>"), 2, ["&lt;"]),
        (letter("<mj-text>\n{{ left }}</mj-text>"), 2, ["{{"]),
        (letter("<mj-text>\n{% if %}</mj-text>"), 2, ["{%"]),
        (letter("\n<mj-section></mj-section>"), 2, ["mj-section", "mj-column", "mj-body"]),
        (letter("\n<p>a</p>"), 2, ["<p>", "mj-column"]),
        (letter("<mj-text>\n<mj-image /></mj-text>"), 2, ["alt"]),
        (letter('<mj-text>\n<mj-image alt="a" /></mj-text>'), 2, ["cannot stand"]),
        (letter("\n<![CDATA[x]]>"), 2, ["CDATA"]),
        ('<?xml version="1.0"?><mjml></mjml>', 1, ["declarations"]),
        ("<mjml><mj-body></mj-body></mjml>\n<mjml></mjml>", 2, ["outside"]),
        ("<mjml><mj-body></mj-body></mjml></p>", 1, ["closes nothing"]),
        ("<mjml>\n<mj-body>\n", 2, ["mj-body", "not closed"]),
        ("<mjml><mj-head>\n<mj-style>a{}</mjml>", 2, ["mj-style", "not closed"]),
        (letter("a", head="\n<mj-style inline='inline'>a{}</mj-style>"), 2, ["inline"]),
        (letter("<mj-raw position='file-start'>a</mj-raw>"), 1, ["position"]),
        (letter("\n<mj-include path='a.mjml' />"), 2, ["mj-include", "{% include"]),
        (letter("a", head="\n<mj-font name='a' href='b' />"), 2, ["mj-font"]),
        (letter("a", head="\n<mj-html-attributes></mj-html-attributes>"), 2, ["mj-html"]),
    ],
)
def test_fault_is_named_with_line_and_remedy(source: str, line: int, words: list[str]) -> None:
    found = refusal(source)
    assert found.message.startswith(f"t.mjml:{line}: ")
    said = found.message + " " + found.hint
    assert all(word in said for word in words), said
    assert found.hint


def test_what_is_no_mjml_is_refused() -> None:
    assert "stray" in refusal("hello").message
    assert "no <mjml>" in refusal("").message
    assert "outside" in refusal("<p>a</p>").message


def test_any_component_may_give_defaults_in_the_head() -> None:
    shown = compiled(
        '<mj-text mj-class="big">x</mj-text>',
        head='<mj-attributes><mj-text padding="1px" /><mj-class name="big" font-size="40px" />'
        "</mj-attributes>",
    )
    assert "font-size:40px" in shown
    assert "padding:1px" in shown


def test_compilers_own_complaint_becomes_a_template_error(monkeypatch: pytest.MonkeyPatch) -> None:
    source = letter("\n\n<mj-text>x</mj-text>")

    def complain(text: str, **_options: object) -> str:
        raise ValueError(f"unexpected token in root template at position {text.index('mj-text')}:9")

    monkeypatch.setattr(door, "mjml2html", complain)
    found = refusal(source)
    assert found.message.startswith("t.mjml:3: ")

    def give_up(_text: str, **_options: object) -> str:
        raise ValueError("unexpected end of stream")

    monkeypatch.setattr(door, "mjml2html", give_up)
    assert refusal(source).message.startswith("t.mjml: ")


@pytest.mark.parametrize(
    "left", ["<mj-text>", "{{ a }}", "{% b %}", "\\u{a0}", '<p title="a\\nb">']
)
def test_anything_left_over_in_the_html_stops_the_letter(
    monkeypatch: pytest.MonkeyPatch, left: str
) -> None:
    monkeypatch.setattr(door, "mjml2html", lambda *_a, **_k: f"<html>{left}</html>")
    assert "still holds" in refusal(letter("")).message


def test_template_source_is_judged_where_its_author_wrote_it() -> None:
    source = "{# a\nb #}{% macro x(y) %}\n<mj-text {{ y }} padding='{{ y }}' hue='1'>\n"
    with pytest.raises(TemplateError) as caught:
        check_source(source, "weekly/parts.mjml.j2")
    assert caught.value.message.startswith("weekly/parts.mjml.j2:3: ")
    assert "hue" in caught.value.message


def test_template_source_may_leave_names_to_jinja() -> None:
    check_source("<mj-{{ kind }} a='b'><img {{ attributes }}><h{{ n }}></h{{ n }}>", "x.mjml.j2")


def test_table_of_components_agrees_with_itself() -> None:
    table = components()
    for name, component in table.items():
        assert component.parents <= set(table), name
        assert component.content in ("components", "html", "text", "css", "nothing"), name
