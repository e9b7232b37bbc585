"""Links that carry their own permission: whoever has them may fetch the file, and a password makes servers refuse."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

_SIGNATURES = frozenset(
    {
        "x-amz-signature",  # S3 and what speaks like it
        "x-goog-signature",  # Google Cloud Storage
        "x-oss-signature",  # Alibaba Cloud
        "x-obs-signature",  # Huawei Cloud
        "x-tos-signature",  # Volcano Engine
        "q-signature",  # Tencent Cloud
        "signature",  # S3, OSS, OBS, GCS and CloudFront in their older form
        "sig",  # Azure
        "sign",  # Tencent Cloud in its older form, and many others
        "auth_key",  # Alibaba Cloud's CDN
        "authorization",  # Baidu Cloud
        "token",  # Qiniu, GitHub's raw files
        "hdnts",  # Akamai
        "jwt",  # GitHub's releases
    }
)


def is_presigned(url: str) -> bool:
    """Whether a link carries a signature in its query."""
    try:
        query = urlsplit(url).query
    except ValueError:
        return False
    return any(name.casefold() in _SIGNATURES for name, _ in parse_qsl(query))
