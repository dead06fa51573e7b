"""New words in the place of the old ones.

`unroll`      a paragraph as one strip; cutting and joining strips that are too long
`words`       which words of a paragraph look alike
`erase`       the picture without its text
`pattern`     the ground behind erased text where it repeats itself (stripes, checks)
`inpaint`     the ground behind erased text on a photo or a texture
`room`        free room round a line; what a lone line is aligned to
`slots`       the lines into which new words may flow
`reflow`      new words into these lines
`initials`    the first letter in the place of a drop capital
`rows`        letters on whole rows of pixels
`strokes`     how wide and sharp the strokes of new letters are drawn
`outlines`    smooth outlines of enlarged letters
`parts`       the parts of a text that do not look alike
`compose`     new ink into the picture
`legible`     whether the new text can be read where it was drawn
"""
