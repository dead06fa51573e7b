"""Pictures ↔ strips of ink: everything about pixels that is not a network.

Values and small tools, in this folder

`arrays`      the arrays and small values that pass between the modules: their types and shapes
`colours`     over the colours of each pixel: sums, the most frequent, contrast
`shapes`      connected shapes in a mask; growing and shrinking
`rectify`     picture ↔ strip geometry: a strip is 32 px high, its type 23 px, its baseline at row 23.5
`runs`        where the ink of a strip is: columns, runs, gaps
`paragraphs`  lines with their ink; lines that read as one text
`guard`       one bad line never fails a picture
`page`        all of it: `read_page(picture, separate)` → `Page.strips` → networks → `Page.draw`

Four rooms. Each imports from this folder and from the rooms before it: `files`, `ink`, `layout`, `typeset`. Their
`__init__` say what is in them.

Numbers that decide something are constants beside what they decide: what, in which unit, and how the value was found. Widths
are in em, the type size, where they grow with it.

No torch here: networks come in as callables.
"""

from iimt_cli.page.arrays import Ink
from iimt_cli.page.files.encode import check_writable, encode_picture, write_picture
from iimt_cli.page.files.image import Picture, read_picture
from iimt_cli.page.ink.separate import Separator, classical_separator
from iimt_cli.page.page import Drawn, Page, read_page
from iimt_cli.page.typeset.unroll import Strip, join, pieces

__all__ = [
    "Drawn",
    "Ink",
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
