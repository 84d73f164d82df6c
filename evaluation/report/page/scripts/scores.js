"use strict";

// The headline table: every score of every run and setting, with its interval on a scale that its name's scores share.
const scores = (() => {
  const { element } = dom;
  const SHOWN = 12;
  const opened = new Set();

  // Scores of one name, without categories, in the order that the report gives them.
  function groups(report) {
    const found = new Map();
    for (const score of report.scores) {
      if (score.category !== null) continue;
      if (!found.has(score.name)) found.set(score.name, []);
      found.get(score.name).push(score);
    }
    return found;
  }

  const orders = {
    given: (list) => {
      const first = new Map();
      list.forEach((score) => first.has(format.key(score.at)) || first.set(format.key(score.at), first.size));
      return [...list].sort((a, b) => first.get(format.key(a.at)) - first.get(format.key(b.at)) || a.run - b.run);
    },
    best: (list) => {
      const sign = list[0].better === "lower" ? 1 : -1;
      const rank = (score) => (score.value === null ? Infinity : sign * whiskers.center(score));
      return [...list].sort((a, b) => rank(a) - rank(b));
    },
  };

  // How many pictures of how many prompts. A score that has one value a prompt is of prompts.
  function counted(score) {
    if (score.n === null) return "";
    if (score.clusters !== null && score.clusters !== score.n) {
      return `${format.count(score.n, "picture")} of ${format.count(score.clusters, "prompt")}`;
    }
    const units = Object.values(runs.all[score.run].axes).filter((axis) => axis.role === "unit");
    const prompts = units.reduce((product, axis) => product * axis.length, 1);
    return format.count(score.n, units.length && score.n <= prompts ? "prompt" : "picture");
  }

  // What a score is of: what is missing from it and what is flagged counts too.
  function contents(score) {
    const parts = [counted(score)];
    if (score.missing) parts.push(`${format.grouped(score.missing)}\u00a0missing`);
    for (const [flag, number] of Object.entries(score.flagged))
      if (number) parts.push(`${format.grouped(number)}\u00a0${flag}`);
    return parts.filter(Boolean).join(" · ");
  }

  // What must be known to read one score; the reason for having no interval stands in the interval's place.
  function remarks(score) {
    const parts = [];
    if (score.p_equal !== null) parts.push(`against its reference p ${format.p(score.p_equal)}`);
    if (score.low !== null && score.reason) parts.push(score.reason);
    return parts.join(" · ");
  }

  function bounds(score, digits, known) {
    if (score.low === null) {
      const why = score.reason && !known ? `no interval: ${score.reason}` : "no interval";
      return element("span", { class: "withheld" }, [why, remarks(score)].filter(Boolean).join(" · "));
    }
    const text = `${format.number(score.low, digits)} to ${format.number(score.high, digits)}`;
    if (score.corrected === null) return text;
    return [
      text,
      element("span", { class: "quiet block" }, `around ${format.number(score.corrected, digits)}, corrected`),
    ];
  }

  // What all scores of a name have in common, said once beside the name.
  function about(list) {
    const same = (of) => shared(list, of) ?? "";
    const given = same((score) => score.conditional_on.join(", "));
    const kinds = { mean: "mean", share: "share", set: "of the whole set" };
    const method = same((score) => score.method);
    return [method || same((score) => kinds[score.kind] ?? ""), given && `given the ${given}`]
      .filter(Boolean)
      .join(" · ");
  }

  function title(name, list) {
    const better = list[0].better;
    return [
      element(
        "span",
        { class: "metric" },
        name,
        better && element("span", { class: "arrow", title: format.direction(better) }, ` ${format.arrow(better)}`),
      ),
      element("span", { class: "quiet block" }, about(list)),
    ];
  }

  // What is the same for all scores of a name stands once, in its head; null where it isn't.
  function shared(list, of) {
    return new Set(list.map(of)).size === 1 ? of(list[0]) : null;
  }

  // `said`: the group's head says what the score is of; `known`: and why it has no interval.
  function row(score, domain, head, { said = false, known = false, below = null } = {}) {
    const digits = format.digitsOfScore(score);
    const wide = score.low === null && said; // a reason needs room
    return element(
      "tr",
      null,
      element("th", { scope: "row", class: "what" }, head),
      element(
        "td",
        { class: "value", "data-label": "value" },
        format.number(score.value, digits),
        score.se !== null && element("span", { class: "se" }, ` ± ${format.number(score.se, digits)}`),
      ),
      element("td", { class: "plot" }, whiskers.dot(score, domain, runs.several ? score.run : 0), below),
      element(
        "td",
        {
          class: score.low === null ? "" : "bounds",
          colspan: wide ? 2 : 1,
          "data-label": score.low !== null && "95 %",
        },
        bounds(score, digits, known),
      ),
      !wide &&
        element(
          "td",
          { class: "counted" },
          [said ? "" : contents(score), score.low !== null && remarks(score)].filter(Boolean).join(" · "),
        ),
    );
  }

  const head = (score) => [
    runs.several && runs.badge(score.run),
    Object.keys(score.at).length
      ? format.point(score.at)
      : runs.several
        ? element("span", { class: "wrap" }, runs.label(score.run))
        : "",
  ];

  function group(name, given, order, draw) {
    const list = orders[order](given);
    const domain = scale.ofScores(list);
    if (list.length === 1 && !runs.several) {
      const point = format.point(list[0].at);
      const alone = [...title(name, list), point && element("span", { class: "quiet block" }, point)];
      return element("tbody", { class: "alone" }, row(list[0], domain, alone, { below: whiskers.ruler(domain) }));
    }
    const shown = opened.has(name) ? list : list.slice(0, SHOWN);
    const more = list.length - shown.length;
    const common = shared(list, contents);
    const withheld = list.length > 1 && list.every((score) => score.low === null);
    const why = withheld && format.alike(list.map((score) => score.reason));
    return element(
      "tbody",
      null,
      element(
        "tr",
        { class: "group" },
        element("th", { scope: "rowgroup", colspan: 2 }, title(name, list)),
        element("td", { class: "plot" }, whiskers.ruler(domain)),
        element("td", null, why && element("span", { class: "withheld" }, why)),
        element("td", { class: "counted" }, common),
      ),
      shown.map((score) => row(score, domain, head(score), { said: common !== null, known: Boolean(why) })),
      list.length > SHOWN &&
        element(
          "tr",
          { class: "more" },
          element(
            "td",
            { colspan: 5 },
            controls.button(
              more ? `Show ${more} more of ${name}` : `Show fewer of ${name}`,
              { class: "link", "aria-expanded": String(!more) },
              () => {
                if (more) opened.add(name);
                else opened.delete(name);
                draw();
              },
            ),
          ),
        ),
    );
  }

  function show(report) {
    const found = groups(report);
    if (!found.size) return;
    const place = dom.section("scores");
    const names = ["Score", "Value ± SE", "", "95 % interval", "Of"];
    const draw = () => {
      const order = state.get("scores.order", "given") === "best" ? "best" : "given";
      place.body.replaceChildren(
        dom.table(
          { class: "scores" },
          element("caption", { class: "unseen" }, "Scores with their 95 % intervals"),
          element(
            "thead",
            null,
            element(
              "tr",
              null,
              names.map((text) => element(text ? "th" : "td", { scope: text && "col" }, text)),
            ),
          ),
          [...found].map(([name, list]) => group(name, list, order, draw)),
        ),
      );
    };
    if ([...found.values()].some((list) => list.length > 1)) {
      const options = [
        { value: "given", text: "as they ran" },
        { value: "best", text: "best first" },
      ];
      place.controls.append(
        controls.choice({ name: "scores.order", label: "Order", options, fallback: "given", change: draw }),
      );
    }
    // Paper can't be unfolded.
    window.addEventListener("beforeprint", () => {
      for (const name of found.keys()) opened.add(name);
      draw();
    });
    draw();
    place.show();
  }

  return { show, counted };
})();
