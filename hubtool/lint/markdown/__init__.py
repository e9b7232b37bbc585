"""A card's body, as far as rules look at it: headings, fences, links and tables with their places.

Not a Markdown parser: one search for the few line starts that matter (`blocks`), and a second one, over the text that
is left, for links. Building a syntax tree takes fifty times as long. All offsets count characters of the card's text.
"""
