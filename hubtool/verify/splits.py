"""The split that a subject's figures are about."""

from __future__ import annotations

import logging

from hubtool.card.claimset import Subject
from hubtool.card.names import name_key
from hubtool.data.open import SplitSource, open_split
from hubtool.data.prepared import prepared
from hubtool.data.split import Dataset
from hubtool.errors import MissingExtra, UsageProblem
from hubtool.network.registry import find_architecture
from hubtool.verify.climb import SkipLevel, why
from hubtool.verify.judge import METRIC_K
from hubtool.verify.plan import Plan

_log = logging.getLogger(__name__)


class Splits:
    """Opens splits by one plan, each once."""

    def __init__(self, plan: Plan):
        self._plan = plan
        self._opened: dict[SplitSource, Dataset] = {}

    def of(self, subject: Subject) -> Dataset | str:
        """The split of an evaluation that was asked for and can be run, or the reason why there is none.

        Raises
        ------
        HubtoolError
            As `open_split` does, or the plan's recipe does not fit the dataset.
        """
        try:
            return self._open(subject)
        except (SkipLevel, MissingExtra) as skip:
            return why(skip)

    def _open(self, subject: Subject) -> Dataset:
        architecture = find_architecture(subject.network_name)
        name = subject.card.train_dataset or ""
        key = name_key(name)
        if not any(metric.name in METRIC_K for metric in subject.metrics):
            raise SkipLevel("hubtool measures top-1 and top-5, the card publishes neither")
        if architecture is None:
            raise SkipLevel(f"hubtool cannot build the network {subject.network_name}")
        if not subject.is_checkpoint:
            raise SkipLevel("no MindSpore checkpoint is linked")
        if not key:
            raise SkipLevel("the card does not say on which dataset")
        if not self._plan.locations.knows(name):
            command = f"hubtool verify {subject.called} --reproduce-eval --data {key}=PATH"
            raise SkipLevel(f"{name} was not given: {command}")
        if not self._plan.reproduce_eval:
            raise SkipLevel("not asked for: add --reproduce-eval")
        names = self._plan.locations.class_names
        source = SplitSource(
            name,
            self._plan.locations.path_of(name),
            tuple(names) if names is not None else None,
            architecture.num_classes,
            architecture.in_channels,
            architecture.input_size,
        )
        if source not in self._opened:
            _log.info("opening %s", name)
            self._opened[source] = open_split(source)
        try:
            return prepared(self._opened[source], subject.card.eval_recipe, self._plan.recipe)
        except UsageProblem as error:
            if self._plan.recipe:
                raise
            raise SkipLevel(error.message) from error
