"""What picture files hold beside their pixels: read from one file, and put into another of the same format.

`exif`  metadata of cameras and XMP, of a picture that is upright now
`png`   chunks; pixels of 16 bits
`jpeg`  segments: profiles, comments, metadata
`bmp`   pixels with alpha
`tiff`  directories; pixels of any kind; files of several pages

Everything is kept as the bytes that it was, so that what iimt does not know is not lost. What describes the old pixels, such
as a thumbnail, is left out.
"""
