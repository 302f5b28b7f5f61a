"""MJML documents for comparing two compilers: the components that templates are made of, and
everything a template may do with them. The words are invented and stand for nothing.
"""

from __future__ import annotations

from collections.abc import Mapping

#: A small grey picture, so that nothing has to be loaded.
PICTURE = (
    "data:image/png;base64,"
    "iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAFUlEQVR42mMMTc5lwAaYGHCAwSkBAOmO"
    "ATXNS2ANAAAAAElFTkSuQmCC"
)

_HEAD = """\
<mj-head>
  <mj-title>Écluses, horloges & phares</mj-title>
  <mj-breakpoint width="480px" />
  <mj-attributes>
    <mj-all font-family="Georgia,serif" />
    <mj-text font-size="17px" line-height="26px" padding="8px 32px" color="#26343F" />
    <mj-class name="label" font-family="Helvetica,Arial,sans-serif" font-size="14px" />
    <mj-class name="strong" color="#A6163F" font-weight="bold" />
  </mj-attributes>
  <mj-style>
    .phone{display:none!important}
    @media (max-width:480px){.phone{display:block!important}}
  </mj-style>
</mj-head>"""

_COLUMN = "<mj-section><mj-column>{}</mj-column></mj-section>"

_PARTS: Mapping[str, str] = {
    "text": _COLUMN.format(
        '<mj-text mj-class="label strong">Publicité</mj-text>'
        '<mj-text css-class="note" align="center" letter-spacing="-0.3px" font-style="italic">'
        "<p style='margin:0'>«\u00a0On attend, puis on part.\u00a0» <b>un</b>\n<i>deux</i>\n"
        "  <a href='https://example.org/a?b=1&amp;c=2'>trois</a><br>quatre&nbsp;: 30\u202f%</p>"
        "</mj-text>"
        '<mj-text padding="0" height="40px" text-decoration="underline">soulignée</mj-text>'
    ),
    "button, divider, spacer": _COLUMN.format(
        '<mj-button href="https://example.org/lampe" background-color="#14202B" '
        'inner-padding="14px 24px" border-radius="2px" font-size="16px">Voir la lampe</mj-button>'
        '<mj-divider border-color="#C9D1D6" border-width="1px" padding="12px 32px" />'
        '<mj-spacer height="24px" />'
        '<mj-divider border-style="dashed" border-width="3px" width="50%" align="left" />'
        '<mj-button width="240px" align="right" text-align="left">Sans lien</mj-button>'
    ),
    "image": _COLUMN.format(
        f'<mj-image src="{PICTURE}" alt="Un quai «\u00a0désert\u00a0»" width="300px" '
        'height="120px" />'
        f'<mj-image src="{PICTURE}" alt="Un phare" href="https://example.org" padding="0" '
        'height="80px" fluid-on-mobile="true" title="Le phare" />'
    ),
    "table": _COLUMN.format(
        '<mj-table font-size="14px" line-height="20px" cellpadding="4">'
        "<tr><th align='left'>Port</th><th>Marée</th></tr>"
        "<tr><td>Sablonne</td><td align='right'>3,2&nbsp;m</td></tr></mj-table>"
    ),
    "columns and groups": (
        '<mj-section background-color="#F3EDDF" padding="16px">'
        '<mj-column width="33%"><mj-text>Un tiers</mj-text></mj-column>'
        '<mj-column width="67%" background-color="#FFFFFF" border="1px solid #CFC2A3" '
        'padding="8px" inner-background-color="#E1E6E9"><mj-text>Deux tiers</mj-text></mj-column>'
        "</mj-section>"
        "<mj-section direction='rtl'><mj-group><mj-column><mj-text>gauche</mj-text></mj-column>"
        "<mj-column vertical-align='bottom'><mj-text>droite, avec un peu plus de mots que la "
        "place n’en donne</mj-text></mj-column></mj-group></mj-section>"
    ),
    "wrapper and full width": (
        '<mj-wrapper background-color="#26221A" padding="8px 0" full-width="full-width">'
        '<mj-section background-color="#F3EDDF" border="2px solid #CFC2A3" border-radius="4px">'
        "<mj-column><mj-text>Dans un cadre</mj-text></mj-column></mj-section>"
        "<mj-section><mj-column><mj-text color='#F6EFDF'>Dehors</mj-text></mj-column></mj-section>"
        "</mj-wrapper>"
        '<mj-section full-width="full-width" background-color="#D5DFE4" text-align="left">'
        "<mj-column width='200px'><mj-text>Bord à bord</mj-text></mj-column></mj-section>"
    ),
    "raw": (
        "<mj-raw><div style='font-size:0;display:none'>Aperçu</div></mj-raw>"
        "<mj-section><mj-column><mj-raw><tr><td style='padding:20px 32px' class='rule'>"
        "<table role='presentation' width='100%'><tbody><tr><td>gauche</td>"
        "<td align='right'>droite</td></tr></tbody></table></td></tr></mj-raw>"
        "<mj-text css-class='phone'>seulement au téléphone</mj-text>"
        "<mj-raw><!--[if mso]><tr><td>Outlook</td></tr><![endif]--></mj-raw>"
        "</mj-column></mj-section>"
    ),
    "hero": (
        '<mj-hero background-color="#14202B" height="180px" padding="24px" '
        'vertical-align="middle"><mj-text color="#FFFFFF" align="center">La marée</mj-text>'
        "<mj-button>Partir</mj-button></mj-hero>"
    ),
    "social and navbar": _COLUMN.format(
        '<mj-social mode="horizontal" icon-size="24px">'
        f'<mj-social-element src="{PICTURE}" href="https://example.org/1" alt="Un">Un'
        "</mj-social-element>"
        f'<mj-social-element src="{PICTURE}" href="https://example.org/2" alt="Deux">Deux'
        "</mj-social-element></mj-social>"
        '<mj-navbar base-url="https://example.org"><mj-navbar-link href="/a">Rives'
        '</mj-navbar-link><mj-navbar-link href="/b" color="#A6163F">Phares</mj-navbar-link>'
        "</mj-navbar>"
    ),
}


def documents() -> dict[str, str]:
    """Whole MJML documents by name."""
    return {
        name: f'<mjml lang="fr" dir="ltr">{_HEAD}<mj-body background-color="#E1E6E9">'
        f"{part}</mj-body></mjml>".replace(" & ", " &amp; ")
        for name, part in _PARTS.items()
    }
