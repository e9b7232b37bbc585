"""What a card claims about one file, as a digest: evidence for it is void once a figure or the file changes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable

from hubtool.card.metrics import Metric
from hubtool.card.record import Asset


def claims_digest(asset: Asset | None, metrics: Iterable[Metric]) -> str:
    """SHA-256 (64 lower-case hexadecimal digits) of a file's link and digest and of the figures published for it.

    Prose does not count: mending a typing error in a card leaves its evidence valid.
    """
    claims = {
        "asset": [asset.url, asset.digest.hex if asset.digest else None] if asset else None,
        "metrics": [[metric.name, metric.value, metric.unit] for metric in metrics],
    }
    text = json.dumps(claims, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
