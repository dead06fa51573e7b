"""`iimt serve`: a page on this machine where pictures are translated and their texts corrected.

`upload`   what came in → a picture, or one line that says why not
`store`    the pictures that are kept, in memory alone, and the queue
`worker`   translates one picture after the other
`guard`    who may ask: no foreign page, no foreign name of this machine
`app`      what is answered under which path
`server`   binds and serves

The page is `serve.html`, `serve.css` and `serve.js`, round the view of `iimt_cli/view/`.
"""
