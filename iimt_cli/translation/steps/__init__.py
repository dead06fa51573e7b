"""What becomes of the text of pages, step by step. Each step is a function from values to values; nothing is changed in place.

`reading` strips of ink → what the lower half of the image encoder makes of them, in batches
`divide`  pages → pages whose paragraphs are texts of their own, with the readings of their lines
`pieces`  paragraphs → pieces that are translated one by one, with what was read in them
`judge`   which pieces stay as they are, and why; which paragraphs
`wording` texts → their translations by another text model, and what the rails say
`draw`    pieces → their translations, drawn; drawings that do not read as they should are made again
`recall`  the texts of a sidecar in place of the text decoder's: drafts as they were, and what a person changed
`compose` the new words, set into the picture

`translator.StripTranslator` calls them in this order.
"""
