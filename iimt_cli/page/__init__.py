"""Pictures ↔ strips of ink: everything about pixels that is not a network.

`image`       files ↔ arrays (orientation, alpha, profiles; one clear error for what cannot be read)
`find`        where the lines are (RapidOCR's detector, tiled)
`rectify`     picture ↔ strip geometry: a strip is 32 px high, its type 23 px, its baseline at row 23.5
`two_colours` ink on a plain background, by arithmetic
`separate`    what a separator is (strips → ink and erase mask), a classical one, and measuring ink
`paragraphs`  lines with their ink; lines that read as one text
`sizes`       one type size for lines in the same type
`group`       which lines those are
`unroll`      a paragraph as one strip; cutting and joining strips that are too long
`style`       colour, weight, outline, shadow
`erase`       the picture without its text
`room`        free room round a line; what a lone line is aligned to
`reflow`      new words into the paragraph's lines
`compose`     new ink into the picture
`looks`       two looks at a line: to measure it, then in the frame of its paragraph
`page`        all of it: `read_page(picture, separate)` → `Page.strips` → networks → `Page.draw`

No torch here: networks come in as callables.
"""

from iimt_cli.page.image import Picture, check_writable, encode_picture, read_picture, write_picture
from iimt_cli.page.page import Drawn, Page, read_page
from iimt_cli.page.separate import Separator, classical_separator
from iimt_cli.page.unroll import Strip, join, pieces

__all__ = [
    "Drawn",
    "Page",
    "Picture",
    "Separator",
    "Strip",
    "check_writable",
    "classical_separator",
    "encode_picture",
    "join",
    "pieces",
    "read_page",
    "read_picture",
    "write_picture",
]
