"""How compiled code sees the engine's data: one pointer, from which it finds every column of every table.

Given as named tuples of arrays, the tables would be some 200 words that each call of a function must hand over; a
`World` is a single one, behind which lie the tables' addresses. `world.net.lane.length[i]` reads the same in Python, on
the tables themselves, and in compiled functions, where everything before the index is known while compiling. Indices
are not checked, and negative ones do not count from the end.
"""

import operator
from dataclasses import dataclass
from typing import Any

import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.core.extending import NativeValue, models, register_model, typeof_impl, unbox
from numba.core.imputils import lower_builtin, lower_getattr_generic
from numba.core.typing.templates import AbstractTemplate, AttributeTemplate, infer_getattr, infer_global, signature
from numba.np.numpy_support import from_dtype

from sim.engine.arrays import LAYOUT as ROAD_LAYOUT
from sim.engine.arrays import Net, Plans, Traffic, Vehicles, Walkers
from sim.engine.records import LINE_BYTES
from sim.engine.signal_arrays import SIGNAL_LAYOUT, Signals

LAYOUT = {**ROAD_LAYOUT, **SIGNAL_LAYOUT}
FETCHED_BYTES = 320
WORDS = 2  # per array: its address and its length


class World:
    """Everything that kernels work on."""

    def __init__(self, net: Net, veh: Vehicles, plans: Plans, tra: Traffic, wal: Walkers, sig: Signals) -> None:
        self.net = net
        self.veh = veh
        self.plans = plans
        self.tra = tra
        self.wal = wal
        self.sig = sig
        arrays = [operator.attrgetter(path)(self) for path in LAYOUT]
        for (path, kind), array in zip(LAYOUT.items(), arrays, strict=True):
            if array.dtype != kind or not array.flags.c_contiguous:
                raise TypeError(f"{path}: expected rows of {kind} without gaps, got {array.dtype}")
        self._slots = np.array([(array.ctypes.data, len(array)) for array in arrays], np.int64)
        self.address = int(self._slots.ctypes.data)


@dataclass(frozen=True)
class _Place:
    """Where elements lie: `address of the slot's array + index * stride + offset`."""

    slot: int
    stored: Any
    stride: int
    offset: int = 0
    inner: int = 0  # bytes between the values of one row, 0 when there is one only

    @property
    def scalar(self) -> Any:
        """What compiled code reads: short whole numbers are widened, so that functions meet one kind only."""
        return types.intp if self.stored in (types.int16, types.int32) else self.stored


def _places() -> dict[str, _Place]:
    """By path such as `net.lane.length`."""
    result = {}
    for slot, (path, kind) in enumerate(LAYOUT.items()):
        if kind.fields is None:
            result[path] = _Place(slot, from_dtype(kind), kind.itemsize)
            continue
        for name, (field, offset, *_) in kind.fields.items():
            inner = field.base.itemsize if field.shape else 0
            result[f"{path}.{name}"] = _Place(slot, from_dtype(field.base), kind.itemsize, offset, inner)
    return result


PLACES = _places()
SLOTS = {path: slot for slot, path in enumerate(LAYOUT)}
PATHS = {".".join(path.split(".")[:depth]) for path in PLACES for depth in range(1, 4)}


class View(types.Type):
    """A part of the world: all of it (path ""), a group of tables, a table, or a column."""

    def __init__(self, path: str) -> None:
        self.path = path
        super().__init__(name=f"View({path})")


@register_model(View)
class _ViewModel(models.PrimitiveModel):
    """Of whatever part, the pointer to the world's addresses."""

    def __init__(self, manager: Any, kind: View) -> None:
        super().__init__(manager, kind, cgutils.voidptr_t)


@typeof_impl.register(World)
def _typeof_world(_value: World, _context: Any) -> View:
    return View("")


@unbox(View)
def _unbox_world(_kind: View, value: Any, context: Any) -> Any:
    number = context.pyapi.object_getattr_string(value, "address")
    pointer = context.pyapi.long_as_voidptr(number)
    context.pyapi.decref(number)
    return NativeValue(pointer, is_error=cgutils.is_not_null(context.builder, context.pyapi.err_occurred()))


@infer_getattr
class _ViewAttribute(AttributeTemplate):
    key = View

    def generic_resolve(self, value: Any, attr: str) -> Any:  # type: ignore[override]
        if attr == "size" and value.path in SLOTS:
            return types.intp
        path = f"{value.path}.{attr}".removeprefix(".")
        return View(path) if path in PATHS else None


@lower_getattr_generic(View)
def _attribute(_context: Any, builder: Any, kind: View, pointer: Any, name: str) -> Any:
    return _word(builder, pointer, WORDS * SLOTS[kind.path] + 1, ir.IntType(64)) if name == "size" else pointer


@infer_global(operator.getitem)
class _Get(AbstractTemplate):
    def generic(self, given: Any, _keywords: Any) -> Any:
        view, index = given
        return signature(PLACES[view.path].scalar, view, index) if _is_element(view, index) else None


@infer_global(operator.setitem)
class _Set(AbstractTemplate):
    def generic(self, given: Any, _keywords: Any) -> Any:
        view, index, _ = given
        return signature(types.none, view, index, PLACES[view.path].stored) if _is_element(view, index) else None


@lower_builtin(operator.getitem, View, types.Integer)
@lower_builtin(operator.getitem, View, types.BaseTuple)
def _get(context: Any, builder: Any, sig: Any, given: Any) -> Any:
    place = PLACES[sig.args[0].path]
    value = context.unpack_value(builder, place.stored, _element(context, builder, place, sig, given))
    return context.cast(builder, value, place.stored, place.scalar)


@lower_builtin(operator.setitem, View, types.Integer, types.Any)
@lower_builtin(operator.setitem, View, types.BaseTuple, types.Any)
def _set(context: Any, builder: Any, sig: Any, given: Any) -> Any:
    place = PLACES[sig.args[0].path]
    context.pack_value(builder, place.stored, given[2], _element(context, builder, place, sig, given))
    return context.get_dummy_value()


def fetch(table: Any, row: int) -> None:
    """Ask for a row that is needed soon, so that its first cache lines are on their way meanwhile; changes nothing.

    Of a column, `fetch(table.column, row)`, only the line with its value.
    """


@infer_global(fetch)
class _Fetch(AbstractTemplate):
    def generic(self, given: Any, _keywords: Any) -> Any:
        return signature(types.none, *given)


@lower_builtin(fetch, View, types.Integer)
def _fetch(context: Any, builder: Any, sig: Any, given: Any) -> Any:
    path = sig.args[0].path
    call = cgutils.get_or_insert_function(
        builder.module,
        ir.FunctionType(ir.VoidType(), [cgutils.voidptr_t, *[ir.IntType(32)] * 3]),
        "llvm.prefetch.p0",
    )
    if path in PLACES:
        places = [PLACES[path]]
    else:
        size = LAYOUT[path].itemsize
        lines = range(0, min(size, FETCHED_BYTES), LINE_BYTES)
        places = [_Place(SLOTS[path], types.uint8, size, line) for line in lines]
    for place in places:
        pointer = _element(context, builder, place, sig, given)
        pointer = builder.bitcast(pointer, cgutils.voidptr_t)
        builder.call(call, [pointer, *(ir.IntType(32)(word) for word in (0, 3, 1))])  # to read, to keep, data
    return context.get_dummy_value()


def _is_element(view: Any, index: Any) -> bool:
    if not isinstance(view, View) or view.path not in PLACES:
        return False
    indices: Any = index if isinstance(index, types.BaseTuple) else (index,)
    needed = 2 if PLACES[view.path].inner else 1
    return len(indices) == needed and all(isinstance(part, types.Integer) for part in indices)


def _element(context: Any, builder: Any, place: _Place, sig: Any, given: Any) -> Any:
    """The pointer to one element."""
    word = ir.IntType(64)
    kinds, values = [sig.args[1]], [given[1]]
    if place.inner:
        kinds, values = list(sig.args[1]), cgutils.unpack_tuple(builder, given[1])
    row, *column = (context.cast(builder, v, kind, types.intp) for v, kind in zip(values, kinds, strict=True))
    offset = builder.add(builder.mul(row, word(place.stride), flags=("nsw",)), word(place.offset), flags=("nsw",))
    if column:
        offset = builder.add(offset, builder.mul(column[0], word(place.inner), flags=("nsw",)), flags=("nsw",))
    start = _word(builder, given[0], WORDS * place.slot, cgutils.voidptr_t)
    return builder.bitcast(
        builder.gep(start, [offset], inbounds=True), context.get_data_type(place.stored).as_pointer()
    )


def _word(builder: Any, pointer: Any, number: int, kind: Any) -> Any:
    """One of the world's words; compiled code may read it once and keep it."""
    words = builder.bitcast(pointer, kind.as_pointer())
    word = builder.load(builder.gep(words, [ir.IntType(64)(number)], inbounds=True))
    word.set_metadata("invariant.load", builder.module.add_metadata([]))
    return word
