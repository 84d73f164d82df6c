"use strict";

// Bars by category: one score, grouped by run or by a setting, the other settings held.
const categories = (() => {
  const { element } = dom;

  const text = (value) => JSON.stringify(value);

  function settings(list) {
    const found = new Map();
    for (const score of list) {
      for (const [axis, value] of Object.entries(score.at)) {
        if (!found.has(axis)) found.set(axis, new Map());
        found.get(axis).set(text(value), value);
      }
    }
    return found;
  }

  function rows(report, name, groupBy, held) {
    const list = report.scores.filter((score) => score.category !== null && score.name === name);
    return list.filter((score) =>
      Object.entries(score.at).every(
        ([axis, value]) => axis === groupBy || held[axis] === undefined || held[axis] === text(value),
      ),
    );
  }

  function label(score, groupBy) {
    if (groupBy === "run") return runs.several && runs.badge(score.run);
    return [
      runs.several && runs.badge(score.run),
      groupBy in score.at ? `${groupBy} ${format.label(score.at[groupBy])}` : "all",
    ];
  }

  function table(report, list, name, groupBy, order) {
    const domain = scale.ofScores(list);
    if (domain[0] > 0) domain[0] = 0; // a bar's length means something only from zero
    const colours = [...new Set(list.map((score) => (groupBy === "run" ? score.run : text(score.at[groupBy]))))];
    const whole = report.scores.find((score) => score.name === name);
    let known = report.categories.filter((category) => list.some((score) => score.category === category));
    known = [...known, ...new Set(list.map((score) => score.category).filter((category) => !known.includes(category)))];
    const of = (category) => list.filter((score) => score.category === category);
    if (order !== "given") {
      const sign = (whole.better === "lower" ? -1 : 1) * (order === "worst" ? 1 : -1);
      const mean = (category) => of(category).reduce((sum, score) => sum + (score.value ?? 0), 0) / of(category).length;
      known.sort((a, b) => sign * (mean(a) - mean(b)));
    }
    const line = (score, index, count) => {
      const digits = format.digitsOfScore(score);
      const colour = colours.indexOf(groupBy === "run" ? score.run : text(score.at[groupBy]));
      return element(
        "tr",
        null,
        index === 0 && element("th", { scope: "rowgroup", rowspan: count, class: "what category" }, score.category),
        element("td", { class: "series" }, label(score, groupBy)),
        element("td", { class: "plot" }, whiskers.bar(score, domain, colour)),
        element(
          "td",
          { class: "value" },
          format.number(score.value, digits),
          score.se !== null && element("span", { class: "se" }, ` ± ${format.number(score.se, digits)}`),
        ),
        element("td", { class: "counted" }, [scores.counted(score), score.reason].filter(Boolean).join(" · ")),
      );
    };
    return dom.table(
      { class: "scores bars" },
      element("caption", { class: "unseen" }, `${name} by category, with 95 % intervals`),
      element(
        "thead",
        null,
        element(
          "tr",
          null,
          element("th", { scope: "col" }, "Category"),
          element("td"),
          element("td", { class: "plot" }, whiskers.ruler(domain)),
          element("th", { scope: "col" }, "Value ± SE"),
          element("th", { scope: "col" }, "Of"),
        ),
      ),
      known.map((category) => {
        const here = of(category);
        return element(
          "tbody",
          null,
          here.map((score, index) => line(score, index, here.length)),
        );
      }),
    );
  }

  function show(report) {
    const names = [...new Set(report.scores.filter((score) => score.category !== null).map((score) => score.name))];
    if (!names.length) return;
    const place = dom.section("categories");
    place.show();
    const options = (list) => list.map((name) => ({ value: name, text: name }));
    // What share of the pictures is right is what a suite of tasks is about.
    const isShare = (score) => score.kind === "share" && score.better === "higher";
    const first = (report.scores.find((score) => names.includes(score.name) && isShare(score)) ?? { name: names[0] }).name;
    const draw = () => {
      const name = controls.chosen("categories.score", options(names), first);
      const list = report.scores.filter((score) => score.category !== null && score.name === name);
      const varied = settings(list);
      const groupings = [{ value: "run", text: "run" }, ...options([...varied.keys()])];
      const groupBy = controls.chosen(
        "categories.group",
        groupings,
        runs.several || !varied.size ? "run" : groupings[1].value,
      );
      const held = {};
      const holding = [...varied]
        .filter(([axis]) => axis !== groupBy)
        .map(([axis, values]) => {
          const choices = [...values].map(([value, plain]) => ({ value, text: format.label(plain) }));
          held[axis] = controls.chosen(`categories.${axis}`, choices, choices.at(-1).value);
          return controls.choice({
            name: `categories.${axis}`,
            label: axis,
            options: choices,
            fallback: choices.at(-1).value,
            change: draw,
          });
        });
      const orderings = [
        { value: "given", text: "as given" },
        { value: "worst", text: "worst first" },
        { value: "best", text: "best first" },
      ];
      const order = controls.chosen("categories.order", orderings, "given");
      const better = list[0].better;
      place.lede.textContent = `${name}: ${format.direction(better)}. Bars begin at zero; the lines are 95 % intervals.`;
      const focused = document.activeElement?.dataset?.name;
      place.controls.replaceChildren(
        controls.choice({
          name: "categories.score",
          label: "Score",
          options: options(names),
          fallback: first,
          change: draw,
        }),
        ...(varied.size
          ? [
              controls.choice({
                name: "categories.group",
                label: "Bars",
                options: groupings,
                fallback: groupBy,
                change: draw,
              }),
            ]
          : []),
        ...holding,
        controls.choice({
          name: "categories.order",
          label: "Order",
          options: orderings,
          fallback: "given",
          change: draw,
        }),
      );
      if (focused) place.controls.querySelector(`[data-name="${CSS.escape(focused)}"]`)?.focus();
      place.body.replaceChildren(runs.legend(), table(report, rows(report, name, groupBy, held), name, groupBy, order));
    };
    draw();
  }

  return { show };
})();
