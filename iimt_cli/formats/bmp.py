"""BMP with alpha, which Pillow reads but does not write."""

import struct

import numpy as np
from numpy.typing import NDArray

HEAD, INFO = 14, 124  # bytes of the file header, and of the header of the pixels (BITMAPV5HEADER)
MASKS = (0xFF0000, 0xFF00, 0xFF, 0xFF000000)  # red, green, blue, alpha in the 32 bits of a pixel
IN_MASKS, SRGB, BY_INTENT = 3, b"BGRs", 4
METRE = 1 / 0.0254  # inches


def encode(rgba: NDArray[np.uint8], dpi: tuple[float, float] | None = None) -> bytes:
    """Pixels, (H, W, 4), as a file of 32 bits per pixel; dpi: px per inch across and down."""
    height, width = rgba.shape[:2]
    rows = rgba[::-1, :, [2, 1, 0, 3]].tobytes()  # BMP stores rows from the bottom up, and blue first
    across, down = (round(one * METRE) for one in dpi or (0, 0))
    head = struct.pack("<2sIHHI", b"BM", HEAD + INFO + len(rows), 0, 0, HEAD + INFO)
    info = struct.pack("<IiiHHIIiiII", INFO, width, height, 1, 32, IN_MASKS, len(rows), across, down, 0, 0)
    info += struct.pack("<4I", *MASKS) + SRGB + bytes(36 + 12) + struct.pack("<IIII", BY_INTENT, 0, 0, 0)
    return head + info + rows
