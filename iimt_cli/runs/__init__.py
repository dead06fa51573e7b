"""The commands as functions: runs over files and folders.

`translate`  a run of `iimt translate`; it puts together the modules below, except the last two
`choice`     which weights translate, and whether another text model does
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
`clipboard`  reads and writes the desktop's clipboard
`output`     writes the files of one translated picture
`report`     writes the page of `--html`
`interrupt`  waits with Ctrl-C and SIGTERM until they do no harm
`evaluate`   a run of `iimt evaluate`
`synthesize` a run of `iimt synthesize-data`
"""
