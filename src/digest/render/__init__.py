"""An edition, rendered once for everybody: Jinja2 to MJML to HTML, and the text part.

Start at `letter.render_letter`. `plan`, `parts` and `placing` decide what stands where and where
sponsors find a place; `theme`, `typeset`, `sentences`, `textual` and `linking` set the words;
`templates/`, `mjml/` and `pictures/` are what their names say. `tokens` personalises the result.
Judging it is left to `digest.check`.
"""
