"use strict";

// Runs against each other: paired differences, and who can't be told apart.
const comparison = (() => {
  const { element } = dom;

  // The run that did better, where that can be told.
  function winner(row) {
    if (row.verdict === "better") return row.b;
    if (row.verdict === "worse") return row.a;
    return null;
  }

  function reachOf(rows) {
    const sizes = rows.flatMap((row) => [row.low, row.high, row.difference]).filter((value) => value !== null);
    return Math.max(...sizes.map(Math.abs), 0) * 1.05 || 1;
  }

  function tally(row) {
    if (row.wins === null || row.wins === undefined) return "–";
    return `${row.wins} · ${row.losses} · ${row.ties}`;
  }

  // The verdict in a word, and in a sentence for those who open it. One that can't be given says why at once.
  function verdict(row) {
    const short = {
      better: [runs.badge(row.b), "better"],
      worse: [runs.badge(row.a), "better"],
      higher: [runs.badge(row.b), "higher"],
      lower: [runs.badge(row.a), "higher"],
      differs: "differ",
      undecided: "can't be told apart",
      untested: "can't be judged",
    }[row.verdict];
    return element(
      "details",
      { open: row.verdict === "untested" },
      element("summary", null, short),
      element("p", { class: "quiet" }, row.words),
    );
  }

  function line(row, reach) {
    const digits = row.low === null ? undefined : format.digitsOf((row.high - row.low) / 4);
    const number = (value) => format.number(value, digits);
    const bounds = row.low === null ? "no interval" : `${number(row.low)} to ${number(row.high)}`;
    const what = Object.keys(row.at).length ? format.point(row.at) : "";
    const name = `${row.name}: ${runs.letter(row.b)} minus ${runs.letter(row.a)} is ${number(row.difference)}, ${bounds}`;
    const pair = [runs.badge(row.a), number(row.value_a), " ", runs.badge(row.b), number(row.value_b)];
    const first = [
      element("th", { scope: "row", class: "what" }, what || `${runs.letter(row.b)} against ${runs.letter(row.a)}`),
      element("td", { class: "pair" }, pair),
    ];
    if (row.difference === null)
      return element("tr", null, first, element("td", { class: "words", colspan: 7 }, row.words));
    return element(
      "tr",
      { class: `verdict-${row.verdict}` },
      first,
      element("td", { class: "plot" }, whiskers.difference(row, reach, winner(row), name)),
      element(
        "td",
        { class: "value", "data-label": "difference" },
        row.difference > 0 ? "+" : "",
        number(row.difference),
      ),
      element("td", { class: "bounds", "data-label": "95 %" }, bounds),
      element("td", { class: "p", "data-label": "p" }, format.p(row.p)),
      element("td", { class: "p", "data-label": "Holm" }, format.p(row.p_holm)),
      element("td", { class: "tally", "data-label": "wins, losses, ties" }, tally(row)),
      element("td", { class: "words" }, verdict(row)),
    );
  }

  function group(name, rows) {
    const reach = reachOf(rows);
    const ends = rows.some((row) => row.difference !== null) && whiskers.ruler([-reach, reach]);
    const better = rows[0].better;
    return element(
      "tbody",
      null,
      element(
        "tr",
        { class: "group" },
        element(
          "th",
          { scope: "rowgroup", colspan: 2 },
          element("span", { class: "metric" }, name, better && ` ${format.arrow(better)}`),
        ),
        element("td", { class: "plot" }, ends),
        element("td", { colspan: 6 }),
      ),
      rows.map((row) => line(row, reach)),
    );
  }

  function table(rows) {
    const names = ["At", "Values", "", "Difference", "95 % interval", "p", "p, Holm", "Wins, losses, ties", "Verdict"];
    return dom.table(
      { class: "scores comparison" },
      element("caption", { class: "unseen" }, "Paired differences with their 95 % intervals"),
      element(
        "thead",
        null,
        element(
          "tr",
          null,
          names.map((text) => element(text ? "th" : "td", { scope: text && "col" }, text)),
        ),
      ),
      [...grouped(rows)].map(([name, list]) => group(name, list)),
    );
  }

  function grouped(rows) {
    const found = new Map();
    rows.forEach((row) => found.set(row.name, [...(found.get(row.name) ?? []), row]));
    return found;
  }

  function ranking(entries) {
    if (!entries.length) return null;
    const rank = (entry) =>
      element(
        "li",
        null,
        element("span", { class: "metric" }, entry.name),
        Object.keys(entry.at).length > 0 && element("span", { class: "quiet" }, ` ${format.point(entry.at)}`),
        ": ",
        entry.groups.map((group, index) => [
          index > 0 && element("span", { class: "quiet" }, " before "),
          element("span", { class: "tied" }, group.map(runs.badge)),
        ]),
      );
    return element(
      "details",
      { open: entries.length <= 12 },
      element("summary", null, "Ranking: best first; runs in one box can't be told apart"),
      element("ul", { class: "ranking" }, entries.map(rank)),
    );
  }

  function show(report) {
    const given = report.comparison;
    if (!given) return;
    const place = dom.section("comparison");
    place.show();
    if (given.refused) {
      place.lede.textContent = "These runs are not compared.";
      place.body.append(element("div", { class: "banner" }, element("pre", null, given.refused)));
      return;
    }
    const pairs = [...new Set(given.rows.map((row) => `${row.a},${row.b}`))];
    const pairOptions = pairs.map((pair) => {
      const [a, b] = pair.split(",").map(Number);
      return { value: pair, text: `${runs.letter(b)} against ${runs.letter(a)}` };
    });
    const categories = [...new Set(given.rows.map((row) => row.category))].filter((category) => category !== null);
    const categoryOptions = [
      { value: "", text: "all together" },
      ...categories.map((name) => ({ value: `=${name}`, text: name })),
    ];
    const draw = () => {
      const pair = controls.chosen("comparison.pair", pairOptions, pairs[0]);
      const category = controls.chosen("comparison.category", categoryOptions, "");
      const rows = given.rows.filter(
        (row) => `${row.a},${row.b}` === pair && (category ? `=${row.category}` === category : row.category === null),
      );
      place.body.replaceChildren(runs.legend(), table(rows), ranking(given.ranking) ?? "");
    };
    if (pairs.length > 1)
      place.controls.append(
        controls.choice({
          name: "comparison.pair",
          label: "Runs",
          options: pairOptions,
          fallback: pairs[0],
          change: draw,
        }),
      );
    if (categories.length)
      place.controls.append(
        controls.choice({
          name: "comparison.category",
          label: "Category",
          options: categoryOptions,
          fallback: "",
          change: draw,
        }),
      );
    draw();
  }

  return { show };
})();
