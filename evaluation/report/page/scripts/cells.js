"use strict";

// One picture in the grid, with what is behind it for flickering, or a word where there is no picture.
const cells = (() => {
  const { element } = dom;

  // Words for those who can't see the picture: its point, its score, and what is wrong with it.
  function describe(model, entry) {
    const point = collection.point(model.axes, entry).map(([axis, text]) => `${axis} ${text}`);
    return [...point, model.caption(entry), ...entry.flags, collection.word(entry)].filter(Boolean).join(", ");
  }

  function image(entry, large, kind) {
    const side = element("img", {
      src: large ? collection.picture(entry) : collection.thumbnail(entry),
      alt: "",
      class: kind,
      decoding: "async",
      draggable: "false",
    });
    side.addEventListener("error", () => side.replaceWith(absent("not readable", "", kind)));
    return side;
  }

  const absent = (word, why, kind) => element("span", { class: `absent ${kind}`, title: why }, word);

  function layer(entry, large, kind) {
    if (collection.isShown(entry)) return image(entry, large, kind);
    return absent(collection.word(entry), collection.failure(entry), kind);
  }

  // `frame` holds the picture; `behind` is added to it when the grid first flickers.
  function make(model, entry, large) {
    if (!entry) return element("div", { class: "cell hollow", role: "gridcell", "aria-label": "no picture here" });
    const frame = element("div", { class: "frame" }, layer(entry, large, "front"));
    entry.flags.forEach((flag, index) =>
      frame.append(element("span", { class: "flag", vars: { "--place": String(index) } }, flag)),
    );
    const caption = model.caption(entry);
    return element(
      "div",
      { class: "cell", role: "gridcell", "aria-label": describe(model, entry) },
      frame,
      model.captioned && element("div", { class: "caption" }, caption || "–"),
    );
  }

  function flickerable(cell, other, large) {
    const frame = cell.querySelector(".frame");
    if (!frame || frame.querySelector(".behind")) return;
    frame.prepend(other ? layer(other, large, "behind") : absent("none to compare", "", "behind"));
  }

  return { make, flickerable };
})();
