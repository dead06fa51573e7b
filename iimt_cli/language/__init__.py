"""What is true of written language, as data and rules: no network, no pixels.

`protected` finds what must be copied letter by letter: numbers, codes, addresses of the web.
"""
