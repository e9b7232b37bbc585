"""Hub cards for python-frontmatter.

A hub card is a title, then a `---` block, then the body, so plain python-frontmatter, which wants the
block on the first line, sees no metadata at all. `HubHandler` teaches it the hub's shape::

    frontmatter.loads(text, handler=hubtool.HubHandler())
"""

from __future__ import annotations

from typing import Any

from frontmatter.default_handlers import YAMLHandler

from hubtool.card.frontmatter import find_outline
from hubtool.card.yamlvalues import read_yaml


class HubHandler(YAMLHandler):
    """python-frontmatter handler for cards with the title before the block; scalars stay as written."""

    def detect(self, text: str) -> bool:
        """Whether the text has a front matter that is closed."""
        outline = find_outline(text)
        return outline is not None and outline.closed

    def split(self, text: str) -> tuple[str, str]:
        """Front matter and content, the title included in the latter.

        Raises
        ------
        ValueError
            There is no front matter; python-frontmatter then takes the whole text as content.
        """
        outline = find_outline(text)
        if outline is None or not outline.closed:
            raise ValueError("no front matter")
        title = f"# {outline.title}\n\n" if outline.title and outline.title_line < outline.yaml_line else ""
        return outline.yaml, title + outline.body.lstrip("\n")

    def load(self, fm: str, **_: object) -> Any:
        """The block as dicts, lists and strings; an empty dict when it is not a mapping."""
        value = read_yaml(fm).value
        return value if isinstance(value, dict) else {}
