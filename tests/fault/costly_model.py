"""Writes an ONNX model whose rows are costly: some milliseconds each, with a file of a megabyte.

A net that feeds back on itself, unrolled: h = row x [24, 512], then many times x = tanh(x x [512, 512] + h), always with the same
weights, and x x [512, 1]. The weights shrink differences, so that x settles on what the row says, however sums are rounded.
"""
import array
import random

FEATURES = 24
WIDTH = 512


def _varint(value):
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes(out + bytes([value]))


def _field(number, content):
    if isinstance(content, int):
        return _varint(number << 3) + _varint(content)
    if isinstance(content, str):
        content = content.encode()
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _weights(name, rows, columns, numbers):
    scale = 0.5 / rows ** 0.5
    values = array.array("f", (numbers.gauss(0, scale) for _ in range(rows * columns)))
    return _field(5, _field(1, rows) + _field(1, columns) + _field(2, 1) + _field(8, name) + _field(9, values.tobytes()))


def _node(kind, inputs, output):
    return _field(1, b"".join(_field(1, name) for name in inputs) + _field(2, output) + _field(4, kind))


def _tensor(number, name, columns):
    rows = _field(1, _field(2, "rows"))
    shape = _field(2, rows + _field(1, _field(1, columns)))
    return _field(number, _field(1, name) + _field(2, _field(1, _field(1, 1) + shape)))


def write(path, products, seed=1):
    """A row takes the time of so many products of 512 x 512 numbers, about 30 us each on one core."""
    numbers = random.Random(seed)
    nodes, last = [_node("MatMul", ["input", "first"], "h"), _node("Tanh", ["h"], "x0")], "x0"
    for i in range(products):
        nodes += [_node("MatMul", [last, "middle"], f"m{i}"), _node("Add", [f"m{i}", "h"], f"a{i}"),
                  _node("Tanh", [f"a{i}"], f"x{i + 1}")]
        last = f"x{i + 1}"
    nodes.append(_node("MatMul", [last, "end"], "output"))
    graph = (b"".join(nodes) + _field(2, "costly") + _weights("first", FEATURES, WIDTH, numbers)
             + _weights("middle", WIDTH, WIDTH, numbers) + _weights("end", WIDTH, 1, numbers)
             + _tensor(11, "input", FEATURES) + _tensor(12, "output", 1))
    path.write_bytes(_field(1, 8) + _field(8, _field(1, "") + _field(2, 17)) + _field(7, graph))
