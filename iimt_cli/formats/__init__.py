"""What picture files hold besides their pixels: it is read from one file and written into another of the same format.

`exif`  EXIF and XMP, changed for a picture that was turned upright
`png`   chunks; pixels of 16 bits
`jpeg`  segments: profiles, comments, metadata
`bmp`   pixels with alpha
`tiff`  directories; pixels of any kind; files of several pages

Everything is copied byte by byte, so that data that iimt does not know is not lost. Data about the old pixels, such as a
thumbnail, is left out.
"""
