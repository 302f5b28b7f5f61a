"""MJML, judged and compiled: `compiling.compile_mjml` is the one door to MRML.

`rules` and `values` know the reference compiler's list (`tags.toml`), `reading` and `html` walk
through a source. What a template writes into MJML is the templates' business.
"""
