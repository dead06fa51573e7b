"""The page that shows pictures beside their translations, for `iimt serve` and `iimt translate --html`.

It is written by hand, in HTML, CSS and JavaScript, without a framework: `view.html`, `view.css` and `view.js` are shared,
`report.html` and `report.js` are what `--html` writes round them. Nothing is loaded from anywhere.
"""
