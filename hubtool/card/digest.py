"""What a card claims about one file, as a digest: evidence for it is void once any of it changes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from hubtool.card.claimset import ClaimSet
from hubtool.card.names import name_key


def claims_digest(claim_set: ClaimSet) -> str:
    """SHA-256 (64 lower-case hexadecimal digits) of all that the published figures of a file depend on.

    That is the file's link and digest, the figures, the network, the dataset, and how the card says that images are
    prepared. Prose does not count: fixing a typo in a card leaves its evidence valid.
    """
    asset = claim_set.asset
    claims = {
        "asset": [asset.url, asset.digest.hex if asset.digest else None] if asset else None,
        "metrics": [[claim.name, claim.value, claim.unit] for claim in claim_set.claims],
        "network": name_key(claim_set.network_name),
        "dataset": name_key(claim_set.card.train_dataset or ""),
        "measured_on": name_key((claim_set.variant.dataset if claim_set.variant else None) or ""),
        "recipe": _recipe(claim_set.card.eval_recipe),
    }
    text = json.dumps(claims, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _recipe(written: Mapping[str, object]) -> dict[str, list[str]]:
    """Key to values as text; hyphen or underscore, and a value or a list of one, are the same."""
    return {
        key.replace("-", "_"): [str(part).strip() for part in (value if isinstance(value, list) else [value])]
        for key, value in written.items()
    }
