"use strict";

// What is chosen on the page, kept in the address behind `#`, so that a view can be linked:
// report.html#pictures&pictures.rows=prompt&curves.x=clip_score
const state = (() => {
  const chosen = new Map();
  let section = "";

  function read() {
    chosen.clear();
    section = "";
    for (const part of location.hash.slice(1).split("&")) {
      const at = part.indexOf("=");
      if (at < 0) section = part;
      else {
        try {
          chosen.set(decodeURIComponent(part.slice(0, at)), decodeURIComponent(part.slice(at + 1)));
        } catch {
          // A link cut short in the middle of a letter: the rest of it still holds.
        }
      }
    }
  }

  function write() {
    const parts = [...chosen].map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`);
    history.replaceState(null, "", `#${[section, ...parts].join("&")}`);
  }

  const get = (name, fallback) => chosen.get(name) ?? fallback;

  // null forgets what was chosen.
  function set(name, value) {
    if (value === null) chosen.delete(name);
    else chosen.set(name, String(value));
    write();
  }

  function go(name) {
    section = name;
    write();
  }

  // The address was changed from outside, by a link pasted into it: everything is shown anew.
  window.addEventListener("hashchange", () => location.reload());

  read();
  return { get, set, go, section: () => section };
})();
