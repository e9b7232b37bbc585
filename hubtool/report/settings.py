"""How images are prepared, and who says so, in a line."""

from __future__ import annotations

from collections.abc import Mapping


def sources_said(sources: Mapping[str, str]) -> str:
    """As in `crop_pct by MindCV's config of convnext_tiny; the rest by MindCV's default for ImageNet-1k`.

    Empty where nothing is known.
    """
    keys: dict[str, list[str]] = {}
    for key, source in sources.items():
        keys.setdefault(source, []).append(key)
    if len(keys) < 2:
        return next(iter(keys), "")
    rest = max(keys, key=lambda source: len(keys[source]))
    said = [f"{', '.join(keys[source])} by {source}" for source in keys if source != rest]
    return "; ".join([*said, f"the rest by {rest}"])
