"use strict";

// The pictures: their controls, the grid, the large view, and flickering.
const pictures = (() => {
  const { element } = dom;
  const place = dom.section("pictures");
  const SIDES = { fitting: null, small: 64, medium: 112, large: 176, huge: 288 };
  const options = (names) => names.map((name) => ({ value: name, text: name }));

  function build(report, output) {
    const wanted = report.runs.flatMap((run, index) =>
      run.images.filter((image) => image.output === output).map((image) => loading.source(index, image)),
    );
    return Promise.all(wanted).then(collection.gather);
  }

  // All choices of a book; `change` draws anew.
  function chooser(report, outputs, book, change) {
    const { choices, EACH } = arrangement;
    const chosen = choices(book);
    const choice = (name, label, offered, fallback) =>
      controls.choice({ name: `pictures.${name}`, label, options: offered, fallback, change });
    const categories = [...new Set(book.entries.map(collection.category))].filter((category) => category !== null);
    const offeredCategories = [
      { value: "", text: "all" },
      ...categories.map((name) => ({ value: `=${name}`, text: name })),
    ];
    return {
      chosen,
      nodes: [
        choice("rows", "Rows", chosen.rowOptions, chosen.fallback.rows),
        chosen.rows !== EACH && choice("columns", "Columns", chosen.columnOptions, chosen.columnFallback),
        chosen.columns !== "-" && choice("within", "and within", chosen.withinOptions, chosen.withinFallback),
        ...chosen.held.map((one) => choice(`at.${one.axis.name}`, one.axis.name, one.offered, one.fallback)),
        categories.length > 1 && choice("category", runs.report.by ?? "Category", offeredCategories, ""),
        book.scores.length > 0 && choice("score", "Score", chosen.scoreOptions, chosen.first),
        chosen.ways.length > 1 && choice("order", "Order", chosen.ways, "given"),
        chosen.flickers.length > 0 && choice("flicker", "Flicker with", chosen.flickers, chosen.preferred.value),
        choice("side", "Size", options(Object.keys(SIDES)), "fitting"),
      ].filter(Boolean),
    };
  }

  function filters() {
    const category = state.get("pictures.category", "");
    return { category: category.slice(1), search: state.get("pictures.search", "") };
  }

  function status(model, chosen) {
    const size =
      model.columns === null
        ? ""
        : ` in ${format.count(model.rows, "row")} and ${format.count(model.columns, "column")}`;
    const sorted =
      chosen.score && chosen.order !== "given" && model.columns !== null && model.columns > 1
        ? `, rows sorted by their mean ${chosen.score.name}`
        : "";
    return model.pictures
      ? `${format.count(model.pictures, "picture")}${size}${sorted}.`
      : "No picture is of this category and holds these words.";
  }

  function run(report, outputs, book, again) {
    const top = element("div", { class: "choices" });
    const told = element("span", { class: "quiet", role: "status" });
    const zoom = element("output", { class: "zoom" });
    const flickerButton = controls.button("Flicker", { class: "plain", "aria-pressed": "false", title: "Hold F" }, () =>
      flicker(!flickering),
    );
    const search = element("input", {
      type: "search",
      placeholder: "words of a prompt, a flag …",
      value: state.get("pictures.search", ""),
      "data-name": "pictures.search",
    });
    let flickering = false;
    let chosen = null;
    let model = null;

    const grid = matrix.create(place.body, {
      open: (entry) => view.open(entry, book),
      zoomed: (value) => (zoom.textContent = `${format.number(value, 1)}×`),
    });
    const view = large.create({
      step: grid.step,
      other: (entry) => model.other(entry),
      otherName: () => chosen.flicker.text,
      moved(entry) {
        state.set("pictures.open", entry ? `${entry.source.run}.${entry.row}` : null);
        if (!entry) grid.focus();
      },
    });

    function flicker(on) {
      flickering = on && chosen.flicker !== null;
      flickerButton.setAttribute("aria-pressed", String(flickering));
      grid.flicker(flickering);
      view.flicker(flickering);
    }

    function draw() {
      const focused = document.activeElement?.dataset?.name;
      const built = chooser(report, outputs, book, draw);
      chosen = built.chosen;
      const output =
        outputs.length > 1 &&
        controls.choice({
          name: "pictures.output",
          label: "Output",
          options: options(outputs),
          fallback: outputs[0],
          change: again,
        });
      top.replaceChildren(...[output, ...built.nodes].filter(Boolean));
      if (focused) top.querySelector(`[data-name="${CSS.escape(focused)}"]`)?.focus();
      arrange();
    }

    function arrange() {
      const side = SIDES[state.get("pictures.side", "fitting")] ?? null;
      model = arrangement.modelOf(book, chosen, filters(), side);
      told.textContent = status(model, chosen);
      flickerButton.hidden = chosen.flicker === null;
      flicker(false);
      grid.show(model);
    }

    search.addEventListener("input", () => {
      state.set("pictures.search", search.value || null);
      arrange();
    });

    // F shows the other pictures while it is held, wherever the page has the focus but where one writes.
    const writes = (target) => target.closest("input:not([type=checkbox]), select, textarea");
    document.onkeydown = (event) => {
      if (
        event.key.toLowerCase() !== "f" ||
        event.repeat ||
        event.ctrlKey ||
        event.metaKey ||
        event.altKey ||
        writes(event.target)
      )
        return;
      flicker(true);
    };
    document.onkeyup = (event) => event.key.toLowerCase() === "f" && flickering && flicker(false);

    place.controls.replaceChildren(
      top,
      element(
        "div",
        { class: "choices" },
        element("label", { class: "choice search" }, element("span", null, "Search"), search),
        element(
          "div",
          { class: "group", role: "group", "aria-label": "Zoom" },
          controls.button("−", { class: "plain", "aria-label": "Zoom out" }, () => grid.view.zoomBy(1 / 1.5)),
          zoom,
          controls.button("+", { class: "plain", "aria-label": "Zoom in" }, () => grid.view.zoomBy(1.5)),
          controls.button("Reset", { class: "plain" }, () => grid.view.reset()),
        ),
        flickerButton,
        told,
      ),
    );
    draw();
    const opened = state.get("pictures.open", "").split(".").map(Number);
    const entry = book.entries.find((one) => one.source.run === opened[0] && one.row === opened[1]);
    if (entry) {
      grid.seek(entry);
      view.open(entry, book);
    }
  }

  async function start(report, outputs) {
    const output = controls.chosen("pictures.output", options(outputs), outputs[0]);
    place.body.replaceChildren(element("p", { class: "quiet" }, "Reading the list of pictures …"));
    try {
      const book = await build(report, output);
      place.body.replaceChildren();
      run(report, outputs, book, () => start(report, outputs));
    } catch (error) {
      place.body.replaceChildren(element("p", { class: "note" }, error.message));
    }
  }

  // The list of pictures is read when the section comes near, or at once where the address asks for it.
  function show(report) {
    const images = report.runs.flatMap((run) => run.images);
    const sizes = new Map();
    for (const image of images) {
      sizes.set(
        image.output,
        (sizes.get(image.output) ?? 0) + image.lengths.reduce((product, length) => product * length, 1),
      );
    }
    const outputs = [...sizes.keys()].sort((a, b) => sizes.get(b) - sizes.get(a)); // a contact sheet comes last
    if (!outputs.length) return;
    place.show();
    if (images.every(({ counts, lengths }) => counts.unmade === lengths.reduce((all, length) => all * length, 1))) {
      place.lede.textContent = "No picture is made yet.";
      return;
    }
    const near = new IntersectionObserver(
      (entries) => {
        if (!entries.some((entry) => entry.isIntersecting)) return;
        near.disconnect();
        start(report, outputs);
      },
      { rootMargin: "800px" },
    );
    near.observe(place.node);
  }

  return { show };
})();
