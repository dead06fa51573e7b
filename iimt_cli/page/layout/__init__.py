"""What stands where on a page: lines, their cells and symbols, and which lines are one text.

`find`        where the lines are (RapidOCR's detector, tiled)
`line`        a line as a box: straightened, joined, turned with its page
`rules`       straight lines about text, and the ground that it stands on
`symbols`     bullets, icons, cursors, arrows: what is no letter: a small network
`marks`       a bullet beside the box of a line, the tick of an axis
`parts`       the texts of a line: entries of a bar, cells of a table
`looks`       the first look at a line: to measure it
`frames`      the second look: in the frame of its paragraph
`sizes`       one type size for lines in the same type
`likeness`    which lines those are
`pairs`       whether a line goes on in one below it: a small network
`group`       which lines are one text, and how it is aligned
"""
