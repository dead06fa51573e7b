"""Files of several pages. Each page is a picture for the translator; at the end the pages become one file again.

`base`  the functions that the module of a format must have
`pdf`   PDF: PDFium makes pictures of pages, pikepdf (qpdf) puts them in their place
`tiff`  TIFF of several pages

Pages are numbered from 0 here, and from 1 in what users see.
"""

from pathlib import Path

from iimt_cli.documents.base import Format


def format_of(path: Path) -> Format | None:
    """The format of a document, by its suffix; None for pictures."""
    suffix = path.suffix.lower()
    if suffix == ".pdf":
        from iimt_cli.documents import pdf

        return pdf
    if suffix in (".tif", ".tiff"):
        from iimt_cli.documents import tiff

        return tiff
    return None
