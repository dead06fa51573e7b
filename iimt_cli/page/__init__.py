"""Pictures ↔ strips of ink: everything about pixels that needs no network.

Values and small tools, in this folder:

`arrays`      the arrays and small values that pass between the modules: their types and shapes
`colours`     over the colours of each pixel: sums, the most frequent, contrast
`shapes`      connected shapes in a mask; growing and shrinking
`rectify`     picture ↔ strip geometry: a strip is 32 px high, its type 23 px, its baseline at row 23.5
`runs`        where the ink of a strip is: columns, runs, gaps
`tracking`    widely spaced letters, closed up and spread
`paragraphs`  a line of text with its ink; a paragraph: lines that read as one text
`guard`       leaves out the line that raises an exception, so that it never fails the picture
`page`        the whole way: `read_page(picture, separate)` → `Page.strips` → networks → `Page.draw`

Four folders: `files` (pictures ↔ arrays), `ink` (which pixels are letters), `layout` (what stands where), `typeset` (new words
in the old place). Each imports from this folder and from the folders named before it. Its `__init__` lists its modules.

Numbers that decide something are constants beside what they decide. Their comments say what, in which unit, and how the value
was found. Widths that grow with the type size are in em.

Nothing here imports torch: networks are passed in as functions.
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
