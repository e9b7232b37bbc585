"""HT403, HT410 and HT412: the files of a model, by the names in their links."""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Iterable

from hubtool.card.localpath import spellings
from hubtool.card.parse import ParsedCard
from hubtool.lint.diagnostic import Severity
from hubtool.lint.rule import Facts, Finding, rule
from hubtool.lint.rules.addresses import ONE_SLASH

_DRIVE = re.compile(r"[A-Za-z]:[\\/]|\\\\")
_EXTENSIONS = {
    "ckpt": {"ckpt"},
    "ms": {"ms", "mindir"},
    "mslite": {"ms", "mindir"},
    "mindir": {"mindir"},
    "air": {"air"},
    "om": {"om"},
    "onnx": {"onnx"},
    "safetensors": {"safetensors", "json"},
    "gguf": {"gguf"},
    "tflite": {"tflite"},
    "pt": {"pt", "pth", "bin", "ckpt"},
    "pth": {"pt", "pth", "bin", "ckpt"},
}
"""What files of a format are called; json is the index of a checkpoint in several parts."""
_TELLING = frozenset().union(*_EXTENSIONS.values()) - {"bin"} | {"html", "htm", "md", "py", "yaml", "yml", "pdf"}
"""Extensions that say what a file is, unlike archives and bin."""
_USUAL_FORMAT = {"ms": "mslite"}


def file_name(url: str) -> str:
    """The last part of a link, without query or fragment."""
    return url.partition("?")[0].partition("#")[0].rpartition("/")[2]


@rule("HT403", "extension-differs", Severity.WARNING)
def extension_differs(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    """A file's extension does not match its format.

    file-format decides which loader opens the file, and a file of another format fails there, after the
    download. Archives and unknown extensions are not checked.

    Bad:
        file-format: ckpt
        asset-link: <https://download.mindspore.cn/toolkits/mindcv/bit/bit_resnet50.mindir>

    Good:
        file-format: mindir
        asset-link: <https://download.mindspore.cn/toolkits/mindcv/bit/bit_resnet50.mindir>
    """
    for entry in card.files:
        usual = _EXTENSIONS.get(entry.format.casefold())
        extension = _extension(entry.url)
        if usual and extension in _TELLING and extension not in usual:
            better = (
                f"write `{_USUAL_FORMAT.get(extension, extension)}`" if extension in _EXTENSIONS else "link the file"
            )
            message = f"file-format is `{entry.format}` but the link ends in `.{extension}`: {better}"
            yield Finding(card.span_of("asset", entry.number, "file-format"), message)


def _extension(url: str) -> str:
    """Extension of the linked file in lower case; empty when there is none."""
    name = file_name(url)
    return name.rsplit(".", 1)[-1].casefold() if "." in name else ""


def _leads_out(path: str) -> bool:
    return path.startswith("/") or _DRIVE.match(path) is not None or posixpath.normpath(path).startswith("../")


@rule("HT410", "missing-file", Severity.WARNING)
def missing_file(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    """A link that is not a web address leads to no file below the card's folder.

    A link without `https://` is a path from the card's folder. The file must exist, and it must be below that
    folder: somebody else's card must not make tools read just any file on your disk.

    Bad:
        asset-link: <../../weights/bit_digits-5082903c.ckpt>

    Good:
        asset-link: <assets/bit_digits-5082903c.ckpt>
    """
    for entry in card.files:
        url = entry.url
        if not url or "://" in url or ONE_SLASH.match(url):
            continue
        span = card.span_of("asset", entry.number, "asset-link")
        paths = spellings(url)
        if any(map(_leads_out, paths)):
            yield Finding(span, "link leads out of the card's folder: move the file into it, or write `https://...`")
        elif not any(os.path.isfile(card.path.parent / path) for path in paths):  # noqa: PTH113 (Path.is_file raises for odd names)
            yield Finding(span, "no such file below the card's folder: add it, or write `https://...`")


@rule("HT412", "no-file", Severity.INFO)
def no_file(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    """The card links no file.

    Some models are only code. If there are weights, link them: without a file nobody can reproduce a figure, and
    there is nothing to pull.

    Bad:
        license: Apache-2.0 and no asset

    Good:
        asset:
          - file-format: ckpt
            asset-link: <https://download-mindspore.osinfra.cn/toolkits/mindcv/bit/BiT_resnet50-1e4795a4.ckpt>
    """
    if card.values is not None and card.values.get("asset", []) == []:
        yield Finding(card.span_of_key("asset"), "the card links no file: add `asset` if the model has weights")
