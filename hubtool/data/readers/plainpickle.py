"""Pickles of plain values and byte arrays, read without running anything.

`pickle.load` calls whatever the pickle names. Here the opcodes are interpreted one by one: numbers, text, bytes,
lists, tuples and dicts are built, numpy's arrays of bytes become an `Array`, and all else is refused.
"""

from __future__ import annotations

import math
import pickletools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

_RECONSTRUCT = {("numpy.core.multiarray", "_reconstruct"), ("numpy._core.multiarray", "_reconstruct")}
_NDARRAY, _DTYPE, _ENCODE = ("numpy", "ndarray"), ("numpy", "dtype"), ("_codecs", "encode")
_GLOBALS = _RECONSTRUCT | {_NDARRAY, _DTYPE, _ENCODE}
_BYTE = {"u1", "|u1"}
_MAX_MEMO = 1 << 22


class BadPickle(ValueError):
    """Not a pickle of plain values; the message says what stands in it."""


@dataclass(slots=True)
class Array:
    """What numpy would make an array of: `data` has the bytes of a uint8 array of `shape`, row by row."""

    shape: tuple[int, ...] = ()
    data: bytes = b""


@dataclass(frozen=True, slots=True)
class _Global:
    name: tuple[str, str]


@dataclass(frozen=True, slots=True)
class _Dtype:
    code: str


@dataclass(slots=True)
class _Machine:
    """The stack, the marks in it, and the memo of an unpickler.

    Attributes
    ----------
    bytes_left
        That may still be copied: a pickle can ask for copies of what it holds once, over and over.
    """

    bytes_left: int
    stack: list[Any] = field(default_factory=list)
    marks: list[int] = field(default_factory=list)
    memo: dict[int, Any] = field(default_factory=dict)

    def pop(self) -> Any:
        if len(self.stack) <= (self.marks[-1] if self.marks else 0):
            raise BadPickle("takes a value that is not there")
        return self.stack.pop()

    def pop_marked(self) -> list[Any]:
        if not self.marks:
            raise BadPickle("takes a mark that is not there")
        place = self.marks.pop()
        values = self.stack[place:]
        del self.stack[place:]
        return values

    def put(self, place: int) -> None:
        if len(self.memo) >= _MAX_MEMO:
            raise BadPickle("remembers too much")
        value = self.pop()
        self.memo[place] = value
        self.stack.append(value)

    def encoded(self, text: str | bytes) -> bytes:
        self.bytes_left -= len(text)
        if self.bytes_left < 0:
            raise BadPickle("has more bytes in arrays than it is long")
        return text.encode("latin-1") if isinstance(text, str) else text

    def get(self, place: int) -> None:
        if place not in self.memo:
            raise BadPickle("recalls what it does not remember")
        self.stack.append(self.memo[place])


def loads(data: bytes) -> Any:
    """The value in a pickle, of any protocol. Python 2's byte strings come as text in Latin-1.

    Raises
    ------
    BadPickle
        It is damaged, or holds anything but plain values and arrays of bytes.
    """
    machine = _Machine(2 * len(data))
    try:
        for opcode, argument, _ in pickletools.genops(data):
            if opcode.name == "STOP":
                return machine.pop()
            _ACTIONS.get(opcode.name, _refuse(opcode.name))(machine, argument)
    except BadPickle:
        raise
    except (ValueError, TypeError, IndexError, KeyError, OverflowError, MemoryError, AttributeError) as error:
        raise BadPickle(f"damaged: {error}") from error
    raise BadPickle("damaged: it has no end")


def _refuse(name: str) -> Callable[[_Machine, Any], None]:
    def refuse(*_: object) -> None:
        raise BadPickle(f"uses {name}, which plain values do not need")

    return refuse


def _push(machine: _Machine, value: Any) -> None:
    machine.stack.append(value)


def _constant(make: Callable[[], Any]) -> Callable[[_Machine, Any], None]:
    return lambda machine, _: machine.stack.append(make())


def _tuple_of(count: int) -> Callable[[_Machine, Any], None]:
    def build(machine: _Machine, _: Any) -> None:
        values = [machine.pop() for _ in range(count)]
        machine.stack.append(tuple(reversed(values)))

    return build


def _append(machine: _Machine, values: list[Any]) -> None:
    target = machine.pop()
    if type(target) is not list:
        raise BadPickle("appends to what is no list")
    target.extend(values)
    machine.stack.append(target)


def _set_items(machine: _Machine, items: list[Any]) -> None:
    target = machine.pop()
    if type(target) is not dict or len(items) % 2:
        raise BadPickle("sets items of what is no dict")
    for key, value in zip(items[::2], items[1::2], strict=True):
        if not isinstance(key, (str, bytes, int)):
            raise BadPickle("has a key that is neither text nor a number")
        target[key] = value
    machine.stack.append(target)


def _dict(machine: _Machine, _: Any) -> None:
    items = machine.pop_marked()
    machine.stack.append({})
    _set_items(machine, items)


def _global(machine: _Machine, name: tuple[str, str]) -> None:
    if name not in _GLOBALS:
        raise BadPickle(f"asks for {'.'.join(name)[:80]!a}, which plain values do not need")
    machine.stack.append(_Global(name))


def _stack_global(machine: _Machine, _: Any) -> None:
    attribute, module = machine.pop(), machine.pop()
    if not isinstance(attribute, str) or not isinstance(module, str):
        raise BadPickle("names something by what is no text")
    _global(machine, (module, attribute))


def _reduce(machine: _Machine, _: Any) -> None:
    arguments, function = machine.pop(), machine.pop()
    name = function.name if isinstance(function, _Global) else None
    match arguments:
        case (_Global(name=cls), *_) if name in _RECONSTRUCT and cls == _NDARRAY:
            machine.stack.append(Array())
        case (str() as code, *_) if name == _DTYPE:
            machine.stack.append(_Dtype(code))
        case (str() as text, "latin1" | "latin-1") if name == _ENCODE:
            machine.stack.append(machine.encoded(text))
        case _:
            raise BadPickle("calls something")


def _build(machine: _Machine, _: Any) -> None:
    state, target = machine.pop(), machine.pop()
    machine.stack.append(target)
    match target, state:
        case _Dtype(), tuple():
            return
        case Array(), (int(), tuple() as shape, _Dtype(code=code), order, (str() | bytes()) as data):
            if code not in _BYTE or (order and len(shape) > 1):
                raise BadPickle("has an array of something else than bytes, row by row")
            target.data = machine.encoded(data)
            if not all(type(n) is int and n >= 0 for n in shape) or math.prod(shape) != len(target.data):
                raise BadPickle("has an array whose shape and bytes do not fit")
            target.shape = shape
        case _:
            raise BadPickle("sets the state of something")


_ACTIONS: dict[str, Callable[[_Machine, Any], None]] = {
    **dict.fromkeys(("PROTO", "FRAME"), lambda *_: None),
    **dict.fromkeys(("INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT"), _push),
    **dict.fromkeys(("STRING", "BINSTRING", "SHORT_BINSTRING", "UNICODE", "BINUNICODE", "BINUNICODE8"), _push),
    **dict.fromkeys(("SHORT_BINUNICODE", "BINBYTES", "SHORT_BINBYTES", "BINBYTES8"), _push),
    "NONE": _constant(lambda: None),
    "NEWTRUE": _constant(lambda: True),
    "NEWFALSE": _constant(lambda: False),
    "EMPTY_LIST": _constant(list),
    "EMPTY_DICT": _constant(dict),
    "EMPTY_TUPLE": _constant(tuple),
    "TUPLE1": _tuple_of(1),
    "TUPLE2": _tuple_of(2),
    "TUPLE3": _tuple_of(3),
    "MARK": lambda machine, _: machine.marks.append(len(machine.stack)),
    "TUPLE": lambda machine, _: machine.stack.append(tuple(machine.pop_marked())),
    "LIST": lambda machine, _: machine.stack.append(machine.pop_marked()),
    "DICT": _dict,
    "APPEND": lambda machine, _: _append(machine, [machine.pop()]),
    "APPENDS": lambda machine, _: _append(machine, machine.pop_marked()),
    "SETITEM": lambda machine, _: _set_items(machine, [machine.pop(), machine.pop()][::-1]),
    "SETITEMS": lambda machine, _: _set_items(machine, machine.pop_marked()),
    "POP": lambda machine, _: machine.pop(),
    "MEMOIZE": lambda machine, _: machine.put(len(machine.memo)),
    "PUT": lambda machine, place: machine.put(place),
    "BINPUT": lambda machine, place: machine.put(place),
    "LONG_BINPUT": lambda machine, place: machine.put(place),
    "GET": lambda machine, place: machine.get(place),
    "BINGET": lambda machine, place: machine.get(place),
    "LONG_BINGET": lambda machine, place: machine.get(place),
    "GLOBAL": lambda machine, name: _global(machine, tuple(name.split(" ", 1))),
    "STACK_GLOBAL": _stack_global,
    "REDUCE": _reduce,
    "BUILD": _build,
}
