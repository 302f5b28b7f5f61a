"""The compiler's door: what MRML would spoil arrives whole, what it would pass is refused."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html as lxml_html

from digest.errors import TemplateError
from digest.render.mjml import compiling as door
from digest.render.mjml.compiling import compile_mjml
from digest.render.mjml.html import MAX_DEPTH
from digest.render.mjml.rules import check_source, components
from digest.render.mjml.values import value_hint


def letter(inside: str, head: str = "") -> str:
    return (
        f"<mjml><mj-head>{head}</mj-head><mj-body><mj-section><mj-column>{inside}"
        "</mj-column></mj-section></mj-body></mjml>"
    )


def compiled(inside: str, head: str = "") -> str:
    return compile_mjml(letter(inside, head), name="t.mjml")


def parsed(page: str) -> Any:
    """Its document, as lxml reads what mail programs get."""
    return lxml_html.fromstring(page.encode())


def refusal(source: str) -> TemplateError:
    with pytest.raises(TemplateError) as caught:
        compile_mjml(source, name="t.mjml")
    return caught.value


ODD = "«\u00a0Été\u202f!\u00a0» soft\u00adhyphen e\u0301 👩‍👩‍👧 \u2028 \\u{a0} \\n"


def test_french_alt_text_arrives_whole() -> None:
    shown = compiled(f'<mj-image src="a.jpg" alt="{html.escape(ODD)}" />')
    alt = parsed(shown).find(".//img").get("alt")
    assert alt == ODD
    assert "«\u00a0Été\u202f!" in shown


visible = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="{}"), min_size=1
).filter(lambda text: text.strip() == text)


@given(text=visible)
def test_any_text_and_attribute_arrives_whole(text: str) -> None:
    value = html.escape(text)
    shown = compiled(f'<mj-text><p title="{value}">{value}</p></mj-text>')
    paragraph = parsed(shown).find(".//p[@title]")
    assert paragraph.get("title") == text
    assert paragraph.text == text


@pytest.mark.parametrize(
    "written", ["&#10214;9&#10215;", "&#10214;0&#10215;", "&#0010214;1&#x27e7;", "⟦0⟧", "⟦&#48;⟧"]
)
def test_brackets_that_look_like_our_marks_are_words(written: str) -> None:
    shown = compiled(
        f'<mj-image src="a.jpg" alt="{written}" /><mj-text><p title="{written}">x</p></mj-text>',
        head=f"<mj-title>{written}</mj-title>",
    )
    document = parsed(shown)
    wanted = html.unescape(written)
    assert document.find(".//img").get("alt") == wanted
    assert document.find(".//p[@title]").get("title") == wanted
    assert document.find(".//title").text == wanted


@given(code=st.integers(0, 0x120000), bracket=st.booleans(), hexadecimal=st.booleans())
def test_number_of_a_character_arrives_as_it_was_meant(
    code: int, bracket: bool, hexadecimal: bool
) -> None:
    entity = f"&#x{code:x};" if hexadecimal else f"&#{code};"
    written = f"⟦{entity}&#10215;" if bracket else entity
    shown = compiled(f'<mj-image src="a.jpg" alt="a{written}b" />')
    shown.encode()
    [alt] = re.findall('alt="(a.*?b)"', shown, re.DOTALL)
    assert html.unescape(alt) == html.unescape(f"a{written}b")


@pytest.mark.parametrize("number", ["0", "000", "150", "55296", "57343", "1114112", "9999999"])
def test_number_that_is_no_character_stays_a_number(number: str) -> None:
    assert f'alt="a&#{number};"' in compiled(f'<mj-image src="a.jpg" alt="a&#{number};" />')


@pytest.mark.parametrize("code", [0, 0xD800, 0xDFFF])
@pytest.mark.parametrize(
    "form", ["<mj-text>\n{}</mj-text>", '\n<mj-text css-class="{}">x</mj-text>']
)
def test_character_that_cannot_be_sent_is_refused_with_its_line(code: int, form: str) -> None:
    error = refusal(letter(form.format(chr(code))))
    assert error.message == f"t.mjml:2: a character that cannot be sent: U+{code:04X}"
    assert error.hint


@given(
    st.lists(
        st.sampled_from(["<!---->", "<!-- </mj-text> -->", "<!-- <!-- -->", "mot", " ", "<br>"]),
        max_size=30,
    )
)
def test_component_ends_at_its_first_end_tag_outside_comments(parts: list[str]) -> None:
    shown = compiled(f"<mj-text>a{''.join(parts)}z</mj-text><mj-text>Fin</mj-text>")
    words = "".join(part for part in parts if not part.startswith("<"))
    text = "".join(parsed(shown).find("body").itertext())
    assert f"a{words}z".split() == text.replace("Fin", "").split()
    assert "Fin" in text


@pytest.mark.parametrize("inside", ["<!-- x", "<!---->" * 3, "<!-- </mj-text> -->", "<!-- --><!--"])
def test_component_without_its_end_is_told_whatever_comments_it_holds(inside: str) -> None:
    source = f"<mjml><mj-body><mj-section><mj-column><mj-text>{inside}"
    assert "<mj-text> is not closed" in refusal(source).message


def test_quotation_mark_in_single_quoted_attribute_opens_nothing() -> None:
    shown = compiled("""<mj-text><p title='a" onclick="b'>x</p></mj-text>""")
    paragraph = parsed(shown).find(".//p[@title]")
    assert dict(paragraph.attrib) == {"title": 'a" onclick="b'}


def test_attributes_without_quotes_or_value_are_completed() -> None:
    shown = compiled("<mj-text><input type=checkbox disabled></mj-text>")
    assert dict(parsed(shown).find(".//input").attrib) == {
        "type": "checkbox",
        "disabled": "disabled",
    }


def test_line_break_in_attribute_becomes_a_space() -> None:
    shown = compiled('<mj-text><p title="a\nb\\nc">x</p></mj-text>')
    assert parsed(shown).find(".//p[@title]").get("title") == "a b\\nc"


def test_words_on_two_lines_do_not_grow_together() -> None:
    shown = compiled("<mj-text><b>un</b>\n<i>deux</i>\n  <b>trois</b></mj-text>")
    assert "un deux trois" in " ".join(parsed(shown).text_content().split())


def test_components_may_stand_on_one_line() -> None:
    shown = compiled(
        '<mj-social> <mj-social-element src="a.png" alt="a">Un</mj-social-element> </mj-social>',
        head=' <mj-title>T</mj-title> <mj-attributes> <mj-all padding="0" /> </mj-attributes> ',
    )
    assert "<title>T</title>" in shown
    assert "Un" in shown


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


def test_words_for_everyone_but_outlook_stay_between_their_marks() -> None:
    inside = "<!--[if !mso]><!--><b>tous</b><!--<![endif]-->"
    assert inside in compiled(f"<mj-text>{inside}</mj-text>")


def test_title_with_quotation_marks_opens_no_attribute() -> None:
    page = compiled("<mj-text>x</mj-text>", head='<mj-title>L’« eau » "vive" \\n ⟦0⟧</mj-title>')
    document = parsed(page)
    assert document.find(".//title").text == 'L’« eau » "vive" \\n ⟦0⟧'
    [around] = document.xpath("//body/div")
    assert around.get("aria-label") == 'L’« eau » "vive" \\n ⟦0⟧'
    assert set(around.attrib) == {"aria-label", "aria-roledescription", "role", "lang", "dir"}


def test_style_sheet_and_words_for_outlook_arrive_whole() -> None:
    css = '.a>.b::before{content:"«\u00a0"} @media (max-width:480px){.a{color:red}}'
    page = compile_mjml(
        f"<mjml><mj-head><mj-style>\n{css}\n</mj-style></mj-head><mj-body>"
        "<!--[if mso]><i>Été</i><![endif]--><!-- secret --></mj-body></mjml>",
        name="t.mjml",
    )
    assert css in page
    assert "<!--[if mso]><i>Été</i><![endif]-->" in page
    assert "secret" not in page


def test_page_has_no_margin_even_without_its_style_sheet() -> None:
    shown = compile_mjml(
        "<mjml><mj-body><mj-raw><p>&lt;body style=&quot;</p></mj-raw></mj-body></mjml>", name="t"
    )
    [body] = parsed(shown).iter("body")
    assert body.get("style").startswith("margin:0;padding:0;")
    assert shown.count("margin:0;padding:0;word-spacing") == 1


def test_html_without_its_own_end_is_ended_for_browsers() -> None:
    assert "<td></td><br>" in compiled("<mj-table><tr><td /><br /></tr></mj-table>")


def test_entities_and_braces_written_as_entities_survive() -> None:
    shown = compiled("<mj-text>&amp;#233; &#123;&#123; &nbsp;&lt;b&gt; &#8239;|</mj-text>")
    assert "&#233; {{ \u00a0<b> \u202f|" in parsed(shown).text_content()


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
        (letter("<mj-text>\n<p>a</mj-text>"), 2, ["<p>", "not closed"]),
        (letter("<mj-text>\n<p><b>\na</p></mj-text>"), 3, ["</p>", "<b>", "line 2"]),
        (letter("<mj-text>\n</p></mj-text>"), 2, ["</p>", "closes nothing"]),
        (
            letter("<mj-text>\n<!--[if mso]><mj-text></mj-text><![endif]--></mj-text>"),
            2,
            ["Outlook"],
        ),
        (letter("\n<mj-image alt='a' /></mj-group>"), 2, ["mj-group", "mj-column", "line 1"]),
        (letter("\n<mj-text align='left' align='right'>a</mj-text>"), 2, ["align", "twice"]),
        (
            letter("a", head="<mj-attributes>\n<!--[if mso]><![endif]--></mj-attributes>"),
            2,
            ["Outlook"],
        ),
        ("\n<!--[if mso]>a<![endif]--><mjml></mjml>", 2, ["Outlook", "mj-body"]),
        (letter("<mj-text>a"), 1, ["mj-text", "not closed"]),
        (letter("\na < b"), 2, ["&lt;"]),
        (letter("a", head="\n<mj-title>a<b>c</b></mj-title>"), 2, ["mj-title", "tag"]),
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
        ("<mjml>\n<mj-body><!--[if mso]>a<![endif]--> <!-- b -->\n", 2, ["mj-body", "not closed"]),
        ("<mjml><mj-head>\n<mj-style>a{}</mjml>", 2, ["mj-style", "not closed"]),
        (letter("a", head="\n<mj-style inline='inline'>a{}</mj-style>"), 2, ["inline"]),
        (letter("<mj-raw position='file-start'>a</mj-raw>"), 1, ["position"]),
        (letter("a", head="\n<mj-preview>a</mj-preview>"), 2, ["mj-preview", "preheader"]),
        (letter("\n<mj-table role='presentation'></mj-table>"), 2, ["role", "mj-raw"]),
        (letter("\n<mj-text padding='12'>a</mj-text>"), 2, ["padding", "“12”", "“12px”"]),
        (letter("\n<mj-text color='rde'>a</mj-text>"), 2, ["color", "“rde”", "“red”"]),
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
    source = letter("\n\n<mj-text css-class='é'>x</mj-text>")

    def complain(text: str, **_options: object) -> str:
        position = len(text[: text.index("</mj-text")].encode())
        raise ValueError(f"unexpected token in root template at position {position}:9")

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


def test_value_in_a_templates_source_is_judged_unless_jinja_writes_it() -> None:
    check_source(
        "<mj-text align=\"{% if a %}left{% else %}right{% endif %}\" color='{{ b }}' "
        "{% if c %}padding='1px'{% endif %}>",
        "x.mjml.j2",
    )
    with pytest.raises(TemplateError) as caught:
        check_source("\n<mj-text {% if a %}align='middle'{% endif %}>", "x.mjml.j2")
    assert caught.value.message == "x.mjml.j2:2: <mj-text align> cannot be “middle”"
    assert caught.value.hint


def test_template_source_may_leave_names_to_jinja() -> None:
    check_source("<mj-{{ kind }} a='b'><img {{ attributes }}><h{{ n }}></h{{ n }}>", "x.mjml.j2")
    check_source('<mj-text {{ name }}="x"></mj-text>', "x.mjml.j2")


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("color", "#A6163F"),
        ("color", "#fff"),
        ("color", "rgb(1, 2, 3)"),
        ("color", "rgba(0,0,0,0.5)"),
        ("color", "transparent"),
        ("unit(px,%)", "12px"),
        ("unit(px,%)", "0"),
        ("unit(px,%)", "33.3%"),
        ("unit(px,%){1,4}", "8px 0 10% 8px"),
        ("unit(px,%,)", "1.5"),
        ("unit(px,auto)", "auto"),
        ("unitWithNegative(px,em)", "-0.3px"),
        ("enum(full-width,false,)", ""),
        ("boolean", "true"),
        ("integer", "4"),
        ("string", "1px solid red"),
    ],
)
def test_value_that_mjml_allows_passes(kind: str, value: str) -> None:
    assert value_hint(kind, value, {"red", "transparent"}) == ""


@pytest.mark.parametrize(
    ("kind", "value", "hint"),
    [
        ("color", "#A6163", "#RRGGBB"),
        ("color", "", "#RRGGBB"),
        ("color", "redd", "“red”"),
        ("unit(px,%)", "12", "“12px”"),
        ("unit(px,%)", "12 px", "px or %; one of them"),
        ("unit(px,%)", "-4px", "negative"),
        ("unit(px,%)", "-4", "negative"),
        ("unit(px,%){1,4}", "1px 2px 3px 4px 5px", "one to four"),
        ("unit(px,%,)", "wide", "bare number"),
        ("unit(px,auto)", "full", "auto"),
        ("unitWithNegative(px,em)", "-0.3", "“-0.3px”"),
        ("enum(left,right,center)", "centre", "“center”"),
        ("enum(ltr,rtl)", "", "ltr, rtl"),
        ("boolean", "yes", "true or false"),
        ("integer", "4px", "whole number"),
    ],
)
def test_value_that_mjml_refuses_gets_the_nearest_advice(kind: str, value: str, hint: str) -> None:
    assert hint in value_hint(kind, value, {"red", "transparent"})


def test_type_that_mjml_does_not_have_is_a_fault_of_the_list() -> None:
    with pytest.raises(ValueError, match="no type of MJML"):
        value_hint("unit(", "1", ())


@pytest.mark.parametrize(
    ("inside", "head", "classes"),
    [
        ('<mj-text data-at="7">x</mj-text>', "", "at-7"),
        ('<mj-text data-at="7" css-class="px ink">x</mj-text>', "", "px ink at-7"),
        ('<mj-divider data-at="7" />', "", "at-7"),
        ('<mj-text data-at="7">x</mj-text>', '<mj-text css-class="px" />', "px at-7"),
        (
            '<mj-text data-at="7" mj-class="b a">x</mj-text>',
            '<mj-all css-class="px" /><mj-class name="a" css-class="ink" />',
            "ink at-7",
        ),
    ],
)
def test_traced_component_keeps_its_number_and_its_classes(
    inside: str, head: str, classes: str
) -> None:
    shown = compiled(inside, head=f"<mj-attributes data-at='1'>{head}</mj-attributes>")
    assert f'class="{classes}"' in shown
    assert "data-at" not in shown


def test_traced_html_keeps_its_number_and_what_has_no_element_loses_it() -> None:
    shown = compile_mjml(
        '<mjml data-at="1"><mj-head data-at="2"><mj-title data-at="3">T</mj-title></mj-head>'
        '<mj-body data-at="4"><mj-raw data-at="5"><p data-at="6">x</p></mj-raw></mj-body></mjml>',
        name="t.mjml",
    )
    assert '<p data-at="6">x</p>' in shown
    assert re.findall(r"at-\d", shown) == ["at-4"]


def test_table_of_components_agrees_with_itself() -> None:
    table = components()
    for name, component in table.items():
        assert component.children <= set(table), name
        assert component.content in ("components", "html", "text", "css", "nothing"), name
        assert component.unsupported.keys() <= component.attributes.keys(), name
        for kind in component.attributes.values():
            value_hint(kind, "", ())
