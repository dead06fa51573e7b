"""Codes of languages: two letters (ISO 639-1), three letters (ISO 639-3)."""

# European languages in Latin letters, and some others that are often translated.
_CODES = (
    "af afr, bs bos, ca cat, cs ces, cy cym, da dan, de deu, en eng, es spa, et est, eu eus, fi fin, fo fao, fr fra, ga gle, "
    "gl glg, hr hrv, hu hun, id ind, is isl, it ita, lb ltz, lt lit, lv lav, ms zsm, mt mlt, nb nob, nl nld, nn nno, oc oci, "
    "pl pol, pt por, ro ron, sk slk, sl slv, sq sqi, sv swe, sw swh, tl tgl, tr tur, vi vie"
)
_THREE = dict(pair.split() for pair in _CODES.split(", "))
_TWO = {three: two for two, three in _THREE.items()}


def three_letters(code: str) -> str:
    """The code of three letters, such as `deu` for `de`; "" if not known."""
    return _THREE.get(code, "")


def known_code(code: str) -> str:
    """The code of two letters (`de` for `de` and `deu`); "" for anything else, such as a family of languages."""
    return code if code in _THREE else _TWO.get(code, "")
