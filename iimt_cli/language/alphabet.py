"""Alphabets: the characters that a system reads and draws. A preset names its own.

The networks number characters by their place, so the order of an alphabet must not change once there are weights for it.
Index 0, the space, is an ordinary character.
"""

WESTERN = (
    " !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~"
    "ÀÁÂÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÖØÙÚÛÜßàáâäåæçèéêëìíîïñòóôöøùúûüÿŒœ"
    "§©«®°·»–—‘’‚“”„•…€"
)
LATIN = WESTERN + "ĂăĄąĆćČčĎďĐđĘęĚěĞğİıŁłŃńŇňŐőŘřŚśŞşŠšŤťŮůŰűŸŹźŻżŽžȘșȚț"
"""With what Polish, Czech, Hungarian, Romanian, Turkish and their neighbours need, too."""

ALPHABETS = {"western": WESTERN, "latin": LATIN}
ASCII = "".join(map(chr, range(32, 127)))  # the first characters in the alphabet of every pack

SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹"
"""In no alphabet: they are read and copied as pictures, and figures stand for them where a network wants characters."""
SUBSCRIPTS = "₀₁₂₃₄₅₆₇₈₉"
"""Likewise."""
_FIGURES = str.maketrans(SUPERSCRIPTS + SUBSCRIPTS, 2 * "0123456789")

CAPITAL = "".join(filter(str.isupper, LATIN))
"""Capitals, to stand between the brackets of a regular expression."""
SMALL = "".join(filter(str.islower, LATIN))
"""Small letters, likewise."""


def on_the_line(text: str) -> str:
    """The text with usual figures in place of those above and below the line."""
    return text.translate(_FIGURES)
