"""The networks that the claims of a card are about, as values that JSON knows."""

from __future__ import annotations

from hubtool.card.claimset import ClaimSet
from hubtool.engine.preprocessing import foreseen
from hubtool.errors import UsageProblem
from hubtool.network.claimed import claimed_network
from hubtool.network.spec import ModelSpec


def network_json(claim_set: ClaimSet) -> dict[str, object]:
    """The network of some claims, and how images are prepared for it, as `hubtool show --json` prints them.

    `network` is None where hubtool builds none, and `reason` says why; `settings` is None where nobody knows them.
    """
    claimed = claimed_network(claim_set)
    return {
        "variant": claim_set.variant.model if claim_set.variant else None,
        "place": claim_set.place,
        "dataset": claim_set.dataset,
        "network": _spec_json(claimed.spec) if claimed.spec else None,
        "reason": claimed.reason or None,
        "hint": claimed.hint or None,
        **_settings_json(claim_set, claimed.spec),
    }


def _spec_json(spec: ModelSpec) -> dict[str, object]:
    return {
        "name": spec.name,
        "family": spec.family,
        "parameters": spec.parameter_count,
        "trainable_parameters": spec.trainable_count,
        "outputs": spec.num_classes,
        "spare_outputs": spec.spare_outputs,
        "input_size": spec.input_size,
    }


def _settings_json(claim_set: ClaimSet, spec: ModelSpec | None) -> dict[str, object]:
    try:
        settings = foreseen(claim_set, spec) if spec else None
    except UsageProblem as error:
        return {"settings": None, "settings_sources": {}, "settings_problem": error.message}
    if settings is None:
        return {"settings": None, "settings_sources": {}, "settings_problem": None}
    sources = dict(settings.sources)
    return {"settings": settings.recipe.to_json(), "settings_sources": sources, "settings_problem": None}
