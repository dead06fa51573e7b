"""What the commands do, as functions: runs over files and folders.

`translate`  a run of `iimt translate`: the functions of all modules below but the last two, put together
`files`      which pictures are translated into which files
`documents`  PDFs and TIFFs of several pages: which pages they have, and where finished ones wait
`binding`    translated pages become a document again
`groups`     which pictures are translated together, and which are finished
`ranks`      several processes that share a folder
`manifest`   `iimt-run.jsonl`: what was done to which picture
`pipeline`   finding, translating and writing side by side
`texts`      texts that were corrected, and the pictures that they belong to
`exchange`   texts as a table or XLIFF, for the tools of translators
`streams`    standard input and output, other pipes, and the clipboard
`clipboard`  reads and writes it
`output`     one translated picture becomes its files
`interrupt`  Ctrl-C and SIGTERM
`evaluate`   a run of `iimt evaluate`
`synthesize` a run of `iimt synthesize-data`
"""
