"""Which certificates are trusted: those that requests comes with, or those that the environment names."""

from __future__ import annotations

import os
from pathlib import Path

from hubtool.errors import EnvironmentProblem

_VARIABLES = ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE")
"""In order of preference: the first that is set counts."""


def trusted_certificates() -> str | bool:
    """The file or folder of certificates that a variable of the environment names; True for those of requests.

    Raises
    ------
    EnvironmentProblem
        There is no such file or folder, or the file holds no certificates; the message names the variable.
    """
    variable = next((name for name in _VARIABLES if os.environ.get(name)), None)
    if variable is None:
        return True
    path = Path(os.environ[variable]).expanduser()
    if fault := _fault(path):
        raise EnvironmentProblem(
            f"{variable} names {path}: {fault}", hint=f"let {variable} name a file of certificates (PEM), or unset it"
        )
    return str(path)


def _fault(path: Path) -> str:
    """What is wrong with a file or folder of certificates; empty when nothing is."""
    import ssl

    try:
        if path.is_dir():
            return ""
        if not path.exists():
            return "there is no such file"
        ssl.create_default_context(cafile=str(path))
    except ssl.SSLError:
        return "the file holds no certificates"
    except OSError as error:
        return error.strerror or str(error)
    return ""
