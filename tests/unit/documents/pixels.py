"""Pictures of pages as typst draws them, and the few questions that tests ask of them."""

import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared_base.core.typst import compiler

WHITE = 250


@dataclass(frozen=True)
class Picture:
    """Rows of grey values, 0 black to 255 white."""

    rows: tuple[bytes, ...]
    per_mm: float

    @property
    def width(self) -> int:
        return len(self.rows[0])

    def ink(self) -> int:
        """How much darkness there is in all."""
        return sum(255 * len(row) - sum(row) for row in self.rows)

    def blank_beyond(self, left_mm: float, right_mm: float) -> bool:
        """Whether nothing stands in the page's margins, so many millimetres wide."""
        left, right = int(left_mm * self.per_mm), self.width - int(right_mm * self.per_mm)
        return all(min(row[:left] + row[right:]) >= WHITE for row in self.rows)


def pictures(template: str, data: Mapping[str, Any], *, ppi: int = 24) -> list[Picture]:
    """Every page of `template` over `data`."""
    drawn = compiler(template, data).compile(format="png", ppi=ppi)
    return [picture(png, per_mm=ppi / 25.4) for png in ([drawn] if isinstance(drawn, bytes) else drawn)]


def picture(png: bytes, per_mm: float = 1) -> Picture:
    """An 8-bit RGBA PNG without interlace, as grey values (alpha over white)."""
    width, height, depth, kind = struct.unpack(">IIBB", png[16:26])
    assert (depth, kind) == (8, 6), "typst writes 8-bit RGBA"
    data, at = b"", 8
    while at < len(png):
        length, name = struct.unpack(">I4s", png[at : at + 8])
        if name == b"IDAT":
            data += png[at + 8 : at + 8 + length]
        at += length + 12
    raw = _unfiltered(zlib.decompress(data), width * 4, height)
    return Picture(
        tuple(
            bytes(
                255 - (255 - (line[x] + line[x + 1] + line[x + 2]) // 3) * line[x + 3] // 255
                for x in range(0, len(line), 4)
            )
            for line in raw
        ),
        per_mm,
    )


def _unfiltered(data: bytes, stride: int, height: int) -> list[bytearray]:
    """The scan lines with PNG's five filters undone (ISO/IEC 15948, 9.2)."""
    lines: list[bytearray] = []
    above = bytearray(stride)
    for row in range(height):
        start = row * (stride + 1)
        kind, line = data[start], bytearray(data[start + 1 : start + 1 + stride])
        for x in range(stride):
            left = line[x - 4] if x >= 4 else 0
            corner = above[x - 4] if x >= 4 else 0
            guess = (0, left, above[x], (left + above[x]) // 2, _paeth(left, above[x], corner))[kind]
            line[x] = (line[x] + guess) & 255
        lines.append(line)
        above = line
    return lines


def _paeth(left: int, above: int, corner: int) -> int:
    estimate = left + above - corner
    return min((left, above, corner), key=lambda value: abs(estimate - value))
