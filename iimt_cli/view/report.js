/* The page of `iimt translate --html`: every picture is in it, as two scripts of JSON, facts and pixels. */
"use strict";
{
  const view = new View(document.getElementById("view"));
  const facts = document.querySelectorAll("script.facts");
  const pixels = document.querySelectorAll("script.pixels");
  const entries = [...facts].map((script, i) => ({
    ...JSON.parse(script.textContent),
    key: String(i),
    pixels: () => JSON.parse(pixels[i].textContent), // large: only once the picture is looked at
  }));
  view.show(entries);
}
