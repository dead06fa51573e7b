"""The steps of a translation. Each takes values and returns values; nothing is changed in place.

`reading` strips of ink → their readings and encoder states, in batches; the other steps use it
`divide`  pages → pages whose paragraphs are one text each, with the readings of their lines
`pieces`  paragraphs → pieces, usually sentences, with their readings
`judge`   which pieces, and in the end which paragraphs, stay as they are, and why
`wording` texts → their translations by another text model, and the judgement of the rails
`draw`    pieces → their translations, drawn; drawings that are not legible are made again
`styles`  which word of a translation is coloured, bold or underlined
`recall`  with the texts of a sidecar: draws the draft as it was, and what a person changed
`compose` sets the new words into the picture

`translator.StripTranslator` calls them in this order; `wording` and `recall` only if they are needed.
"""
