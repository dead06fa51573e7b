"""Files of pictures ↔ arrays.

`image`       files → arrays (orientation, alpha; one clear error for what cannot be read)
`own`         pixels as a file has them where 8-bit RGB says less: 16 bits, CMYK, a palette
`original`    what a file holds beside its pixels
`encode`      arrays → files that keep what the file of the picture held
"""
