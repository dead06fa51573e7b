"""The page of `iimt evaluate --html`; `html.page` fills the @MARKS@."""

TEMPLATE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>@TITLE@ · iimt evaluate</title>
<style>
:root { color-scheme: light dark; --ink: #1c1f23; --soft: #626b76; --line: #d9dee4; --card: #fff;
  --page: #f4f6f8; --accent: #2367c8; --second: #c98a1b; --bad: #b3261e; --good: #2f7d4f; }
@media (prefers-color-scheme: dark) { :root { --ink: #e7eaee; --soft: #9aa4b0; --line: #353c45;
  --card: #1d2229; --page: #14181d; --accent: #6ea8ff; --second: #e0ae55; --bad: #ff8a80; --good: #7fce9d; } }
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 1500px; padding: 20px; background: var(--page); color: var(--ink);
  font: 15px/1.45 system-ui, sans-serif }
h1 { font-size: 22px; margin: 0 0 14px }
.top { display: flex; flex-wrap: wrap; gap: 20px; align-items: flex-start }
.wide { overflow-x: auto; max-width: 100% }
.summary { border-collapse: collapse; background: var(--card);
  border: 1px solid var(--line); border-radius: 8px; font-variant-numeric: tabular-nums }
.summary th, .summary td { padding: 5px 14px; text-align: right; border-bottom: 1px solid var(--line);
  white-space: nowrap; font-weight: 400 }
.summary th:first-child { text-align: left } .summary thead th { color: var(--soft) }
.summary td:nth-child(2) { font-weight: 600 }
.notes { margin: 0; padding: 0 0 0 18px; color: var(--soft); font-size: 13px; max-width: 60ch;
  overflow-wrap: anywhere }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(310px, 1fr)); gap: 14px;
  margin: 18px 0 8px }
figure { margin: 0; background: var(--card); border: 1px solid var(--line); border-radius: 8px;
  padding: 10px 12px }
figcaption { font-weight: 600; font-size: 14px } svg { width: 100%; max-height: 340px }
svg text { fill: var(--soft); font-size: 12px } svg .label { text-anchor: end; fill: var(--ink) }
svg .value { text-anchor: end }
svg .tick { text-anchor: middle; font-size: 11px } svg .grid { stroke: var(--line) }
svg .output, .key.output { fill: var(--accent); background: var(--accent) }
svg .baseline, .key.baseline { fill: var(--second); background: var(--second) }
svg .floor { stroke: var(--bad); stroke-width: 2.5 }
svg .ceiling { stroke: var(--good); stroke-width: 2.5 }
.legend { color: var(--soft); font-size: 13px; margin: 0 0 18px }
.key { display: inline-block; width: 12px; height: 12px; border-radius: 2px; margin: 0 4px 0 12px;
  vertical-align: -1px }
.key.floor { background: var(--bad); width: 3px } .key.ceiling { background: var(--good); width: 3px }
.tools { position: sticky; top: 0; z-index: 2; display: flex; flex-wrap: wrap; gap: 10px 16px;
  align-items: center; padding: 10px 0; background: var(--page); border-bottom: 1px solid var(--line) }
.tools input, .tools select, .tools button { font: inherit; padding: 4px 8px; color: inherit;
  background: var(--card); border: 1px solid var(--line); border-radius: 6px }
#find { flex: 1 1 220px; max-width: 380px } #count { color: var(--soft); margin-left: auto }
article { background: var(--card); border: 1px solid var(--line); border-radius: 8px; margin: 14px 0;
  padding: 12px 14px }
article.problem { border-color: var(--bad) }
article header { display: flex; flex-wrap: wrap; gap: 4px 14px; align-items: baseline; margin-bottom: 8px }
article h2 { font-size: 15px; margin: 0; overflow-wrap: anywhere }
.kind, .note { color: var(--soft); font-size: 13px }
.fault { color: var(--bad); font-size: 13px; font-weight: 600 }
.scores { margin-left: auto; display: flex; flex-wrap: wrap; gap: 2px 14px; font-size: 13px;
  color: var(--soft); font-variant-numeric: tabular-nums }
.scores b { color: var(--ink); font-weight: 600 } .scores .sorted { color: var(--accent) }
.three { display: grid; grid-template-columns: repeat(3, minmax(0, 1fr)); gap: 12px }
.three > div > span { color: var(--soft); font-size: 12px; display: block }
.box { position: relative; background: repeating-conic-gradient(#8882 0 25%, #0000 0 50%) 0 0 / 16px 16px;
  border: 1px solid var(--line); max-height: 460px; max-width: 100%; overflow: hidden }
.box img { position: absolute; inset: 0; width: 100%; height: 100%; display: block }
.box .over { clip-path: inset(0 0 0 var(--at, 0%)) }
.box i { position: absolute; top: 0; bottom: 0; left: var(--at, 0%); width: 2px; margin-left: -1px;
  background: var(--accent); pointer-events: none; display: none }
.box.moved i { display: block }
.box em { position: absolute; inset: 0; display: grid; place-items: center; color: var(--soft);
  font-size: 13px }
input[type=range] { width: 100%; margin: 4px 0 0; accent-color: var(--accent) }
p { margin: 6px 0 0; overflow-wrap: anywhere } p:empty::before { content: "no text"; color: var(--soft) }
@media (max-width: 760px) { .three { grid-template-columns: minmax(0, 1fr) }
  .charts { grid-template-columns: 1fr } }
</style>
<h1>@TITLE@</h1>
<div class="top"><div class="wide">@SUMMARY@</div><ul class="notes">@NOTES@</ul></div>
<div class="charts">@CHARTS@</div>
<p class="legend"><span class="key output"></span>output<span @BASELINE@><span class="key baseline"></span>baseline</span>
<span class="key floor"></span>source copied unchanged
<span class="key ceiling"></span>OCR ceiling: the reference picture itself</p>
<div class="tools">
<label>Sort by <select id="sort"></select></label>
<button id="turn" type="button"></button>
<input id="find" type="search" placeholder="Filter by name or text" aria-label="Filter by name or text">
<select id="kind" aria-label="Background"><option value="">all backgrounds</option></select>
<label><input id="faulty" type="checkbox"> only problems</label>
<span id="count"></span>
</div>
<main id="rows"></main>
<div id="more" style="height:1px"></div>
<script id="data" type="application/json">@DATA@</script>
<script>
"use strict";
const { metrics, rows } = JSON.parse(document.getElementById("data").textContent);
const $ = id => document.getElementById(id);
const make = (tag, props = {}, ...children) => {
  const node = Object.assign(document.createElement(tag), props);
  node.append(...children);
  return node;
};
const CHUNK = 20;
let chosen = [], shownRows = 0, worstFirst = true;

for (const [key, label] of metrics) $("sort").append(make("option", { value: key, textContent: label }));
$("sort").append(make("option", { value: "words", textContent: "length" }),
                 make("option", { value: "name", textContent: "name" }));
if (metrics.some(m => m[0] === "chrf")) $("sort").value = "chrf";
for (const kind of [...new Set(rows.map(r => r.kind).filter(Boolean))].sort())
  $("kind").append(make("option", { value: kind, textContent: kind }));
$("kind").hidden = $("kind").options.length < 2;
for (const row of rows) {
  row.words = (row.reference_text.match(/\\S+/g) || []).length;
  row.all = [row.name, row.kind, row.source_text, row.reference_text, row.output_text, row.problem]
    .join("\\n").toLowerCase();
}

function box(row, picture, label, under) {
  const frame = make("div", { className: "box" });
  frame.style.aspectRatio = row.width + " / " + row.height;
  const image = (source, name) =>
    make("img", { src: source, alt: name, loading: "lazy", decoding: "async", draggable: false });
  if (!picture) frame.append(make("em", { textContent: "no picture" }));
  else if (!under) frame.append(image(picture, label));
  else {
    const over = image(picture, label);
    over.className = "over";
    frame.append(image(under, "source"), over, make("i"));
  }
  return frame;
}

function rowOf(row) {
  const sortKey = $("sort").value;
  const scores = make("div", { className: "scores" });
  for (const [key, label, digits] of metrics) {
    if (row[key] == null) continue;
    let text = row[key].toFixed(digits);
    if (row["baseline_" + key] != null) text += " / " + row["baseline_" + key].toFixed(digits);
    scores.append(make("span", { className: key === sortKey ? "sorted" : "" }, label + " ",
      make("b", { textContent: text })));
  }
  const head = make("header", {}, make("h2", { textContent: row.name }));
  if (row.kind) head.append(make("span", { className: "kind", textContent: row.kind }));
  if (row.note) head.append(make("span", { className: "note", textContent: row.note }));
  if (row.problem) head.append(make("span", { className: "fault", textContent: row.problem }));
  head.append(scores);
  const output = make("div", {}, make("span", { textContent: "output" }),
    box(row, row.output_picture, "output", row.source_picture));
  if (row.output_picture && row.source_picture) {
    const slider = make("input", { type: "range", min: 0, max: 100, value: 0,
      title: "before / after: drag to see the source" });
    slider.setAttribute("aria-label", "before / after");
    slider.oninput = () => {
      const frame = slider.previousSibling;
      frame.style.setProperty("--at", slider.value + "%");
      frame.classList.toggle("moved", slider.value > 0);
    };
    output.append(slider);
  }
  output.append(make("p", { textContent: row.output_text }));
  const side = (name, text) => make("div", {}, make("span", { textContent: name }),
    box(row, row[name + "_picture"], name), make("p", { textContent: text || "" }));
  const three = make("div", { className: "three" }, side("source", row.source_text), output,
    side("reference", row.reference_text));
  return make("article", { className: row.problem ? "problem" : "" }, head, three);
}

function more() {
  const next = chosen.slice(shownRows, shownRows + CHUNK);
  $("rows").append(...next.map(rowOf));
  shownRows += next.length;
  return next.length > 0;
}

const sentinel = new IntersectionObserver(entries => {
  if (entries.some(e => e.isIntersecting) && more()) {  // observe anew: it may still be in view
    sentinel.unobserve($("more"));
    sentinel.observe($("more"));
  }
}, { rootMargin: "900px" });

function update() {
  const key = $("sort").value, words = $("find").value.toLowerCase(), kind = $("kind").value;
  const metric = metrics.find(m => m[0] === key);
  const risesToBetter = metric ? metric[3] : true;
  const sign = (risesToBetter ? 1 : -1) * (worstFirst ? 1 : -1);
  const names = metric ? ["worst first", "best first"] : ["ascending", "descending"];
  $("turn").textContent = names[worstFirst ? 0 : 1];
  const wanted = r => r.all.includes(words) && (!kind || r.kind === kind);
  chosen = rows.filter(r => wanted(r) && (!$("faulty").checked || r.problem));
  chosen.sort((a, b) => {
    if (a[key] == null || b[key] == null) return (a[key] == null) - (b[key] == null);
    return sign * (typeof a[key] === "string" ? a[key].localeCompare(b[key]) : a[key] - b[key]);
  });
  $("count").textContent = chosen.length + " of " + rows.length + " pictures";
  $("rows").replaceChildren();
  shownRows = 0;
  more();
  sentinel.unobserve($("more"));
  sentinel.observe($("more"));
}

$("turn").onclick = () => { worstFirst = !worstFirst; update(); };
for (const id of ["sort", "find", "kind", "faulty"]) $(id).oninput = update;
update();
</script>
</html>
"""
