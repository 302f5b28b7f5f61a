"""The preview studio: one local page that shows a letter in every face readers may meet it in.

`letters` renders and checks, `faces` draws, `state` and its neighbours say what the page shows,
`session` keeps the page up to date with the files, `app` answers the browser, `exporting` writes
the same page as a folder. The page itself (HTML, style, script, words) lies in `pages/`.
"""
