"""Text where weights should be: pages, answers of servers, pointers to the real file."""

from __future__ import annotations

import codecs
import html
import re
from collections.abc import Callable

from hubtool.signatures.sample import Kind, Sample

_TAG_OR_STYLE = re.compile(r"<(script|style)\b.*?</\1>|<!--.*?-->|<[^>]*>?", re.DOTALL | re.IGNORECASE)
_COMMENT = re.compile(r"<!--.*?-->\s*", re.DOTALL)
_HTML = re.compile(r"<(?:!doctype\s+html|html|head|body|meta|script|title)\b|.{0,512}?<html", re.DOTALL | re.IGNORECASE)
_LFS = re.compile(r"version https?://(?:git-lfs\.github\.com/spec|hawser\.github\.com/spec|git-media\.io/v)")
_LFS_FIELD = re.compile(r"^(oid|size) (\S+)", re.MULTILINE)
_OPENVINO = re.compile(r"<(?:\?xml[^>]*>\s*<)?net\b.*<layers", re.DOTALL)
_ANNEX = re.compile(r"(?:\.\./)*\.?(?:git)?/?annex/objects/")
_LINK = re.compile(r"(?:\.\./)+blobs/\w+\s*$|(?:\.{0,2}/)+[\w./ -]+\.(?:ckpt|safetensors)\s*$")
_ANY_JSON = re.compile(r"\{\s*[\"}]|\[\s*[\[{\]\"\d-]")
_SHARD = re.compile(r'"([^"/\\]+\.(?:safetensors|ckpt|bin|h5|npz|msgpack))"')
_PARTS = re.compile(r'\{\s*"[^"]+"\s*:\s*"[^"/\\]+\.(?:safetensors|ckpt)"\s*[,}]')  # a tensor, then its file
_ERROR_KEY = re.compile(r'"(?:error|errors|message|msg|detail|code|Code|status)"\s*:')
_READ_CHARACTERS = 1 << 13  # enough to tell, and few enough for patterns to search
_SHOWN_CHARACTERS = 60
_AGAIN = "get the file again: the link may need a login, or lead to a page"
_NAME_IT = "name the file of weights itself"
_POINTER = "get the file itself: git lfs pull in the repository, or the repository's download link"


def text_kind(sample: Sample) -> Kind | None:
    """What a text is; None for what is no text."""
    text = _decoded(sample.head)
    start = "" if text is None else _COMMENT.sub("", text[:_READ_CHARACTERS].lstrip())
    if not start:
        return None
    return next(kind(start) for pattern, kind in _TABLE if pattern.match(start))


def visible_start(text: str | bytes) -> str:
    """The first words of a text in quotes, without control characters."""
    said = text if isinstance(text, str) else text.decode("utf-8", "replace")
    said = " ".join(said[: 4 * _SHOWN_CHARACTERS].split())[:_SHOWN_CHARACTERS]
    return repr("".join(character if character.isprintable() else "?" for character in said))


def _decoded(head: bytes) -> str | None:
    """Bytes as text; None where they are something else. The last character may be cut."""
    encoding = "utf-16" if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    try:
        text = codecs.getincrementaldecoder(encoding)().decode(head)
    except UnicodeDecodeError:
        if not head.lstrip().startswith((b"<", b"{")):
            return None
        text = head.decode("utf-8", "replace")  # a page in the encoding of its country
    if _HTML.match(text.lstrip()):
        return text  # whatever control characters it has
    return text if all(character.isprintable() or character.isspace() for character in text) else None


def _lfs(text: str) -> Kind:
    fields = dict(_LFS_FIELD.findall(text[:1024]))
    facts = [f"{int(fields['size']):,} bytes"] if fields.get("size", "").isdecimal() else []
    facts += [visible_start(fields["oid"]).strip("'")] if "oid" in fields else []
    elsewhere = f" to a file elsewhere ({', '.join(facts)})" if facts else ""
    return Kind(f"a Git LFS pointer{elsewhere}", _POINTER)


def _link(start: str) -> Kind:
    said = f"a symbolic link that became a text: {visible_start(start)}"
    return Kind(said, "name the file that it points to, or get the repository on a system with symbolic links")


def _html(start: str) -> Kind:
    return Kind(f"an HTML page: {visible_start(_words(start))}", _AGAIN)


def _xml(start: str) -> Kind:
    return Kind(f"XML: {visible_start(_words(start) or start)}", _AGAIN)


def _other(start: str) -> Kind:
    return Kind(f"a text that begins with {visible_start(start)}", _AGAIN)


def _json(start: str) -> Kind:
    if '"weight_map"' in start or '"param_name_map"' in start:
        return _index(start)
    if '"nbformat"' in start:
        return Kind("a Jupyter notebook", _AGAIN)
    if '"model_type"' in start or '"architectures"' in start:
        return Kind("the JSON configuration of a model", _NAME_IT)
    if _ERROR_KEY.search(start[:1024]):
        return Kind(f"a server's answer in JSON: {visible_start(start)}", _AGAIN)
    if _PARTS.match(start):
        return _index(start)
    return Kind(f"JSON: {visible_start(start)}", _AGAIN) if _ANY_JSON.match(start) else _other(start)


def _index(start: str) -> Kind:
    shards = sorted(set(_SHARD.findall(start)))
    named = f" ({', '.join(shards[:3])}{' and more' if len(shards) > 3 else ''})" if shards else ""
    return Kind(f"a JSON index of shards, the files that hold the weights{named}", "name one of the shards")


def _words(text: str) -> str:
    return " ".join(html.unescape(_TAG_OR_STYLE.sub(" ", text)).split())


def _always(kind: Kind) -> Callable[[str], Kind]:
    return lambda _: kind


# The first row that fits counts.
_TABLE: tuple[tuple[re.Pattern[str], Callable[[str], Kind]], ...] = (
    (_LFS, _lfs),
    (_ANNEX, _always(Kind("a git-annex pointer", "get the file itself: git annex get"))),
    (_LINK, _link),
    (re.compile("# xet version"), _always(Kind("a Xet pointer", _POINTER))),
    (
        re.compile(r"(?:\w+: \S+\s+)*outs:\s+-\s+(?:md5|etag|hash|path|size):"),
        _always(Kind("a DVC pointer", "get the file itself: dvc pull")),
    ),
    (re.compile("(?:all_)?model_checkpoint_paths?:"), _always(Kind("TensorFlow's list of checkpoints", _NAME_IT))),
    (_OPENVINO, _always(Kind("an OpenVINO network", "look for the file of weights it was made from"))),
    (_HTML, _html),
    (re.compile("<"), _xml),
    (re.compile(r"[{\[]"), _json),
    (re.compile(""), _other),
)
