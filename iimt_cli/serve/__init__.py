"""`iimt serve`: a page on this machine where pictures are translated and their texts corrected.

`upload`   an upload → a picture, or one line that says why it is refused
`store`    keeps the pictures, in memory only, and is the queue of the worker
`worker`   translates one picture after the other
`guard`    refuses requests of other sites, and under foreign names of this machine
`app`      the answer to each path
`server`   loads the system, binds to the address and serves

The page is `serve.html`, `serve.css` and `serve.js`, round the view of `iimt_cli/view/`.
"""
