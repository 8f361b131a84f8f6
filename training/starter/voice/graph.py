"""Writes ONNX graphs by hand, in stock operators of opset 18: no exporter between the recipe and the file.

A value is the name of what a node gives. Shapes are written as in numpy; N is a number of symbols, T of frames.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

from voice.frames import LONG

OPSET: Final = 18
IR_VERSION: Final = 10  # that opset's; newer ones are refused by older runtimes
_END: Final = 2**60
Weights = Mapping[str, npt.NDArray[Any]]
Value = str


class Regulated(NamedTuple):
    """Which symbol each frame belongs to.

    Attributes:
        symbol: int64, T.
        since: float32, T: frames since the symbol's first.
        length: int64, 1: T.
    """

    symbol: Value
    since: Value
    length: Value


class Graph:
    """A graph being written."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []
        self._inputs: list[onnx.ValueInfoProto] = []
        self._outputs: list[onnx.ValueInfoProto] = []
        self._known: dict[tuple[str, tuple[int, ...], bytes], Value] = {}

    def input(self, name: str, kind: int, shape: Sequence[int | str]) -> Value:
        """What the graph is given; ``kind`` as `TensorProto` names it."""
        self._inputs.append(helper.make_tensor_value_info(name, kind, shape))
        return name

    def output(self, name: str, value: Value, kind: int, shape: Sequence[int | str]) -> None:
        """What the graph gives."""
        self._nodes.append(helper.make_node("Identity", [value], [name]))
        self._outputs.append(helper.make_tensor_value_info(name, kind, shape))

    def model(self, metadata: Mapping[str, str] | None = None) -> onnx.ModelProto:
        """The whole, checked."""
        graph = helper.make_graph(self._nodes, self._name, self._inputs, self._outputs, self._constants)
        opset = helper.make_opsetid("", OPSET)
        model = helper.make_model(graph, opset_imports=[opset], ir_version=IR_VERSION, producer_name="homebody")
        helper.set_model_props(model, dict(metadata or {}))
        onnx.checker.check_model(model, full_check=True)
        return model

    # --- values -----------------------------------------------------------------------------------------------------

    def op(self, kind: str, *inputs: Value, **attributes: Any) -> Value:
        """A node of one output."""
        return self.ops(kind, *inputs, count=1, **attributes)[0]

    def ops(self, kind: str, *inputs: Value, count: int, **attributes: Any) -> list[Value]:
        """A node of ``count`` outputs."""
        outputs = [f"v{len(self._nodes)}_{number}" for number in range(count)]
        self._nodes.append(helper.make_node(kind, inputs, outputs, **attributes))
        return outputs

    def constant(self, value: npt.NDArray[Any]) -> Value:
        """An array as it is; equal ones are stored once."""
        key = (value.dtype.str, value.shape, value.tobytes())
        if key not in self._known:
            self._known[key] = f"c{len(self._constants)}"
            self._constants.append(numpy_helper.from_array(value, self._known[key]))
        return self._known[key]

    def real(self, value: npt.ArrayLike) -> Value:
        """float32."""
        return self.constant(np.asarray(value, np.float32))

    def whole(self, value: npt.ArrayLike) -> Value:
        """int64."""
        return self.constant(np.asarray(value, np.int64))

    def half(self, value: npt.ArrayLike) -> Value:
        """float32, stored as float16 and widened once when it is loaded."""
        return self.as_real(self.constant(np.asarray(value, np.float16)))

    def as_real(self, value: Value) -> Value:
        """As float32."""
        return self.op("Cast", value, to=TensorProto.FLOAT)

    def as_whole(self, value: Value) -> Value:
        """As int64."""
        return self.op("Cast", value, to=TensorProto.INT64)

    def add(self, one: Value, other: Value) -> Value:
        """Their sum."""
        return self.op("Add", one, other)

    def sub(self, one: Value, other: Value) -> Value:
        """Their difference."""
        return self.op("Sub", one, other)

    def mul(self, one: Value, other: Value) -> Value:
        """Their product, an element each."""
        return self.op("Mul", one, other)

    def div(self, one: Value, other: Value) -> Value:
        """Their quotient."""
        return self.op("Div", one, other)

    def clip(self, value: Value, low: float, high: float) -> Value:
        """float32 between these."""
        return self.op("Clip", value, self.real(low), self.real(high))

    def cut(self, value: Value, begin: int, end: int | None, axis: int = 0) -> Value:
        """``value[begin:end]`` along an axis."""
        bounds = (self.whole([begin]), self.whole([_END if end is None else end]), self.whole([axis]))
        return self.op("Slice", value, *bounds)

    def shaped(self, value: Value, shape: Sequence[int]) -> Value:
        """In another shape; -1: what is left."""
        return self.op("Reshape", value, self.whole(list(shape)))

    def join(self, *values: Value, axis: int) -> Value:
        """One after another."""
        return self.op("Concat", *values, axis=axis)

    def columns(self, *values: Value) -> Value:
        """Vectors side by side."""
        return self.join(*(self.op("Unsqueeze", value, self.whole([1])) for value in values), axis=1)

    def running(self, value: Value) -> Value:
        """The sum of each and all before it."""
        return self.op("CumSum", value, self.whole(0))

    # --- parts ------------------------------------------------------------------------------------------------------

    def linear(self, x: Value, weights: Weights, name: str) -> Value:
        """``x @ weight.T + bias``, as torch stores it."""
        product = self.op("MatMul", x, self.half(weights[f"{name}.weight"].T))
        return self.add(product, self.real(weights[f"{name}.bias"]))

    def block(self, x: Value, weights: Weights, name: str) -> Value:
        """`model.Block` of one row: place, channel."""
        kernels = weights[f"{name}.mix.weight"]
        channels, _, kernel = kernels.shape
        y = self.op("Unsqueeze", self.op("Transpose", x, perm=[1, 0]), self.whole([0]))
        y = self.op(
            "Conv", y, self.half(kernels), self.real(weights[f"{name}.mix.bias"]),
            group=channels, pads=[kernel // 2] * 2, kernel_shape=[kernel],
        )  # fmt: skip
        y = self.op("Transpose", self.op("Squeeze", y, self.whole([0])), perm=[1, 0])
        norm = (self.real(weights[f"{name}.norm.{part}"]) for part in ("weight", "bias"))
        y = self.op("LayerNormalization", y, *norm, axis=-1, epsilon=1e-5)
        y = self.op("Relu", self.linear(y, weights, f"{name}.inner"))
        return self.add(x, self.linear(y, weights, f"{name}.outer"))

    def regulated(self, widths: Value) -> Regulated:
        """Frames from the widths (int64, N, not negative) of symbols. Memory grows with T, not with N * T.

        There is one frame more, of the last symbol, so that nothing is ever empty.
        """
        ends = self.running(widths)
        begins = self.sub(ends, widths)
        length = self.add(self.op("ReduceSum", widths, keepdims=1), self.whole([1]))
        later = self.op("Min", self.cut(begins, 1, None), self.sub(length, self.whole([1])))
        ones = self.op("Expand", self.whole(1), self.op("Shape", later))
        none = self.op("Expand", self.whole(0), length)
        symbol = self.running(self.op("ScatterElements", none, later, ones, axis=0, reduction="add"))
        frame = self.op("Range", self.whole(0), self.shaped(length, []), self.whole(1))
        return Regulated(symbol, self.as_real(self.sub(frame, self.op("Gather", begins, symbol))), length)

    def places(self, widths: Value, frames: Regulated, slower: Value) -> Value:
        """`frames.places` of each frame, T x `PLACES`; the length as it is without being ``slower``."""
        width = self.op("Gather", self.op("Max", self.as_real(widths), self.real(1)), frames.symbol)
        through = self.op("Min", self.div(self.add(frames.since, self.real(0.5)), width), self.real(1))
        left = self.op("Max", self.sub(self.sub(width, self.real(1)), frames.since), self.real(0))
        usual = self.op("Max", self.div(width, slower), self.real(1))
        return self.columns(
            through,
            self.div(self.op("Min", frames.since, self.real(LONG)), self.real(LONG)),
            self.div(self.op("Min", left, self.real(LONG)), self.real(LONG)),
            self.div(self.op("Log", usual), self.real(3)),
            self.op("Min", through, self.sub(self.real(1), through)),
        )
