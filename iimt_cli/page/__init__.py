"""Pictures ↔ strips of ink: everything about pixels that is not a network.

Values and small tools

`arrays`      the arrays and small values that pass between the modules: their types and shapes
`colours`     over the colours of each pixel: sums, the most frequent, contrast
`shapes`      connected shapes in a mask; growing and shrinking
`rectify`     picture ↔ strip geometry: a strip is 32 px high, its type 23 px, its baseline at row 23.5
`runs`        where the ink of a strip is: columns, runs, gaps
`guard`       one bad line never fails a picture

Reading a picture

`image`       files → arrays (orientation, alpha; one clear error for what cannot be read)
`own`         pixels as a file has them where 8-bit RGB says less: 16 bits, CMYK, a palette
`original`    what a file holds beside its pixels
`find`        where the lines are (RapidOCR's detector, tiled)
`two_colours` ink on a plain background, by arithmetic
`separate`    what a separator is (strips → ink and erase mask), a classical one, and which ink is a line's own
`measure`     baseline, type size and slope of ink
`rules`       straight lines about text, and the ground that it stands on
`marks`       bullets, icons, cursors, arrows: what is no letter, by its ink
`icons`       the same, by its pixels
`parts`       the texts of a line: entries of a bar, cells of a table
`looks`       the first look at a line: to measure it
`frames`      the second look: in the frame of its paragraph
`paragraphs`  lines with their ink; lines that read as one text
`sizes`       one type size for lines in the same type
`likeness`    which lines those are
`pairs`       whether a line goes on in one below it: a small network
`group`       which lines are one text, and how it is aligned
`page`        all of it: `read_page(picture, separate)` → `Page.strips` → networks → `Page.draw`

Drawing

`unroll`      a paragraph as one strip; cutting and joining strips that are too long
`style`       colour, weight, outline, shadow
`erase`       the picture without its text
`pattern`     what goes on behind it where the ground repeats itself
`inpaint`     what stands behind text on a photo or a texture
`room`        free room round a line; what a lone line is aligned to
`slots`       the lines into which new words may flow
`reflow`      new words into these lines
`strokes`     how wide and sharp the strokes of new letters are drawn
`compose`     new ink into the picture
`encode`      arrays → files that keep what the file of the picture held

Numbers that decide something are constants beside what they decide: what, in which unit, and how the value was found. Widths
are in em, the type size, where they grow with it.

No torch here: networks come in as callables.
"""

from iimt_cli.page.arrays import Ink
from iimt_cli.page.encode import check_writable, encode_picture, write_picture
from iimt_cli.page.image import Picture, read_picture
from iimt_cli.page.page import Drawn, Page, read_page
from iimt_cli.page.separate import Separator, classical_separator
from iimt_cli.page.unroll import Strip, join, pieces

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
