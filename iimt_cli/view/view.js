/* Pictures beside their translations. `iimt serve` and the page of `iimt translate --html` share this file.

A picture is an entry: {key, name, width, height, blocks, thumb, note, pixels() → {original, translation} as URLs}, and in
`iimt serve` {state, status, progress, warnings, editable} beside. Texts come from pictures and names from files: they only
ever become the text of an element. */
"use strict";

const SURE = 0.85, HALF_SURE = 0.5; // confidence from which a number is green, and yellow
const ZOOM = 1.25; // of a step
const DRAG = 4; // px that a pointer moves before it drags

const languages = { source: document.documentElement.dataset.source, target: document.documentElement.dataset.target };

function nameOf(language) {
  try {
    return new Intl.DisplayNames(["en"], { type: "language" }).of(language);
  } catch {
    return language;
  }
}

function counted(count, one, several = one + "s") {
  return count + " " + (count === 1 ? one : several);
}

function svg(tag, attributes) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}

async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch { // not over plain http, nor without permission
    const area = Object.assign(document.createElement("textarea"), { value: text });
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
}

/* What a block says in the translated picture. */
const saidBy = block => (block.kept ? block.source : block.target);

class View {
  /* hooks of `iimt serve`: redraw(entry, edits), remove(entry), actions(entry) → elements */
  constructor(root, hooks = {}) {
    this.root = root;
    this.hooks = hooks;
    this.entries = new Map();
    this.items = new Map(); // the list, by key
    this.current = null; // key
    this.edits = new Map(); // by key: Map of block id → {target, keep}
    this.zoom = 1;
    const $ = name => root.querySelector(name);
    this.parts = {
      list: $(".list"), find: $(".find"), none: $(".none"), paper: $(".paper"), frame: $(".frame"), message: $(".message"),
      original: $("img.original"), translation: $("img.translation"), blocks: $(".blocks"), divider: $(".divider"),
      actions: $(".actions"), name: $(".name"), count: $(".count"), cards: $(".cards"), warnings: $(".warnings"),
      changes: $(".changes"), changed: $(".changed"), fit: $(".fit"), copyAll: $(".copy-all"), redraw: $(".redraw"),
      tip: document.getElementById("tip"), said: document.getElementById("said"),
    };
    this.listen();
    this.setDivider(50);
    this.setShown("translation");
    for (const place of document.querySelectorAll(".languages"))
      if (languages.source) place.textContent = nameOf(languages.source) + " → " + nameOf(languages.target);
  }

  listen() {
    const { find, divider, fit, copyAll, cards, changes, redraw, tip } = this.parts;
    for (const choice of this.root.querySelectorAll("input[name=shown]")) {
      choice.checked = choice.value === "translation"; // browsers remember another one over a reload
      choice.addEventListener("change", () => this.setShown(choice.value));
    }
    const outlines = this.root.querySelector(".outlines");
    outlines.addEventListener("change", () => this.parts.paper.classList.toggle("outlined", outlines.checked));
    find.addEventListener("input", () => this.filter());
    divider.addEventListener("input", () => this.setDivider(divider.value));
    this.root.querySelector(".smaller").addEventListener("click", () => this.setZoom(this.zoom / ZOOM));
    this.root.querySelector(".larger").addEventListener("click", () => this.setZoom(this.zoom * ZOOM));
    fit.addEventListener("click", () => this.setZoom(1));
    new ResizeObserver(() => this.tellZoom()).observe(this.parts.paper);
    copyAll.addEventListener("click", () => this.copy(this.entry.blocks.map(saidBy).join("\n"), copyAll));
    redraw.addEventListener("click", () => this.redraw());
    changes.querySelector(".undo-all").addEventListener("click", () => {
      this.edits.delete(this.current);
      this.fillTexts();
    });
    cards.addEventListener("keydown", event => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) this.redraw();
    });
    tip.querySelector(".edit").addEventListener("click", () => this.goTo(this.near));
    document.addEventListener("keydown", event => event.key === "Escape" && this.point(null));
    document.addEventListener("scroll", () => this.point(null), { capture: true, passive: true });
    document.addEventListener("pointerdown", event => {
      if (!event.target.closest(".blocks g, .tip, .card")) this.point(null);
    });
    this.listenToDrags();
  }

  // The list of pictures

  get entry() {
    return this.entries.get(this.current);
  }

  /* Shows these pictures, the first of them large. */
  show(entries) {
    for (const entry of entries) this.put(entry);
    if (entries.length) this.select(entries[0].key);
  }

  /* Adds a picture, or tells what is new about it. */
  put(entry) {
    const isNew = !this.entries.has(entry.key);
    this.entries.set(entry.key, entry);
    if (isNew) this.addItem(entry);
    this.fillItem(entry);
    this.root.classList.toggle("alone", this.entries.size < 2 && !this.hooks.remove);
    if (this.current === entry.key) this.fill();
  }

  take(key) {
    const keys = [...this.entries.keys()], place = keys.indexOf(key);
    this.entries.delete(key);
    this.edits.delete(key);
    this.items.get(key)?.remove();
    this.items.delete(key);
    if (this.current === key) {
      const next = keys[place + 1] ?? keys[place - 1];
      this.current = null;
      if (next !== undefined) this.select(next);
    }
  }

  select(key) {
    this.items.get(this.current)?.querySelector(".picture").removeAttribute("aria-current");
    this.current = key;
    const item = this.items.get(key);
    item.querySelector(".picture").setAttribute("aria-current", "true");
    item.scrollIntoView({ block: "nearest", inline: "nearest" });
    this.setZoom(1);
    this.parts.cards.scrollTop = 0;
    this.fill();
  }

  addItem(entry) {
    const item = document.getElementById("picture-item").content.firstElementChild.cloneNode(true);
    item.querySelector(".picture").addEventListener("click", () => this.select(entry.key));
    const remove = item.querySelector(".remove");
    remove.hidden = !this.hooks.remove;
    remove.setAttribute("aria-label", "Remove " + entry.name);
    remove.title = "Remove";
    remove.addEventListener("click", () => this.hooks.remove(this.entries.get(entry.key)));
    this.items.set(entry.key, item);
    this.parts.list.append(item);
  }

  fillItem(entry) {
    const item = this.items.get(entry.key), image = item.querySelector("img"), progress = item.querySelector("progress");
    item.querySelector("b").textContent = entry.name;
    item.querySelector(".picture").title = entry.name;
    item.querySelector("small").textContent = this.summary(entry);
    item.classList.toggle("failed", entry.state === "failed");
    if (entry.thumb) image.src = entry.thumb;
    progress.hidden = entry.state !== "working";
    progress.value = entry.progress ?? 0;
    entry.searched = [entry.name, ...(entry.blocks ?? []).flatMap(block => [block.source, block.target])]
      .join("\n").toLowerCase();
  }

  summary(entry) {
    if (entry.status) return entry.status;
    if (!entry.blocks?.length) return entry.note || "no text found";
    return `${entry.blocks.filter(block => !block.kept).length} of ${entry.blocks.length} translated`;
  }

  filter() {
    const wanted = this.parts.find.value.toLowerCase();
    let found = 0;
    for (const [key, item] of this.items) {
      const fits = this.entries.get(key).searched.includes(wanted);
      item.classList.toggle("out", !fits);
      found += fits;
    }
    this.parts.none.hidden = found > 0;
  }

  // The picture

  fill() {
    const entry = this.entry, { paper, message, original, translation, name, actions } = this.parts;
    this.point(null);
    name.textContent = entry.name;
    const pixels = entry.pixels?.();
    paper.hidden = !pixels?.original;
    if (pixels?.original) {
      paper.style.setProperty("--w", entry.width);
      paper.style.setProperty("--h", entry.height);
      for (const [image, url] of [[original, pixels.original], [translation, pixels.translation || pixels.original]])
        if (image.getAttribute("src") !== url) image.src = url;
    }
    const working = entry.state === "waiting" || entry.state === "working";
    paper.classList.toggle("busy", working);
    const told = working || entry.state === "failed" ? entry.status : entry.blocks?.length ? "" : entry.note;
    message.hidden = !told;
    message.classList.toggle("bad", entry.state === "failed");
    message.querySelector("p").textContent = told ?? "";
    message.querySelector("progress").hidden = !working;
    message.querySelector("progress").value = entry.progress ?? 0;
    actions.replaceChildren(...(this.hooks.actions?.(entry) ?? []));
    this.fillBlocks();
    this.fillTexts();
  }

  fillBlocks() {
    const { blocks } = this.parts, entry = this.entry;
    blocks.setAttribute("viewBox", `0 0 ${entry.width || 1} ${entry.height || 1}`);
    const area = block => {
      const [xs, ys] = [0, 1].map(i => block.polygon.map(point => point[i]));
      return (Math.max(...xs) - Math.min(...xs)) * (Math.max(...ys) - Math.min(...ys));
    };
    const groups = (entry.blocks ?? []).map((block, i) => {
      const group = svg("g", { tabindex: i ? "-1" : "0", role: "button", "data-id": block.id });
      group.setAttribute("aria-label", `Text ${block.id}: ${block.source}. ${
        block.kept ? "Left as it was: " + block.reason : "Translation: " + block.target}`);
      group.classList.toggle("left", block.kept);
      group.append(svg("polygon", { points: block.polygon.map(point => point.join()).join(" ") }));
      group.addEventListener("pointerenter", event => event.pointerType === "mouse" && this.point(block.id));
      group.addEventListener("pointerleave", event => event.pointerType === "mouse" && this.point(null));
      group.addEventListener("focus", () => group.matches(":focus-visible") && this.point(block.id));
      group.addEventListener("blur", () => this.point(null));
      group.addEventListener("click", event => {
        if (event.pointerType === "touch") this.point(block.id);
        else this.goTo(block.id);
      });
      group.addEventListener("keydown", event => {
        const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
        const neighbour = step && entry.blocks[i + step];
        if (neighbour) this.focusBlock(neighbour.id);
        else if (event.key === "Enter" || event.key === " ") this.goTo(block.id);
        else return;
        event.preventDefault();
      });
      return [area(block), group];
    });
    groups.sort((one, other) => other[0] - one[0]); // small ones lie above large ones
    blocks.replaceChildren(...groups.map(pair => pair[1]));
  }

  /* One of the blocks is reached with Tab, the others from there with arrows, in the order in which they are read. */
  focusBlock(id) {
    for (const group of this.parts.blocks.children) group.setAttribute("tabindex", group.dataset.id === String(id) ? "0" : "-1");
    this.parts.blocks.querySelector(`[data-id="${id}"]`).focus();
  }

  setShown(shown) {
    this.parts.paper.dataset.shown = shown;
  }

  setDivider(percent) {
    const at = Math.min(100, Math.max(0, Number(percent)));
    this.parts.divider.value = at;
    this.parts.paper.style.setProperty("--at", at + "%");
  }

  listenToDrags() {
    const { paper } = this.parts;
    const follow = event => {
      const box = paper.getBoundingClientRect();
      this.setDivider(100 * (event.clientX - box.left) / box.width);
    };
    let start = null, dragged = false;
    paper.addEventListener("pointerdown", event => {
      dragged = false;
      start = paper.dataset.shown === "compare" && event.button === 0 ? event.clientX : null;
    });
    paper.addEventListener("pointermove", event => {
      if (start === null || (!dragged && Math.abs(event.clientX - start) < DRAG)) return;
      if (!dragged) paper.setPointerCapture(event.pointerId);
      dragged = true;
      this.point(null);
      follow(event);
    });
    for (const end of ["pointerup", "pointercancel"]) paper.addEventListener(end, () => { start = null; });
    paper.addEventListener("click", event => {
      if (dragged) event.stopPropagation();
      else if (paper.dataset.shown === "compare" && !event.target.closest("g")) follow(event);
    }, { capture: true });
  }

  setZoom(zoom) {
    this.zoom = Math.min(8, Math.max(0.25, zoom));
    if (Math.abs(this.zoom - 1) < 0.01) this.zoom = 1;
    this.parts.paper.style.setProperty("--zoom", this.zoom);
    this.tellZoom();
  }

  tellZoom() {
    const scale = this.parts.paper.clientWidth / (this.entry?.width || 1);
    this.parts.fit.textContent = this.zoom === 1 || !scale ? "Fit" : Math.round(100 * scale) + " %";
  }

  // A block that is pointed at

  point(id) {
    if (this.near === id) return;
    const mark = (id, on) => {
      for (const node of this.root.querySelectorAll(`[data-id="${id}"]`)) node.classList.toggle("near", on);
    };
    if (this.near != null) mark(this.near, false);
    this.near = id;
    this.parts.tip.hidden = id === null;
    if (id === null) return;
    mark(id, true);
    this.fillTip(this.entry.blocks.find(block => block.id === id));
  }

  fillTip(block) {
    const { tip, blocks } = this.parts;
    const [source, target, facts] = tip.querySelectorAll("p");
    source.textContent = block.source;
    source.lang = languages.source ?? "";
    target.textContent = block.target;
    target.lang = languages.target ?? "";
    facts.textContent = [block.kept ? "left as it was: " + block.reason : "", this.sure(block)].filter(Boolean).join(" · ");
    tip.querySelector(".edit").hidden = !this.entry.editable;
    const box = blocks.querySelector(`[data-id="${block.id}"] polygon`).getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = tip;
    const left = Math.min(Math.max(12, box.left + box.width / 2 - width / 2), innerWidth - width - 12);
    let top = box.top - height - 10;
    if (top < 8) top = Math.min(box.bottom + 10, innerHeight - height - 8);
    tip.style.left = left + "px";
    tip.style.top = top + "px";
  }

  sure(block) {
    if (block.by_hand) return "changed by hand";
    return block.confidence > 0 ? "confidence " + Math.round(100 * block.confidence) + " %" : "";
  }

  /* To the text of a block in the list. */
  goTo(id) {
    const card = this.parts.cards.querySelector(`[data-id="${id}"]`);
    const area = card.querySelector("textarea");
    (area.hidden ? card.querySelector(".copy") : area).focus({ preventScroll: true });
    card.scrollIntoView({ block: "nearest" });
    this.mark(id);
  }

  // The texts

  fillTexts() {
    const entry = this.entry, { count, cards, warnings, copyAll } = this.parts, blocks = entry.blocks ?? [];
    const translated = blocks.filter(block => !block.kept).length;
    count.textContent = blocks.length ? `${translated} of ${counted(blocks.length, "text")} translated` : "";
    copyAll.hidden = !blocks.length;
    warnings.hidden = !entry.warnings?.length;
    warnings.replaceChildren(...(entry.warnings ?? []).map(text => Object.assign(document.createElement("li"), { textContent: text })));
    cards.replaceChildren(...blocks.map(block => this.card(block)));
    this.tellChanges();
  }

  card(block) {
    const card = document.getElementById("card").content.firstElementChild.cloneNode(true);
    const $ = name => card.querySelector(name);
    card.dataset.id = block.id;
    $(".number").textContent = block.id;
    $(".source").textContent = block.source;
    $(".source").lang = languages.source ?? "";
    $("p.target").lang = $("textarea").lang = languages.target ?? "";
    if (block.by_hand) {
      $(".sure").textContent = "by hand";
      $(".sure").classList.add("unused");
    } else if (block.confidence > 0) {
      $(".sure").textContent = Math.round(100 * block.confidence) + " %";
      $(".sure").title = "How likely the translation is right";
      const sure = block.confidence >= SURE ? "high" : block.confidence >= HALF_SURE ? "middle" : "low";
      $(".sure").classList.add(block.kept ? "unused" : sure);
    }
    $(".reason").textContent = block.kept ? "left as it was: " + (block.reason || "nothing to translate") : "";
    $("p.target").textContent = block.kept ? "" : block.target;
    $(".copy").setAttribute("aria-label", "Copy text " + block.id);
    $(".copy").title = "Copy";
    $(".copy").addEventListener("click", () => this.copy(this.wanted(block).target || block.source, $(".copy")));
    card.addEventListener("pointerenter", event => event.pointerType === "mouse" && this.mark(block.id));
    card.addEventListener("pointerleave", event => event.pointerType === "mouse" && this.mark(null));
    if (this.entry.editable) this.makeEditable(card, block);
    return card;
  }

  /* Like `point`, but without the tip: the texts are there already. */
  mark(id) {
    this.point(null);
    for (const node of this.root.querySelectorAll(`[data-id="${id}"]`)) node.classList.add("near");
    this.near = id;
  }

  makeEditable(card, block) {
    const $ = name => card.querySelector(name), area = $("textarea"), keep = $(".keep input");
    const working = this.entry.state !== "done";
    $("p.target").hidden = $(".reason").hidden = true;
    area.hidden = $(".under").hidden = false;
    area.setAttribute("aria-label", `Translation of text ${block.id}: ${block.source}`);
    area.placeholder = $(".reason").textContent;
    const tell = () => {
      const wanted = this.wanted(block);
      keep.checked = wanted.keep;
      area.disabled = working || wanted.keep;
      keep.disabled = working;
      $(".suggest").hidden = working || !block.suggestion || Boolean(wanted.target) || wanted.keep;
      $(".keep").hidden = !wanted.target && !wanted.keep; // it is left anyway
      this.tellCard(card, block);
    };
    const fill = () => { // not while it is typed into: that would take a space at its end
      area.value = this.wanted(block).target;
      tell();
    };
    area.addEventListener("input", () => this.edit(block, { target: area.value }, tell));
    keep.addEventListener("change", () => this.edit(block, { keep: keep.checked }, tell));
    $(".suggest span").textContent = block.suggestion;
    $(".suggest span").lang = languages.target ?? "";
    $(".suggest").addEventListener("click", () => this.edit(block, { target: block.suggestion, keep: false }, fill));
    $(".undo").addEventListener("click", () => this.edit(block, { target: block.target, keep: block.keep }, fill));
    fill();
  }

  /* What a block is to say: as it does, or as it was edited. */
  wanted(block) {
    return this.edits.get(this.current)?.get(block.id) ?? { target: block.target, keep: block.keep ?? false };
  }

  edit(block, changes, tell) {
    if (!this.edits.has(this.current)) this.edits.set(this.current, new Map());
    const edits = this.edits.get(this.current), wanted = { ...this.wanted(block), ...changes };
    if (wanted.target.trim() === block.target && wanted.keep === (block.keep ?? false)) edits.delete(block.id);
    else edits.set(block.id, wanted);
    if (edits.size === 0) this.edits.delete(this.current);
    tell();
    this.tellChanges();
  }

  tellCard(card, block) {
    const edited = this.edits.get(this.current)?.has(block.id) ?? false;
    card.classList.toggle("edited", edited);
    card.classList.toggle("open", edited || card.querySelector(".keep input").checked || !card.querySelector(".suggest").hidden);
    card.querySelector(".undo").hidden = !edited;
    const area = card.querySelector("textarea");
    if (!CSS.supports("field-sizing", "content")) {
      area.style.height = "auto";
      area.style.height = area.scrollHeight + 2 + "px";
    }
  }

  tellChanges() {
    const { changes, changed } = this.parts, edits = this.edits.get(this.current);
    changes.hidden = !edits || this.entry.state !== "done";
    if (edits) changed.textContent = counted(edits.size, "change");
  }

  redraw() {
    const edits = this.edits.get(this.current);
    if (edits && this.entry.state === "done") this.hooks.redraw(this.entry, edits);
  }

  // Said to all

  async copy(text, button) {
    await copyText(text);
    button.classList.add("done");
    this.say("Copied");
    setTimeout(() => button.classList.remove("done"), 1200);
  }

  say(text) {
    this.parts.said.textContent = text;
  }
}
