"""How files may be reached: what the user allows, and where else the user says they are."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from hubtool.asset.clock import Clock, SystemClock
from hubtool.asset.limits import DEFAULT_LIMITS, Limits, limits_from_environment
from hubtool.asset.mirrors import Mirror, mirrors_from
from hubtool.asset.policy import Policy
from hubtool.resources import default_offline, is_set, user_path


@dataclass(frozen=True, slots=True)
class Access:
    """What a run may do to get a file.

    Attributes
    ----------
    offline
        Never use the network.
    shared
        Other people's caches, searched first and never written to.
    clock
        Waits between requests, and tells how long a body has been slow.
    """

    offline: bool = False
    policy: Policy = field(default_factory=Policy)
    mirrors: tuple[Mirror, ...] = ()
    limits: Limits = DEFAULT_LIMITS
    shared: tuple[Path, ...] = ()
    clock: Clock = field(default_factory=SystemClock)


def access_from_environment(
    *, offline: bool = False, mirrors: Iterable[str] = (), allow_http: bool = False, allow_private: bool = False
) -> Access:
    """What options say, and what the environment adds to them.

    Its variables are HUBTOOL_OFFLINE, HUBTOOL_MIRROR, HUBTOOL_SHARED_CACHE, HUBTOOL_TIMEOUT, HUBTOOL_MAX_WAIT,
    HUBTOOL_MAX_BYTES, HUBTOOL_ALLOW_HTTP and HUBTOOL_ALLOW_PRIVATE.

    Raises
    ------
    UsageProblem
        One of them cannot be understood.
    """
    shared = os.environ.get("HUBTOOL_SHARED_CACHE", "")
    return Access(
        offline=offline or default_offline(),
        policy=Policy(allow_http or is_set("HUBTOOL_ALLOW_HTTP"), allow_private or is_set("HUBTOOL_ALLOW_PRIVATE")),
        mirrors=mirrors_from(mirrors),
        limits=limits_from_environment(),
        shared=tuple(user_path(part, "HUBTOOL_SHARED_CACHE") for part in shared.split(os.pathsep) if part),
    )
