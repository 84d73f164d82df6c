"use strict";

// One picture, as large as the page lets it be, with its point, its scores and its neighbours.
const large = (() => {
  const { element } = dom;
  const MOST = 10; // screen pixels for one of the picture's, before zooming

  const ordinal = (number) => {
    const tens = number % 100;
    const ending = tens > 10 && tens < 14 ? "th" : (["th", "st", "nd", "rd"][number % 10] ?? "th");
    return `${format.grouped(number)}${ending}`;
  };

  function shown(value, type) {
    if (value === null) return "–";
    if (type === "boolean") return value ? "yes" : "no";
    return format.number(value);
  }

  // `book` is {axes, scores, entries}; `step(rows, columns)` gives a neighbour or null, `other(entry)` what it
  // flickers with, `otherName()` what that is called, `moved(entry or null)` hears what is shown.
  function create({ step, other, otherName, moved }) {
    const figure = element("figure", { class: "frame" });
    const aside = element("div", { class: "about" });
    const close = controls.button("Close", { class: "plain close" }, () => dialog.close());
    const arrows = element(
      "div",
      { class: "arrows", role: "group", "aria-label": "Neighbours" },
      [
        ["←", "left", 0, -1],
        ["↑", "up", -1, 0],
        ["↓", "down", 1, 0],
        ["→", "right", 0, 1],
      ].map(([sign, name, rows, columns]) =>
        controls.button(sign, { class: "plain", "aria-label": `Neighbour ${name}` }, () => go(rows, columns)),
      ),
    );
    const stage = element("div", { class: "stage" }, figure);
    const side = element("div", { class: "side" }, element("div", { class: "head-line" }, arrows, close), aside);
    const dialog = element("dialog", { class: "large", "aria-label": "Picture" }, stage, side);
    document.querySelector("dialog.large")?.remove(); // that of the output shown before
    document.body.append(dialog);
    let book = null;
    let entry = null;
    let flickering = false;
    const ranks = new Map();

    const view = viewport.over(stage, () => {});
    dialog.addEventListener("close", () => moved(null));
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
    dialog.addEventListener("keydown", (event) => {
      const moves = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
      if (!(event.key in moves)) return;
      event.preventDefault();
      go(...moves[event.key]);
    });

    function go(rows, columns) {
      const next = step(rows, columns);
      if (next) draw(next);
    }

    const isUnit = (name) => Number(book.axes.find((axis) => axis.name === name).role === "unit");

    function picture(which) {
      if (!collection.isShown(which)) return element("span", { class: "absent" }, collection.word(which));
      const image = element("img", {
        src: collection.picture(which),
        alt: collection
          .point(book.axes, which)
          .map((pair) => pair.join(" "))
          .join(", "),
        draggable: "false",
      });
      // Few pixels are shown as the squares that they are, and not larger than anyone wants to see them.
      image.addEventListener("load", () => {
        image.classList.toggle("coarse", image.naturalWidth * 3 <= figure.clientWidth);
        image.style.setProperty("--width", `${image.naturalWidth * MOST}px`);
      });
      image.addEventListener("error", () => image.replaceWith(element("span", { class: "absent" }, "not readable")));
      return image;
    }

    // Among all pictures that have this score, from the worst (or, where neither end is, from the highest).
    function rank(score, value) {
      if (!ranks.has(score.name)) {
        const values = book.entries.map((one) => collection.score(one, score.name)).filter((one) => one !== null);
        ranks.set(
          score.name,
          values.sort((a, b) => (score.better === "higher" ? a - b : b - a)),
        );
      }
      const values = ranks.get(score.name);
      return `${ordinal(values.indexOf(value) + 1)} ${score.better ? "worst" : "highest"} of ${format.grouped(values.length)}`;
    }

    function scoreRow(score) {
      const value = collection.score(entry, score.name);
      const ranked = value !== null && score.type !== "boolean" && score.high > score.low;
      const place = scale.percent([score.low ?? 0, score.high ?? 1]);
      return element(
        "tr",
        null,
        element(
          "th",
          { scope: "row" },
          dom.breakable(score.name),
          score.better &&
            score.type !== "influence" &&
            element("span", { class: "arrow" }, ` ${format.arrow(score.better)}`),
        ),
        element("td", { class: "value" }, shown(value, score.type)),
        element(
          "td",
          { class: "rank" },
          ranked &&
            dom.shape(
              "svg",
              { class: "whisker", height: 10, "aria-hidden": "true" },
              dom.shape("line", { class: "track", x1: "0%", x2: "100%", y1: 5, y2: 5 }),
              dom.shape("circle", { class: "dot", cx: place(value), cy: 5, r: 4 }),
            ),
          ranked && element("span", { class: "quiet" }, rank(score, value)),
        ),
      );
    }

    function draw(next) {
      entry = next;
      const opposite = other(entry);
      figure.replaceChildren(element("div", { class: "front" }, picture(entry)));
      if (opposite) figure.prepend(element("div", { class: "behind" }, picture(opposite)));
      const pairs = collection.point(book.axes, entry).sort((a, b) => isUnit(b[0]) - isUnit(a[0])); // its prompt first
      const category = collection.category(entry);
      if (category !== null) pairs.push([runs.report.by ?? "category", category]);
      const failure = collection.failure(entry);
      aside.replaceChildren(
        element(
          "dl",
          { class: "point" },
          pairs.map(([name, text]) =>
            element("div", null, element("dt", null, name), element("dd", { dir: "auto" }, text)),
          ),
        ),
        entry.flags.length
          ? element(
              "p",
              { class: "note" },
              `Flagged: ${entry.flags.join(", ")}. It counts in every score all the same.`,
            )
          : "",
        failure ? element("p", { class: "note" }, failure) : "",
        book.scores.length
          ? element(
              "table",
              { class: "plain-table" },
              element("caption", { class: "unseen" }, "Scores of this picture"),
              element("tbody", null, book.scores.map(scoreRow)),
            )
          : "",
        ...collection
          .texts(entry)
          .map(([name, text]) =>
            element(
              "p",
              { class: "answer" },
              element("span", { class: "quiet" }, `${name}: `),
              element("span", { dir: "auto" }, text),
            ),
          ),
        collection.isShown(entry)
          ? element(
              "p",
              null,
              element("a", { href: collection.picture(entry), target: "_blank", rel: "noopener" }, "Open the file"),
            )
          : "",
        element(
          "p",
          { class: "quiet hint" },
          element("kbd", null, "←↑↓→"),
          " neighbours · ",
          element("kbd", null, "+ − 0"),
          " zoom",
          opposite && [" · hold ", element("kbd", null, "F"), ` for ${otherName()}`],
          " · ",
          element("kbd", null, "Esc"),
          " back",
        ),
      );
      moved(entry);
    }

    function open(next, from) {
      if (book !== from) ranks.clear();
      book = from;
      if (!dialog.open) dialog.showModal();
      view.reset();
      draw(next);
      stage.classList.toggle("flickering", flickering);
      close.focus();
    }

    function flicker(on) {
      flickering = on;
      stage.classList.toggle("flickering", on);
    }

    return { open, flicker };
  }

  return { create, shown };
})();
