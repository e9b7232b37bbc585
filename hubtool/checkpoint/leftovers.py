"""What training scripts leave in a checkpoint beside the parameters, told by its name.

Optimisers name their state after the parameter it belongs to, with a word before it (`moments.conv1.weight`) or behind
it. Copies whose values are averages of the parameters over time (EMA) are named alike. What belongs to no parameter,
such as the number of the step, has a name of its own.

The names are those of mindspore.nn, mindspore.mint and mindspore.experimental optimisers, of loss scaling and callbacks
of MindSpore 2.8, of MindCV 0.3 and other zoos, and of TensorFlow and PyTorch, whose checkpoints people convert.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from enum import Enum
from itertools import islice
from typing import NamedTuple

from hubtool.checkpoint.tensors import printable
from hubtool.words import counted, some_of

_SEPARATOR = re.compile(r"[._/:]")
_MOST_SEPARATORS = 10  # from each end of a name; it bounds the time that a hostile file takes
_LONGEST_WORD = 64  # as much of a word is compared, for the same reason
_SHOWN = 3
_SEGMENTS = re.compile(r"[./:]")

_STATE = re.compile(
    r"(?:[a-z0-9]+_)??(?:"
    r"mom|moments?_?\d?|momentum|momentum_buf(?:fer)?|(?:rmsprop|ftrl)_\w+|velocity|vhat|v_?hat"
    r"|accum|accumulators?|accum_update|accumulation|acc_delta|stat"
    r"|(?:\w+_)?grad(?:ient)?s?(?:_\w+)?"
    r"|exp_(?:avg|inf|hessian)(?:_\w+)?|max_exp_avg_sq|square_avg|mean_square|rms"
    r"|hess(?:ian)?(?:_diag)?|precond(?:itioner)?s?"
    r"|error_feedback|delta_weight|weights_clone|swap|swap_cache"
    r"|(?:adam|adamw|adamax|nadam|lamb|lion|adan|came|lars|shampoo|sophia)(?:w|_\w+)?"
    r")",
    re.IGNORECASE,
)
# Words that can just as well be what somebody called the network in a wrapper.
_MAYBE_STATE = re.compile(
    r"(?:[a-z0-9]+_)?[mv](?:_t|\d)?|linear|prev|step_size|ax|mu|nu|eta|slow(?:_buffer)?|z", re.IGNORECASE
)
# THOR keeps matrices in the layers and beside them.
_LAYER_STATE = re.compile(r"matrix_[ag](?:_(?:inv|cov))?(?:_\d+)?|matrix_max\d*|[ag]_normalizer", re.IGNORECASE)
_AVERAGE = re.compile(
    r"(?:\w*_)?(?:ema|swa|polyak|shadow|averaged?|moving_average)(?:_?(?:\w+))?|exponentialmovingaverage",
    re.IGNORECASE,
)
_COUNTER = re.compile(
    r"(?:(?:fake|base|max|min|initial|group)_)?(?:learning_rate|lr|weight_decay|wd)(?:_group)?_?\d*|fake_param"
    r"|momentum(?:_\d+)?|beta_?[12](?:_?power)?|mu_schedule"
    r"|(?:\w+_)?(?:step|epoch|iter|iteration|update)s?(?:_(?:num|t|count))?(?:_\d+)?_?|step_t|t_(?:0|i|cur)"
    r"|(?:dynamic_)?loss_scale(?:r|_value)?|scale_sense|scale_value|growth_tracker|good_steps|counter_?|\w*_counter"
    r"|overflow_(?:count|num)|batch_(?:num|size)|num_batches(?:_tracked)?"
    r"|best(?:_\w+)?|wait|(?:(?:train|val|valid|eval|test)_)?(?:acc|accuracy|loss|top_?[15]|acc_?[15])"
    r"|random_op|graceful_(?:exit|init)|(?:random_)?seed|rng(?:_state)?|(?:decay|ema_decay)",
    re.IGNORECASE,
)
_BATCHES_SEEN = "num_batches_tracked"  # PyTorch keeps it in every batch normalization; it is not used afterwards
_OPTIMISERS = re.compile(
    r"_?(?:self_)?(?:optimi[sz]ers?|optim|opt|(?:learning_rate_|lr_?)?scheduler|(?:loss_?|grad_?)?scaler)(?:_state)?",
    re.IGNORECASE,
)
_TRAINERS = re.compile(
    r"loss_?scale(?:_manager|r)?|scale_sense|ema|trainer|state|args?|grad_reducer|gradient_accumulation",
    re.IGNORECASE,
)
_WRAPPERS = re.compile(
    r"_?(?:train_?)?(?:network|net|cell|model|module|backbone|orig_mod)(?:_?with_?(?:loss|grads?)(?:_?cell)?)?"
    r"|train_?(?:one_?)?step(?:_?with_?loss_?scale)?(?:_?cell)?",
    re.IGNORECASE,
)
_AROUND = (_OPTIMISERS, _TRAINERS, _WRAPPERS)


class Role(Enum):
    """What a group of tensors is for."""

    STATE = "optimiser state"
    AVERAGE = "averaged weights (EMA)"
    COUNTER = "training state"


class Affix(NamedTuple):
    """What stands around the name of a parameter in the name of another tensor."""

    before: str
    after: str

    def around(self, name: str) -> str:
        """The name of the tensor for a parameter."""
        return f"{self.before}{name}{self.after}"

    @property
    def words(self) -> list[str]:
        """The words in it."""
        parts = [*_SEGMENTS.split(self.before), *_SEGMENTS.split(self.after)]
        return [word[:_LONGEST_WORD] for part in parts if (word := part.strip("_"))]

    @property
    def role(self) -> Role | None:
        """What a copy of the parameters with it is for; None for what may be the parameters themselves."""
        if any(_STATE.fullmatch(word) for word in self.words):
            return Role.STATE
        return Role.AVERAGE if any(_AVERAGE.fullmatch(word) for word in self.words) else None

    @property
    def may_be_state(self) -> bool:
        """Whether, beside the parameters, it is that of an optimiser's state."""
        return any(_MAYBE_STATE.fullmatch(word) for word in self.words)

    def role_beside(self, chosen: Affix) -> Role | None:
        """What a tensor with it is for in a file whose parameters have `chosen`; None if a word in it is unknown."""
        words = [word for word in self.words if word not in chosen.words]
        role = self.role or (Role.STATE if self.may_be_state else None)
        known = (_STATE, _MAYBE_STATE, _AVERAGE, *_AROUND)
        return role if all(any(words_of.fullmatch(word) for words_of in known) for word in words) else None


NONE = Affix("", "")


def affixes(name: str, is_parameter: Callable[[str], bool]) -> Iterator[Affix]:
    """What can be taken from either end of a name so that the name of a parameter is left; `NONE` for one itself."""
    if is_parameter(name):
        yield NONE
    for sign in islice(_SEPARATOR.finditer(name), _MOST_SEPARATORS):
        if is_parameter(name[sign.end() :]):
            yield Affix(name[: sign.end()], "")
    for sign in islice(_SEPARATOR.finditer(name[::-1]), _MOST_SEPARATORS):
        at = len(name) - sign.end()
        if is_parameter(name[:at]):
            yield Affix("", name[at:])


def role_alone(name: str, prefix: str = "") -> Role | None:
    """What a tensor is for that is named after no parameter: a number of the training, or an optimiser's matrix.

    Parameters
    ----------
    prefix
        What all names of the network begin with.
    """
    parts = _SEGMENTS.split(name.removeprefix(prefix), _MOST_SEPARATORS)
    *outer, last = (part[:_LONGEST_WORD] for part in parts)
    if _LAYER_STATE.fullmatch(last):
        return Role.STATE
    if any(all(word_of.fullmatch(word) is None for word_of in _AROUND) for word in outer):
        return Role.COUNTER if last == _BATCHES_SEEN else None
    known = _COUNTER.fullmatch(last) or any(_OPTIMISERS.fullmatch(word) for word in outer)
    return Role.COUNTER if known else None


def roles(names: Collection[str]) -> dict[str, Role]:
    """The roles of the tensors of a file that are not parameters, whatever the network is.

    What is named after another tensor of the file is taken for its state or its average, never the other way round. The
    names of all the others may begin with one word more, as where a wrapper holds the network and not the optimiser.
    In a file without other weights, the averages are the parameters.
    """
    first_words = {name: Affix(name.partition(".")[0], "").role for name in names if role_alone(name) is None}
    plain = [name for name, role in first_words.items() if role is None]
    averages = [name for name, role in first_words.items() if role is Role.AVERAGE]
    parameters = set() if plain else set(averages)
    prefix = _common_prefix(plain or averages)
    everything = {*names, *(name.removeprefix(prefix) for name in names)}
    found: dict[str, Role] = {}
    for name in names:
        if name in parameters:
            continue
        known = (affix.role for affix in affixes(name, everything.__contains__))
        role = next(filter(None, known), None) or role_alone(name)
        if role is not None:
            found[name] = role
    return found


def leftover_notes(names: Collection[str]) -> tuple[str, ...]:
    """What the names of the tensors of a file tell, in sentences: their roles, and what all parameters begin with."""
    found = roles(names)
    notes = list(grouped({name: role.value for name, role in found.items()}))
    parameters = [name for name in names if name not in found]
    if prefix := _common_prefix(parameters):
        role = Affix(prefix, "").role
        what = f", as {role.value} does" if role else ""
        notes.append(f"all {len(parameters):,} parameters have names that begin with {printable(prefix)}{what}")
    return tuple(notes)


def _common_prefix(names: Sequence[str]) -> str:
    """What all names begin with, up to a dot or slash."""
    first = names[0] if len(names) > 1 else ""
    ends = (sign.end() for sign in islice(_SEGMENTS.finditer(first), _MOST_SEPARATORS))
    return max((first[:at] for at in ends if all(name.startswith(first[:at]) for name in names)), key=len, default="")


def grouped(purposes: Mapping[str, str]) -> Iterator[str]:
    """`3 tensors of optimiser state: a, b, c`, for each purpose of names."""
    by_purpose: dict[str, list[str]] = {}
    for name, purpose in purposes.items():
        by_purpose.setdefault(purpose, []).append(name)
    for purpose, names in by_purpose.items():
        shown = [printable(name) for name in names[: _SHOWN + 1]] + [""] * (len(names) - _SHOWN - 1)
        yield f"{counted(len(names), 'tensor')} of {purpose}: {some_of(shown, _SHOWN)}"
