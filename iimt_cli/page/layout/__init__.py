"""What stands where on a page: lines, their cells and symbols, and which lines are one text.

`find`        where the lines are (RapidOCR's detector, tiled)
`line`        a line as a box: straightened, joined, turned with its page
`stripes`     edges of a ground of stripes or checks, which letters stand across
`rules`       straight lines about text, and the ground that it stands on
`symbols`     bullets, icons, cursors, arrows: what is no letter: a small network
`marks`       a bullet, box or icon beside the box of a line, the tick of an axis
`justify`     lines of justified text, whose word gaps are stretched
`parts`       the texts of a line: entries of a bar, cells of a table
`looks`       the first look at a line: to measure it
`frames`      the second look at a line: cut again in the common frame of its paragraph
`sizes`       one type size for lines that are set in the same type
`likeness`    whether two lines have the same ink, and where one stands measured from the other
`pairs`       whether the text of a line goes on in a line below it: a small network
`group`       which lines are one text, and how that text is aligned
`initials`    drop capitals, round which a text goes
"""
