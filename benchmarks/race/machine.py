"""What figures were measured with: they belong to one machine, one day and one set of versions."""

from __future__ import annotations

import os
import platform
import shlex
import sys
from collections.abc import Sequence
from datetime import datetime, timezone
from typing import Any

from hubtool.engine.processor import processor
from hubtool.extras import installed_versions


def machine(packages: Sequence[str]) -> dict[str, Any]:
    """The machine, the versions of the packages that are installed, the date and the command, as JSON knows them."""
    return {
        "processor": processor(),
        "cores": os.cpu_count(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "versions": installed_versions(packages),
        "date": datetime.now(timezone.utc).date().isoformat(),
        "command": shlex.join(["python", *sys.argv]),
    }
