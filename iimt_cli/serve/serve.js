/* The page of `iimt serve`: sends pictures, follows how far they are, sends corrected texts. */
"use strict";
{
  const BETWEEN_LOOKS = 500; // ms
  const BUSY = 503, GONE = 404; // of HTTP
  const KEPT = "iimt-pictures"; // in the storage of this tab: ids, so that a reload finds the pictures again
  const DROPPED = "This picture is not kept any more; add it again.";
  const mostBytes = Number(document.documentElement.dataset.bytes);
  const start = document.getElementById("start"), drop = document.getElementById("drop");
  const view = new View(document.getElementById("view"), { redraw, remove, actions });
  const wait = ms => new Promise(resolve => setTimeout(resolve, ms));
  let sending = Promise.resolve(), local = 0;

  /* What the server answers; throws an Error with its line. */
  async function ask(path, options = {}) {
    let answer;
    try {
      answer = await fetch(path, options);
    } catch {
      throw Object.assign(new Error("The server does not answer. Does iimt serve still run?"), { away: true });
    }
    const told = answer.status === 204 ? {} : await answer.json().catch(() => ({}));
    if (answer.ok) return told;
    throw Object.assign(new Error(told.error || "The server answers " + answer.status + "."), { status: answer.status });
  }

  async function askPatiently(path, options, busy) {
    for (;;) {
      try {
        return await ask(path, options);
      } catch (error) {
        if (error.status !== BUSY) throw error;
        busy();
        await wait(2000);
      }
    }
  }

  function put(entry) {
    start.hidden = true;
    view.root.hidden = false;
    view.put(entry);
    if (!view.entry) view.select(entry.key);
  }

  function tidy() {
    const keys = [...view.entries.keys()];
    start.hidden = keys.length > 0;
    view.root.hidden = keys.length === 0;
    const ids = [...view.entries.values()].map(entry => entry.id).filter(Boolean);
    try { sessionStorage.setItem(KEPT, JSON.stringify(ids)); } catch { /* no storage: a reload begins anew */ }
  }

  for (const image of [view.parts.original, view.parts.translation]) // the server has dropped it to make room
    image.addEventListener("error", () => view.entry?.state === "done" && fail(view.entry, new Error(DROPPED)));

  // Sending

  function add(files) {
    const first = local;
    for (const file of files) {
      const entry = { key: "file-" + local++, name: file.name || "picture", state: "waiting", status: "sending", blocks: [] };
      put(entry);
      sending = sending.then(() => send(entry, file)); // one after the other: the server has one worker anyway
    }
    if (local > first) view.select("file-" + first);
  }

  async function send(entry, file) {
    if (!view.entries.has(entry.key)) return; // removed meanwhile
    try {
      if (file.size > mostBytes)
        throw new Error(`too large: ${Math.ceil(file.size / 2 ** 20)} MB, at most ${Math.floor(mostBytes / 2 ** 20)} MB`);
      const path = "/pictures?name=" + encodeURIComponent(entry.name);
      const { id } = await askPatiently(path, { method: "POST", body: file }, () => {
        view.put({ ...entry, status: "the server is busy, trying again" });
      });
      if (!view.entries.has(entry.key)) ask("/pictures/" + id, { method: "DELETE" }).catch(() => {});
      else view.put({ ...entry, id, status: "waiting" });
      tidy();
      look();
    } catch (error) {
      fail(entry, error);
    }
  }

  function fail(entry, error) {
    if (!view.entries.has(entry.key)) return;
    const prefix = entry.name + ": "; // it stands above anyway
    view.put({ ...entry, state: "failed", status: error.message.replace(prefix, ""), blocks: [], pixels: undefined });
    view.say(prefix + error.message.replace(prefix, ""));
  }

  // How far they are

  let looking = false;

  async function look() {
    if (looking) return;
    looking = true;
    for (;;) {
      const open = [...view.entries.values()].filter(entry => entry.id && entry.state !== "done" && entry.state !== "failed");
      if (!open.length) break;
      try {
        const query = open.slice(0, 200).map(entry => "id=" + encodeURIComponent(entry.id)).join("&");
        const { pictures } = await ask("/pictures?" + query);
        const states = new Map(pictures.map(state => [state.id, state]));
        for (const entry of open.slice(0, 200)) await follow(entry, states.get(entry.id));
      } catch (error) {
        for (const entry of open) {
          if (!error.away) fail(entry, error);
          else if (view.entries.has(entry.key)) view.put({ ...entry, status: error.message });
        }
        await wait(2000);
      }
      await wait(BETWEEN_LOOKS);
    }
    looking = false;
  }

  async function follow(entry, state) {
    if (!view.entries.has(entry.key)) return;
    if (!state) fail(entry, new Error(DROPPED));
    else if (state.state === "failed") fail(entry, new Error(state.message));
    else if (state.state === "done") await fetchAll(entry);
    else if (entry.status !== statusOf(state)) {
      const original = state.shown ? "/pictures/" + entry.id + "/original" : "";
      const pixels = entry.revision ? entry.pixels : () => ({ original });
      view.put({ ...entry, ...state, status: statusOf(state), pixels });
    }
  }

  function statusOf(state) {
    if (state.state === "working") return state.step || "beginning";
    return state.before ? "waiting, " + counted(state.before, "picture") + " before it" : "waiting";
  }

  async function fetchAll(entry) {
    try {
      const told = await ask("/pictures/" + entry.id), path = "/pictures/" + entry.id;
      if (!view.entries.has(entry.key)) return;
      if (!told.warnings.length) view.edits.delete(entry.key);
      const note = told.blocks.length ? "" : "No text was found in this picture.";
      view.put({
        ...entry, ...told, key: entry.key, note, status: "", sidecar: path + "/sidecar",
        pixels: () => ({ original: path + "/original", translation: path + "/translation?revision=" + told.revision }),
      });
      view.say(told.warnings[0] ?? entry.name + ": " + view.summary(view.entries.get(entry.key)));
    } catch (error) {
      fail(entry, error);
    }
  }

  // Correcting, removing, saving

  async function redraw(entry, edits) {
    const blocks = [...edits].map(([id, { target, keep }]) => ({ id, target, keep }));
    const waiting = { ...entry, state: "waiting", status: "waiting" };
    view.put(waiting);
    try {
      await askPatiently("/pictures/" + entry.id + "/redraw", { method: "POST", body: JSON.stringify({ blocks }) }, () => {
        view.put({ ...waiting, status: "the server is busy, trying again" });
      });
      look();
    } catch (error) {
      if (error.status === GONE) fail(entry, error);
      else view.put({ ...entry, warnings: [error.message] });
    }
  }

  function remove(entry) {
    if (entry.id) ask("/pictures/" + entry.id, { method: "DELETE" }).catch(() => {});
    view.take(entry.key);
    tidy();
  }

  function actions(entry) {
    if (entry.state !== "done") return [];
    const save = (text, href, name, label) => Object.assign(document.createElement("a"),
      { className: "button", href, download: name, textContent: text, title: label, ariaLabel: label });
    return [
      save("↓ Picture", entry.pixels().translation, entry.download, "Save the translated picture"),
      save("↓ Texts", entry.sidecar, entry.download + ".json", "Save the texts as a sidecar, for iimt translate --texts"),
    ];
  }

  // What brings pictures in: choosing, dropping, pasting

  for (const input of document.querySelectorAll("input[type=file]"))
    input.addEventListener("change", () => {
      add(input.files);
      input.value = ""; // so that the same file can be chosen again
    });

  const brings = event => [...(event.dataTransfer?.types ?? [])].includes("Files");
  let depth = 0; // of elements that something is dragged over
  document.addEventListener("dragenter", event => {
    if (!brings(event)) return;
    depth += 1;
    drop.hidden = false;
  });
  document.addEventListener("dragleave", event => {
    if (!brings(event)) return;
    depth = Math.max(0, depth - 1);
    drop.hidden = depth === 0;
  });
  document.addEventListener("dragover", event => brings(event) && event.preventDefault());
  document.addEventListener("drop", event => {
    if (!brings(event)) return;
    event.preventDefault();
    depth = 0;
    drop.hidden = true;
    add(event.dataTransfer.files);
  });
  document.addEventListener("paste", event => {
    if (!event.clipboardData?.files.length) return;
    event.preventDefault();
    add(event.clipboardData.files);
  });

  // After a reload

  view.root.hidden = true;
  let kept = [];
  try { kept = JSON.parse(sessionStorage.getItem(KEPT) ?? "[]"); } catch { /* as if there were none */ }
  if (kept.length)
    ask("/pictures?" + kept.map(id => "id=" + encodeURIComponent(id)).join("&")).then(({ pictures }) => {
      for (const { id, name } of pictures) put({ key: id, id, name, state: "waiting", status: "", blocks: [] });
      tidy();
      look();
    }).catch(() => {});
}
