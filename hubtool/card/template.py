"""The text of a new card."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Draft:
    """What a new card says; `figures` is the text of `evaluation`, empty for none.

    Attributes
    ----------
    repository
        Link to the training code, empty for none.
    link, digest
        Of the checkpoint: https or relative to the card; SHA-256, empty when there is no file yet.
    parameters
        Number of scalars in the checkpoint; None when there is no file yet.
    """

    name: str
    version: str
    author: str
    user_id: str
    dataset: str
    figures: str
    licence: str
    mindspore_version: str
    summary: str
    repository: str
    link: str
    digest: str
    parameters: int | None
    day: date


def render_card(draft: Draft) -> str:
    """A card that satisfies the schema and names what its author still has to write."""
    digest = f"\n  asset-sha256: {draft.digest}" if draft.digest else ""
    dataset = f"train-dataset: {quoted(draft.dataset)}\n\n" if draft.dataset else ""
    repository = f"repo-link: <{draft.repository}>\n\n" if draft.repository else ""
    return f"""\
# {draft.name}

---

model-name: {quoted(draft.name)}

backbone-name: {quoted(draft.name)}

module-type: cv

fine-tunable: True

model-version: {quoted(draft.version)}

{dataset}evaluation: {draft.figures}

author: {quoted(draft.author)}

update-time: {draft.day.isoformat()}

{repository}user-id: {quoted(draft.user_id)}

used-for: inference

mindspore-version: {quoted(draft.mindspore_version)}

asset:

- file-format: ckpt
  asset-link: <{draft.link}>{digest}

license: {draft.licence}

summary: {quoted(draft.summary)}

---

## Introduction

{draft.summary}

## Results

{_table(draft)}
## Quick Start

```shell
hubtool pull {draft.name}
hubtool verify {draft.name} --reproduce-eval
```
""".replace("evaluation: \n", "evaluation:\n")


def quoted(text: str) -> str:
    """A YAML scalar that every reader takes for this text: plain where that is safe, else in double quotes."""
    import json

    import yaml

    try:
        plain = yaml.safe_load(f"key: {text}") == {"key": text}
    except yaml.YAMLError:
        plain = False
    return text if plain else json.dumps(text, ensure_ascii=False)


def _table(draft: Draft) -> str:
    # A link to a file that does not exist yet would be dead.
    download = f"[weights]({draft.link})" if draft.digest else ""
    params = "" if draft.parameters is None else f"{draft.parameters / 1e6:.2f}"
    return f"""\
| Model | Params(M) | Download |
| ----- | --------- | -------- |
| {draft.name} | {params} | {download} |

"""
