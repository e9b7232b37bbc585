from __future__ import annotations

from pathlib import Path

import pytest

from hubtool.card.parse import parse_card
from hubtool.lint.diagnostic import Diagnostic
from hubtool.lint.engine import check_card
from hubtool.lint.rule import Facts
from hubtool.lint.rules import addresses, digests, files

CODES = frozenset(f"HT4{number:02}" for number in range(1, 11))
HUB = "https://download.mindspore.cn/toolkits/mindcv/bit"
FULL = "1e4795a4" + "0" * 56
LINK_LINE, DIGEST_LINE = 9, 10


def card(
    link: str = f"<{HUB}/BiT_resnet50-1e4795a4.ckpt>",
    digest: str | None = "1e4795a4",
    form: str = "ckpt",
    repository: str = "<https://github.com/mindspore-lab/mindcv>",
) -> str:
    last = f"  asset-sha256: {digest}\n" if digest is not None else ""
    return (
        f"# bit\n\n---\n\nrepo-link: {repository}\n\nasset:\n- file-format: {form}\n  asset-link: {link}\n{last}\n---\n"
    )


def check(text: str, path: Path = Path("cards/bit.md")) -> list[Diagnostic]:
    return check_card(parse_card(text, path), Facts(), CODES)


def found(text: str) -> list[tuple[int, int, str]]:
    return [(d.span.line, d.span.column, d.code) for d in check(text)]


def fixed(text: str, code: str) -> str:
    (edit,) = [d.edit for d in check(text) if d.code == code]
    assert edit is not None
    return text[: edit.start] + edit.text + text[edit.end :]


@pytest.mark.parametrize(
    "text",
    [
        card(),
        card(digest=FULL),
        card(digest=f"'{FULL}'"),
        "# bit\n\n---\nasset:\n  file-format: ckpt\n---\n",
        "# bit\n\n---\nasset: none\nrepo-link: [a]\n---\n",
        "# bit\n\n---\nasset:\n- text\n- [list]\n- asset-link: {a: b}\n  asset-sha256: [1]\n---\n",
        "no block",
    ],
)
def test_clean(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    ("written", "after"),
    [
        ("<http://download.mindspore.cn/a.ckpt>", "<https://download.mindspore.cn/a.ckpt>"),
        ("'<HTTP://download.mindspore.cn/a.ckpt>'", "'<https://download.mindspore.cn/a.ckpt>'"),
    ],
)
def test_plain_http(written: str, after: str) -> None:
    assert found(card(written)) == [(LINK_LINE, 15, "HT401")]
    assert fixed(card(written), "HT401") == card(after)
    (diagnostic,) = check(card(written))
    assert diagnostic.edit is not None
    assert not diagnostic.edit.safe


def test_plain_http_of_the_repository() -> None:
    assert found(card(repository="<http://gitee.com/mindspore/models>")) == [(5, 12, "HT401")]


def test_http_on_loopback_is_no_problem() -> None:
    assert found(card("<http://localhost:8000/a.ckpt>")) == found(card("<http://127.0.0.1:8000/a.ckpt>")) == []


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("huggingface.co", []),
        ("www.modelscope.cn", []),
        ("Download.MindSpore.cn:443", []),
        ("downloads-mindspore.osinfra.cn", [(LINK_LINE, 15, "HT402")]),
        ("notmindspore.cn", [(LINK_LINE, 15, "HT402")]),
        ("download.mindspore.cn@evil.example", [(LINK_LINE, 15, "HT402")]),
    ],
)
def test_unknown_host(host: str, expected: list) -> None:
    assert found(card(f"<https://{host}/a.ckpt>")) == expected


@pytest.mark.parametrize(
    ("form", "name", "expected"),
    [
        ("mslite", "a.ms", []),
        ("ms", "a.ms", []),
        ("mslite", "a.mindir", []),
        ("CKPT", "a.CKPT", []),
        ("ckpt", "a.zip", []),
        ("ckpt", "a.tar.gz", []),
        ("ckpt", "v1.0", []),
        ("ckpt", "download?file=a.onnx", []),
        ("safetensors", "model.safetensors.index.json", []),
        ("homemade", "a.ckpt", []),
        ("mindir", "a.ckpt", [(8, 16, "HT403")]),
        ("ckpt", "a.ms", [(8, 16, "HT403")]),
        ("ckpt", "README.md", [(8, 16, "HT403")]),
    ],
)
def test_extension_differs(form: str, name: str, expected: list) -> None:
    assert found(card(f"<{HUB}/{name}>", form=form)) == expected


@pytest.mark.parametrize(
    ("digest", "expected"),
    [
        ("1e4795a4", []),
        (FULL, []),
        ("1e4795a4c", [(DIGEST_LINE, 17, "HT404")]),
        (FULL[:-1], [(DIGEST_LINE, 17, "HT404")]),
        ("12345678901", [(DIGEST_LINE, 17, "HT404")]),
        ("1e4795", []),  # the schema says so
        ("xyz", []),
    ],
)
def test_digest_length(digest: str, expected: list) -> None:
    assert found(card(f"<{HUB}/bit.ckpt>", digest)) == expected


@pytest.mark.parametrize(
    "name",
    [
        "BiT_resnet50-1e4795a4-910v2.ckpt",
        "BiT_resnet50-1e4795a40.ckpt",
        "BiT_resnet50-20210305.ckpt",
        "BiT_resnet50-20210305-1e4795a4.ckpt",
        "BiT_resnet50-1e4795a4-20210305.ckpt",
        "BiT_resnet50-2021dec05.ckpt",
        "BiT_resnet50-05feb2021.ckpt",
        "BiT_resnet50-4096d128.ckpt",
        "BiT_resnet50-acceded-decade.ckpt",
        "BiT_resnet50-deadbeef.ckpt",
        "BiT_resnet50-1234567.89.ckpt",
        "BiT_resnet50-550e8400-e29b-41d4-a716-446655440000.ckpt",
        "BiT_resnet50_77dcaf0f.ckpt",
        "BiT_resnet50-77dcaf0fa0b1c2d3e4f5a6b7c8d9e0f1a2b3c4d5.ckpt",  # as long as a git commit
        "bit-77dcaf0f.d/BiT_resnet50.ckpt",
        "BiT_resnet50.ckpt?key=-77dcaf0f.",
    ],
)
def test_digest_and_name_do_not_contradict(name: str) -> None:
    assert found(card(f"<{HUB}/{name}>", FULL)) == []


@pytest.mark.parametrize(
    ("name", "digest"),
    [
        ("BiT_resnet50-77dcaf0f.ckpt", "1e4795a4"),
        ("BiT_resnet50-77dcaf0f-910v2.ckpt", FULL),
        ("BiT_resnet50-20210305-77dcaf0f.ckpt", FULL),
        ("BiT_resnet50-77dcaf0f.ckpt?download=1", FULL),
    ],
)
def test_digest_differs_from_name(name: str, digest: str) -> None:
    (diagnostic,) = check(card(f"<{HUB}/{name}>", digest))
    assert (diagnostic.span.line, diagnostic.span.column, diagnostic.code) == (DIGEST_LINE, 17, "HT405")
    assert "`77dcaf0f`" in diagnostic.message


def test_no_digest_names_the_one_in_the_link() -> None:
    (diagnostic,) = check(card(digest=None))
    assert (diagnostic.span.line, diagnostic.span.column, diagnostic.code) == (LINK_LINE, 15, "HT406")
    assert "asset-sha256: 1e4795a4" in diagnostic.message


@pytest.mark.parametrize("quote", ["", "'", '"'])
def test_bare_link(quote: str) -> None:
    bare, wrapped = f"{HUB}/bit.ckpt", f"<{HUB}/bit.ckpt>"
    text = card(f"{quote}{bare}{quote}")
    assert found(text) == [(LINK_LINE, 15, "HT407")]
    assert fixed(text, "HT407") == card(f"{quote}{wrapped}{quote}")
    assert found(fixed(text, "HT407")) == []


def test_bare_link_to_the_repository() -> None:
    text = card(repository="https://github.com/mindspore-lab/mindcv  # code")
    assert found(text) == [(5, 12, "HT407")]
    assert fixed(text, "HT407") == card(repository="<https://github.com/mindspore-lab/mindcv>  # code")


def test_a_link_spelt_with_escapes_is_left_to_a_person() -> None:
    (diagnostic,) = check(card(r'"https:\x2f/download.mindspore.cn/bit.ckpt"'))
    assert (diagnostic.code, diagnostic.edit) == ("HT407", None)


@pytest.mark.parametrize(
    "link",
    [
        "<https:///a.ckpt>",
        "<https://>",
        "<https://:443/a.ckpt>",
        "<https:/download.mindspore.cn/a.ckpt>",
        "<https://https://download.mindspore.cn/a.ckpt>",
        "<ftp://download.mindspore.cn/a.ckpt>",
        "<file:///a.ckpt>",
        "<htps://download.mindspore.cn/a.ckpt>",
        "<https://download.mindspore.cn/\u200ba.ckpt>",
        "<\u200bhttps://download.mindspore.cn/a.ckpt>",
    ],
)
def test_bad_link(link: str) -> None:
    assert [place for place in found(card(link)) if place[2] != "HT402"] == [(LINK_LINE, 15, "HT408")]


@pytest.mark.parametrize(
    "link",
    ["<https://[::1]/a.ckpt>", f"<{HUB}/名字.ckpt>", f"<{HUB}/a%20b.ckpt>", f"<{HUB}/a.ckpt?u=https://b.example/c>"],
)
def test_odd_links_that_lead_somewhere(link: str) -> None:
    assert found(card(link)) == []


def test_uppercase_digest() -> None:
    assert found(card(digest="1E4795A4")) == [(DIGEST_LINE, 17, "HT409")]
    assert fixed(card(digest="1E4795A4"), "HT409") == card(digest="1e4795a4")


@pytest.mark.parametrize(
    ("link", "codes"),
    [
        ("<assets/bit.ckpt>", []),
        ("assets/bit.ckpt", []),
        ("./assets/../assets/bit.ckpt", []),
        ("assets/other.ckpt", ["HT410"]),
        ("download.mindspore.cn/bit.ckpt", ["HT410"]),
        ("../cards/assets/bit.ckpt", ["HT410"]),
        ("/etc/passwd", ["HT410"]),
        ("C:\\bit.ckpt", ["HT410"]),
        ("a" * 5000, ["HT410"]),
    ],
)
def test_missing_file(tmp_path: Path, link: str, codes: list[str]) -> None:
    (tmp_path / "cards/assets").mkdir(parents=True)
    (tmp_path / "cards/assets/bit.ckpt").touch()
    diagnostics = check(card(link), tmp_path / "cards/bit.md")
    assert [d.code for d in diagnostics] == codes
    assert all((d.span.line, d.span.column) == (LINK_LINE, 15) for d in diagnostics)


def test_every_asset_is_looked_at() -> None:
    second = f"- file-format: mindir\n  asset-link: {HUB}/b.ms\n  asset-sha256: 1E4795A4C\n"
    assert found(card().removesuffix("\n---\n") + f"{second}\n---\n") == [
        (11, 16, "HT403"),
        (12, 15, "HT407"),
        (13, 17, "HT404"),
        (13, 17, "HT409"),
    ]


def test_every_rule_is_documented() -> None:
    checks = [addresses.plain_http, addresses.unknown_host, files.missing_file, addresses.bad_link, digests.no_digest]
    assert all("\n    Bad:" in (c.__doc__ or "") and "\n    Good:" in (c.__doc__ or "") for c in checks)
