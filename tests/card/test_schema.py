from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from hubtool.card import schema
from tests.conftest import DIGITS_CARD

RULES = {name: schema._rule(name) for name in schema.card_schema()["properties"]}
RULES |= schema.card_schema()["$defs"]["asset"]["properties"]
VALUES = st.one_of(
    st.booleans(),
    st.text(max_size=20),
    st.sampled_from(["", "1.10", "1.10\n", "2025-03-10", "2025-13-10", "<https://a.b>", "cv", "cv-", "0" * 8, "g" * 8]),
    *(st.from_regex(rule["pattern"]) for rule in RULES.values() if "pattern" in rule),
)


@given(st.sampled_from(sorted(RULES)), VALUES)
def test_what_is_plainly_clean_is_what_jsonschema_finds_valid(name: str, value: str | bool) -> None:
    assert schema._is_plainly_clean(RULES[name], value) == Draft202012Validator(RULES[name]).is_valid(value)


@pytest.mark.parametrize("rule", [True, {}, {"type": "string", "enum": ["a"]}, {"pattern": "a"}])
def test_what_is_not_understood_is_left_to_jsonschema(rule: object) -> None:
    assert not schema._is_plainly_clean(rule, "a")


def test_reading_a_valid_card_does_not_import_jsonschema() -> None:
    code = (
        "import sys; from pathlib import Path; from hubtool.card.parse import read_card; "
        "assert read_card(Path(sys.argv[1])).card; sys.exit('jsonschema' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code, str(DIGITS_CARD)], check=False).returncode == 0
