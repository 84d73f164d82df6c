"use strict";

// The choice of what is drawn against what, the chart, and the same numbers as a table.
const curves = (() => {
  const { element } = dom;

  const parse = (value) => ({ kind: value.slice(0, value.indexOf(":")), name: value.slice(value.indexOf(":") + 1) });

  function betterOf(report, axis) {
    if (axis.kind !== "score") return null;
    return report.scores.find((score) => score.name === axis.name)?.better ?? null;
  }

  function told(score, name) {
    const digits = format.digitsOfScore(score);
    const number = (value) => format.number(value, digits);
    const bounds =
      score.low === null
        ? `no interval${score.reason ? `: ${score.reason}` : ""}`
        : `95 % interval ${number(score.low)} to ${number(score.high)}`;
    const corrected = !whiskers.isCorrected(score) ? "" : `, ${number(score.corrected)} corrected`;
    return `${name} ${number(score.value)}${corrected}, ${bounds}`;
  }

  function tell(point) {
    const head = [runs.several && runs.label(point.y.score.run), format.point(point.at)].filter(Boolean).join(" · ");
    const sides = [point.x.score, point.y.score].filter(Boolean).map((score) => told(score, score.name));
    return [head || runs.label(point.y.score.run), ...sides];
  }

  function nameOf(line) {
    const point = format.point(line.at);
    return [runs.several && runs.named(line.run), point && element("span", null, point)].filter(Boolean);
  }

  function legend(lines) {
    const named = lines.map((line, index) => [index, nameOf(line)]).filter(([, name]) => name.length);
    if (lines.length < 2 || !named.length) return null;
    return element(
      "p",
      { class: "legend" },
      named.map(([index, name]) => element("span", { class: "entry" }, chart.key(index), name)),
    );
  }

  function table(lines, x, y) {
    const cell = (side) => {
      if (!side.score) return "";
      const digits = format.digitsOfScore(side.score);
      return [
        format.number(side.value, digits),
        element(
          "span",
          { class: "se" },
          side.low === null
            ? " no interval"
            : ` (${format.number(side.low, digits)} to ${format.number(side.high, digits)})`,
        ),
      ];
    };
    const both = x.kind === "score";
    return element(
      "details",
      null,
      element("summary", null, "The same as numbers"),
      element(
        "table",
        { class: "plain-table" },
        element("caption", { class: "unseen" }, `${y.name} against ${x.name}`),
        element(
          "thead",
          null,
          element(
            "tr",
            null,
            ["At", both && x.name, y.name].filter(Boolean).map((name) => element("th", { scope: "col" }, name)),
          ),
        ),
        element(
          "tbody",
          null,
          lines.flatMap((line) =>
            line.points.map((point) =>
              element(
                "tr",
                null,
                element("th", { scope: "row" }, runs.several && runs.badge(line.run), format.point(point.at)),
                both && element("td", null, cell(point.x)),
                element("td", null, cell(point.y)),
              ),
            ),
          ),
        ),
      ),
    );
  }

  // By default a distance against an agreement, if there are such, over the setting with the most values.
  function defaults(report, names, settings) {
    const better = (name, way) => betterOf(report, { kind: "score", name }) === way;
    const some = (name, holds) => report.scores.some((score) => score.name === name && holds(score));
    const distances = names.filter((name) => better(name, "lower") && some(name, (score) => score.kind === "set"));
    const y = distances.find((name) => some(name, (score) => score.low !== null)) ?? distances[0] ?? names.at(-1);
    const ofPictures = (name) => report.runs.some((run) => run.outputs[name]?.kind === "items");
    const agreeing = names.filter((name) => name !== y && better(name, "higher"));
    const x = agreeing.find(ofPictures) ?? agreeing[0];
    const most = [...settings].sort(
      (a, b) => curveLines.onAxis(report, b).values.length - curveLines.onAxis(report, a).values.length,
    );
    return {
      x: x ? `score:${x}` : settings.length ? `setting:${settings[0]}` : `score:${y}`,
      y: `score:${y}`,
      over: most[0] ?? "",
    };
  }

  function show(report) {
    // One point alone is no curve.
    const values = report.scores.filter((score) => score.category === null && score.value !== null);
    const count = (name) => values.filter((score) => score.name === name).length;
    const names = [...new Set(values.map((score) => score.name))].filter((name) => count(name) > 1);
    const settings = curveLines.settingsOf(report);
    if (!names.length || !(settings.length || names.length > 1)) return;
    const place = dom.section("curves");
    place.show();
    const fallback = defaults(report, names, settings);
    const scoreOptions = names.map((name) => ({ value: `score:${name}`, text: name }));
    const xOptions = [
      ...scoreOptions,
      ...settings.map((name) => ({ value: `setting:${name}`, text: `${name} (setting)` })),
    ];
    const overOptions = [...settings.map((name) => ({ value: name, text: name })), { value: "", text: "nothing" }];
    const canvas = element("div", { class: "canvas" });
    const below = element("div");
    let connecting = null;
    const draw = () => {
      const x = parse(controls.chosen("curves.x", xOptions, fallback.x));
      const y = parse(controls.chosen("curves.y", scoreOptions, fallback.y));
      const over = x.kind === "setting" ? x.name : controls.chosen("curves.over", overOptions, fallback.over);
      const lines = curveLines.lines(report, { x, y, over });
      const axisX = x.kind === "setting" ? curveLines.onAxis(report, x.name) : null;
      connecting.querySelector("select").disabled = axisX !== null; // along a setting, that setting connects
      chart.draw(canvas, {
        lines,
        axisX,
        connected: over !== "",
        titleX: x.name,
        titleY: y.name,
        betterX: betterOf(report, x),
        betterY: betterOf(report, y),
        label: (point) =>
          x.kind === "setting"
            ? ""
            : over in point.at
              ? `${over} ${format.label(point.at[over])}`
              : format.point(point.at),
        tell,
      });
      const empty = lines.length ? "" : element("p", { class: "note" }, "No point has both.");
      below.replaceChildren(empty, legend(lines) ?? "", table(lines, x, y));
    };
    connecting = controls.choice({
      name: "curves.over",
      label: "Connected over",
      options: overOptions,
      fallback: fallback.over,
      change: draw,
    });
    place.controls.append(
      controls.choice({
        name: "curves.y",
        label: "Upwards",
        options: scoreOptions,
        fallback: fallback.y,
        change: draw,
      }),
      controls.choice({ name: "curves.x", label: "Across", options: xOptions, fallback: fallback.x, change: draw }),
      connecting,
    );
    place.body.append(canvas, below);
    let width = 0;
    new ResizeObserver(() => {
      if (canvas.clientWidth !== width) draw();
      width = canvas.clientWidth;
    }).observe(canvas);
  }

  return { show };
})();
