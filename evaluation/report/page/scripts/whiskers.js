"use strict";

// One score as a mark on a line: a dot with its interval, a bar with its interval, a difference around zero.
// Places are percentages, so that a mark is as wide as its cell without being drawn again.
const whiskers = (() => {
  const { shape } = dom;
  const MIDDLE = 15;

  function frame(name, children, extra = "") {
    return shape("svg", { class: `whisker ${extra}`, role: "img", "aria-label": name, height: 2 * MIDDLE }, children);
  }

  function interval(low, high, place) {
    if (low === null || high === null) return [];
    const [left, right] = [place(low), place(high)];
    return [
      shape("line", { class: "span", x1: left, x2: right, y1: MIDDLE, y2: MIDDLE }),
      shape("line", { class: "cap", x1: left, x2: left, y1: MIDDLE - 4, y2: MIDDLE + 4 }),
      shape("line", { class: "cap", x1: right, x2: right, y1: MIDDLE - 4, y2: MIDDLE + 4 }),
    ];
  }

  // The number that the interval is around: the corrected one where there is one. Without an interval a correction
  // is as unsure as the rest, and the value stands as it was found.
  const isCorrected = (score) => score.low !== null && score.corrected !== null;
  const center = (score) => (isCorrected(score) ? score.corrected : score.value);

  function words(score) {
    const digits = format.digitsOfScore(score);
    const value = `${score.name} ${format.number(score.value, digits)}`;
    if (score.low === null) return `${value}, no interval${score.reason ? `: ${score.reason}` : ""}`;
    return `${value}, 95 % interval ${format.number(score.low, digits)} to ${format.number(score.high, digits)}`;
  }

  function dot(score, domain, series) {
    if (score.value === null) return frame(words(score), []);
    const place = scale.percent(domain);
    return frame(
      words(score),
      [
        rules(domain),
        domain[0] < 0 &&
          domain[1] > 0 &&
          shape("line", { class: "zero", x1: place(0), x2: place(0), y1: 0, y2: "100%" }),
        interval(score.low, score.high, place),
        isCorrected(score) && shape("circle", { class: "raw", cx: place(score.value), cy: MIDDLE, r: 3.5 }),
        shape("circle", { class: score.low === null ? "raw" : "dot", cx: place(center(score)), cy: MIDDLE, r: 4.5 }),
      ],
      `series-${series % 8}`,
    );
  }

  function bar(score, domain, series) {
    if (score.value === null) return frame(words(score), []);
    const place = scale.percent(domain);
    const zero = Math.min(domain[1], Math.max(domain[0], 0));
    const [from, to] = [Math.min(zero, score.value), Math.max(zero, score.value)];
    const width = parseFloat(place(to)) - parseFloat(place(from));
    return frame(
      words(score),
      [
        rules(domain),
        shape("rect", { class: "fill", x: place(from), width: `${width}%`, y: MIDDLE - 6, height: 12 }),
        interval(score.low, score.high, place),
        shape("line", { class: "zero", x1: place(zero), x2: place(zero), y1: 0, y2: "100%" }),
      ],
      `series-${series % 8}`,
    );
  }

  // `row` is a difference b − a; the mark wears the colour of the run that is better, or none.
  function difference(row, reach, winner, name) {
    const place = scale.percent([-reach, reach]);
    return frame(
      name,
      [
        rules([-reach, reach]),
        shape("line", { class: "zero", x1: "50%", x2: "50%", y1: 0, y2: "100%" }),
        row.difference !== null && [
          interval(row.low, row.high, place),
          shape("circle", { class: row.low === null ? "raw" : "dot", cx: place(row.difference), cy: MIDDLE, r: 4.5 }),
        ],
      ],
      winner === null ? "undecided" : `series-${winner % 8}`,
    );
  }

  // A few round numbers of a scale, for the head of a column of marks; the marks have lines at the same places.
  const rounds = (domain) => scale.ticks(domain, 4);

  const rules = (domain) => {
    const place = scale.percent(domain);
    return rounds(domain).map((tick) =>
      shape("line", { class: "rule", x1: place(tick), x2: place(tick), y1: 0, y2: "100%" }),
    );
  };

  function ruler(domain) {
    const place = scale.percent(domain);
    const ticks = rounds(domain);
    const digits = ticks.length > 1 ? scale.digitsOf(ticks[1] - ticks[0]) : undefined;
    return shape(
      "svg",
      { class: "whisker ruler", height: 14, "aria-hidden": "true" },
      ticks.map((tick) =>
        shape("text", { x: place(tick), y: 11, "text-anchor": "middle" }, format.number(tick, digits)),
      ),
    );
  }

  return { dot, bar, difference, ruler, words, center, isCorrected };
})();
