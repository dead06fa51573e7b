"""Ink: which pixels are letters, how large they are, and how they look.

`two_colours` ink on a plain background, by arithmetic
`separate`    what a separator is (strips → ink and erase mask), a classical one, and which ink is a line's own
`measure`     baseline, type size and slope of ink
`raised`      small figures above the line: m²
`style`       colour, weight, outline, shadow
`grounds`     text that stands on two grounds
`halo`        a glow or a soft shadow round letters
"""
