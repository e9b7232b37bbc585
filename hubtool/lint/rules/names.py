"""HT3xx: what a card is called, in its front matter, its title, its file and its folder."""

from __future__ import annotations

import re
from collections.abc import Iterable

from hubtool.card.names import name_key
from hubtool.card.parse import ParsedCard
from hubtool.card.span import Span
from hubtool.lint.diagnostic import Severity
from hubtool.lint.edits import shortened
from hubtool.lint.markdown.body import read_body
from hubtool.lint.rule import Facts, Finding, rule

_NOT_PLAIN = re.compile(r"[\W_]+")
_MARKDOWN_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_GENERIC_STEMS = {"readme", "index", "card", "modelcard"}
_VERSION_FOLDER = re.compile(r"[vr]?(\d+(?:\.\d+)+)(?:[-.+]?[a-z]+[-.]?\d*)?", re.IGNORECASE)
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._+-]*")
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9._+-]+")
# Two searches, each for a literal first, are faster than one for either.
_LOADED = tuple(
    re.compile(rf"{call}[ \t]*([\"'])(?P<uid>[^\"'\n]+/[^\"'\n]+)\1")
    for call in (r"model(?:_uid)?[ \t]*=", r"hub\.load\(")
)


def _text(card: ParsedCard, key: str) -> str:
    """A value of the front matter; empty when it is missing or not text."""
    value = (card.values or {}).get(key)
    return value if isinstance(value, str) else ""


@rule("HT301", "title-differs", Severity.WARNING)
def title_differs(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    """The title does not name the model.

    Readers see the first heading and type the model-name. When the two differ, one of them is often left over
    from the card that this one was copied from. Case and punctuation do not matter, and the title may say
    more than the name.

    Bad:
        # bit_resnet101
        ---
        model-name: bit_resnet50

    Good:
        # BiT-ResNet50
        ---
        model-name: bit_resnet50
    """
    name = _text(card, "model-name")
    title = card.outline.title if card.outline is not None else None
    if not title or title == name or not (wanted := name_key(name)) or _holds_words(title, wanted):
        return
    assert card.outline is not None  # noqa: S101 (there is a title)
    line = card.outline.title_line
    column = card.lines[line - 1].find(title) + 1
    span = Span(line, column, line, column + len(title))
    yield Finding(span, f"title `{shortened(title)}` does not name the model: write `# {shortened(name)}`")


def _holds_words(title: str, wanted: str) -> bool:
    """Whether neighbouring words of the title spell the name; a part of a word does not count."""
    words = [name_key(word) for word in _MARKDOWN_LINK.sub(r"\1", title).split()]
    for first in range(len(words)):
        spelt = ""
        for word in words[first:]:
            spelt += word
            if spelt == wanted:
                return True
            if not wanted.startswith(spelt):
                break
    return False


@rule("HT302", "stem-differs", Severity.INFO)
def stem_differs(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    """The file name does not contain the model's name.

    The hub names its files model_dataset.md, and the file name becomes the end of the card's uid: a reader who
    knows one expects the other. Case, punctuation and the order of words do not matter.

    Bad:
        resnet50_triplet_sop.md with
        model-name: metric_learn

    Good:
        metric_learn_triplet_sop.md with
        model-name: metric_learn
    """
    name = _text(card, "model-name")
    if not name:
        return
    stem = name_key(card.path.stem)
    if not stem or stem in _GENERIC_STEMS or name_key(name) in stem:
        return
    if all(name_key(word) in stem for word in _NOT_PLAIN.split(name)):
        return
    file = shortened(card.path.name)
    message = f"the file's name `{file}` does not hold the model-name `{shortened(name)}`: rename one of the two"
    yield Finding(card.span_of("model-name"), message)


@rule("HT303", "folder-version", Severity.WARNING)
def folder_version(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    """The folder's version is not the card's.

    The hub keeps cards in folders by owner and version, and the uid is made of these. The version is that of
    the model or, for some owners, that of MindSpore. A card that has neither was probably copied from
    another folder.

    Bad:
        mindspore/2.5/bit_resnet50_imagenet2012.md with
        model-version: 2.3
        mindspore-version: 2.3

    Good:
        mindspore/2.5/bit_resnet50_imagenet2012.md with
        model-version: 2.5
        mindspore-version: 2.5
    """
    folder = card.path.parent.name
    version = _text(card, "model-version")
    if not version or folder == version or not (match := _VERSION_FOLDER.fullmatch(folder)):
        return
    other = _text(card, "mindspore-version")
    if _belongs(version, match[1]) or _belongs(other, match[1]):
        return
    message = (
        f"model-version `{shortened(version)}` does not fit the folder `{folder}`: write `{match[1]}` or move the card"
    )
    yield Finding(card.span_of("model-version"), message)


def _belongs(version: str, folder: str) -> bool:
    """Whether a version is the folder's, or a patch of it: 2.3.1 belongs to 2.3, 1.10 does not belong to 1.1."""
    numbers = [int(part) for part in folder.split(".")]
    own = [int(part) for part in re.findall(r"\d+", version)]
    own += [0] * (len(numbers) - len(own))
    return own[: len(numbers)] == numbers


@rule("HT304", "name-shape", Severity.WARNING)
def name_shape(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    """The model's name cannot be typed as one word.

    Users type the name at a prompt, and it becomes part of file names and links. Letters, digits and `. _ + -`
    work everywhere. Blanks, slashes and brackets need quotes or break tools, and a name that ends in .md
    looks like a file.

    Bad:
        model-name: VGG-Small-low bit

    Good:
        model-name: VGG-Small-low-bit
    """
    name = _text(card, "model-name")
    if not name or (_NAME.fullmatch(name) and not name.casefold().endswith(".md")):
        return
    better = _NOT_IN_NAMES.sub("-", re.sub(r"\.md$", "", name, flags=re.IGNORECASE)).strip("-.")
    advice = f"write `{shortened(better)}`" if better else "write letters, digits and `._+-` only"
    yield Finding(card.span_of("model-name"), f"model-name `{shortened(name)}` cannot be typed as one word: {advice}")


@rule("HT305", "usage-differs", Severity.WARNING)
def usage_differs(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    """The usage example loads another card.

    Readers copy the lines and get another model, or an error. The uid is made of the folders and the file name
    without `.md`. A translated card (`_cn`) may load the original.

    Bad:
        mindspore/2.5/bit_resnet50_imagenet2012.md with
        model = "mindspore/2.3/bit_resnet50"

    Good:
        mindspore/2.5/bit_resnet50_imagenet2012.md with
        model = "mindspore/2.5/bit_resnet50_imagenet2012"
    """
    body = read_body(card)
    if body is None:
        return
    for fence in body.fences:
        for loaded in _LOADED:
            for match in loaded.finditer(body.text, fence.start, fence.end):
                if better := _other_card(card, match["uid"]):
                    message = f"the example loads `{shortened(match['uid'])}`, which is not this card: write `{better}`"
                    yield Finding(body.span(*match.span("uid")), message)


def _other_card(card: ParsedCard, uid: str) -> str:
    """The uid that an example should load in place of another card's; empty where it loads this one."""
    folders, _slash, loaded = uid.rpartition("/")
    stem = card.path.stem.removesuffix("_cn").removesuffix("_CN")
    folder, version = card.path.parent.name, folders.rpartition("/")[2]
    versions = _VERSION_FOLDER.fullmatch(folder) and _VERSION_FOLDER.fullmatch(version)
    if stem.casefold() in _GENERIC_STEMS or (loaded == stem and (version == folder or not versions)):
        return ""
    owner = card.card.uid.rpartition("/")[0] if card.card else "/".join(card.path.parts[-3:-1])
    return f"{owner}/{stem}"
