"""An edition, rendered once for everybody: Jinja2 to MJML to HTML, and the text part.

`letter.render_letter` makes the letter, `tokens` personalises it after rendering, `plan` decides
where the sponsors' blocks stand. Judging the result is left to `digest.check`.
"""
