"use strict";

// A chart of lines whose points have intervals along both axes.
const chart = (() => {
  const { element, shape } = dom;
  const MARGIN = { left: 62, right: 22, top: 18, bottom: 46 };

  // Series differ by the shape of their marks as well as by colour.
  const marks = [
    (x, y) => shape("circle", { cx: x, cy: y, r: 5 }),
    (x, y) => shape("rect", { x: x - 4.5, y: y - 4.5, width: 9, height: 9 }),
    (x, y) => shape("path", { d: `M${x} ${y - 6}L${x + 6} ${y + 4.5}L${x - 6} ${y + 4.5}Z` }),
    (x, y) => shape("path", { d: `M${x} ${y - 6.5}L${x + 6.5} ${y}L${x} ${y + 6.5}L${x - 6.5} ${y}Z` }),
    (x, y) => shape("path", { d: `M${x} ${y + 6}L${x + 6} ${y - 4.5}L${x - 6} ${y - 4.5}Z` }),
  ];
  const mark = (index, x, y) => marks[index % marks.length](x, y);

  function key(index) {
    return shape(
      "svg",
      { class: `key series-${index % 8}`, width: 26, height: 14, "aria-hidden": "true" },
      shape("line", { class: "curve", x1: 0, x2: 26, y1: 7, y2: 7 }),
      shape("g", { class: "mark" }, mark(index, 13, 7)),
    );
  }

  function grid(plot) {
    const { x, y, width, height, ticksX, ticksY, nameX } = plot;
    const bottom = height - MARGIN.bottom;
    const digits = (ticks) => (ticks.length > 1 ? scale.digitsOf(ticks[1] - ticks[0]) : undefined);
    return shape(
      "g",
      { class: "ruled", "aria-hidden": "true" },
      ticksY.map((tick) => [
        shape("line", { x1: MARGIN.left, x2: width - MARGIN.right, y1: y(tick), y2: y(tick) }),
        shape(
          "text",
          { class: "tick", x: MARGIN.left - 8, y: y(tick) + 4, "text-anchor": "end" },
          format.number(tick, digits(ticksY)),
        ),
      ]),
      ticksX.map((tick) => [
        shape("line", { x1: x(tick), x2: x(tick), y1: bottom, y2: bottom + 4 }),
        shape(
          "text",
          { class: "tick", x: x(tick), y: bottom + 18, "text-anchor": "middle" },
          nameX(tick, digits(ticksX)),
        ),
      ]),
      shape("line", { class: "base", x1: MARGIN.left, x2: width - MARGIN.right, y1: bottom, y2: bottom }),
    );
  }

  function titles({ width, height, titleX, titleY, betterX, betterY }) {
    const middle = (MARGIN.left + width - MARGIN.right) / 2;
    return [
      shape(
        "text",
        { class: "title", x: middle, y: height - 6, "text-anchor": "middle" },
        titleX,
        betterX ? ` ${format.arrow(betterX).replace("↑", "→").replace("↓", "←")}` : "",
      ),
      shape("text", { class: "title", x: 0, y: 11 }, titleY, betterY ? ` ${format.arrow(betterY)}` : ""),
    ];
  }

  // The corner where both axes are at their best, where both have one.
  function corner({ width, height, betterX, betterY }) {
    if (!betterX || !betterY) return null;
    const right = betterX === "higher";
    const top = betterY === "higher";
    const sign = { truetrue: "better ↗", truefalse: "better ↘", falsetrue: "↖ better", falsefalse: "↙ better" }[
      `${right}${top}`
    ];
    return shape(
      "text",
      {
        class: "corner",
        x: right ? width - MARGIN.right : MARGIN.left + 6,
        y: top ? MARGIN.top + 14 : height - MARGIN.bottom - 8,
        "text-anchor": right ? "end" : "start",
      },
      sign,
    );
  }

  function cross(point, x, y) {
    const [cx, cy] = [x(point.x.value), y(point.y.value)];
    return [
      point.x.low !== null &&
        shape("line", { class: "cross", x1: x(point.x.low), x2: x(point.x.high), y1: cy, y2: cy }),
      point.y.low !== null &&
        shape("line", { class: "cross", x1: cx, x2: cx, y1: y(point.y.low), y2: y(point.y.high) }),
    ];
  }

  // Where a name may stand beside its point without covering another name or a point; null where there is no room.
  function placer(points, width) {
    const taken = points.map(([x, y]) => [x - 6, y - 6, x + 6, y + 6]);
    return (x, y, text) => {
      const wide = text.length * 6.2;
      for (const [right, up] of [
        [1, 1],
        [1, 0],
        [0, 1],
        [0, 0],
      ]) {
        const left = right ? x + 9 : x - 9 - wide;
        const top = up ? y - 19 : y + 6;
        const box = [left, top, left + wide, top + 13];
        if (left < MARGIN.left || left + wide > width) continue;
        if (taken.some((other) => box[0] < other[2] && box[2] > other[0] && box[1] < other[3] && box[3] > other[1]))
          continue;
        taken.push(box);
        return { x: right ? x + 9 : x - 9, y: top + 11, "text-anchor": right ? "start" : "end" };
      }
      return null;
    };
  }

  // `plot` is {lines, titleX, titleY, betterX, betterY, axisX, label(point, line), tell(point, line)}.
  function draw(place, plot) {
    const width = Math.max(280, place.clientWidth);
    const height = Math.round(Math.min(460, Math.max(300, width * 0.52)));
    const points = plot.lines.flatMap((line) => line.points);
    const domainX = scale.extent(
      points.flatMap(({ x }) => [x.value, x.low, x.high]),
      0.08,
    );
    const domainY = scale.extent(
      points.flatMap(({ y }) => [y.value, y.low, y.high]),
      0.08,
    );
    const x = scale.linear(domainX, [MARGIN.left, width - MARGIN.right]);
    const y = scale.linear(domainY, [height - MARGIN.bottom, MARGIN.top + 6]);
    const swept = plot.axisX && (plot.axisX.numeric ? plot.axisX.values : plot.axisX.values.map((_, index) => index));
    // A setting's own values are its ticks, unless they are too many to be read.
    const ticksX = swept && swept.length <= width / 60 ? swept : scale.ticks(domainX, width / 110);
    const nameX = (tick, digits) =>
      plot.axisX ? format.label(plot.axisX.numeric ? tick : plot.axisX.values[tick]) : format.number(tick, digits);
    const full = { ...plot, width, height, x, y, ticksX, nameX, ticksY: scale.ticks(domainY, height / 70) };
    const room = placer(
      points.map((point) => [x(point.x.value), y(point.y.value)]),
      width,
    );
    const drawn = plot.lines.map((line, index) => {
      const path = line.points.map(
        (point, at) => `${at ? "L" : "M"}${x(point.x.value).toFixed(1)} ${y(point.y.value).toFixed(1)}`,
      );
      return shape(
        "g",
        { class: `series-${index % 8}` },
        line.points.map((point) => cross(point, x, y)),
        line.points.length > 1 && plot.connected && shape("path", { class: "curve", d: path.join("") }),
        line.points.map((point) => {
          const [cx, cy] = [x(point.x.value), y(point.y.value)];
          const words = plot.tell(point, line);
          const node = shape(
            "g",
            { class: "mark", tabindex: 0, role: "img", "aria-label": words.join("; ") },
            mark(index, cx, cy),
            shape("circle", { class: "reach", cx, cy, r: 14 }),
          );
          tooltip.attach(node, () => words);
          const text = plot.label(point, line);
          const at = text && room(cx, cy, text);
          return [node, at && shape("text", { class: "name", ...at, "aria-hidden": "true" }, text)];
        }),
      );
    });
    place.replaceChildren(
      shape(
        "svg",
        {
          class: "chart",
          viewBox: `0 0 ${width} ${height}`,
          width,
          height,
          role: "group",
          "aria-label": `${plot.titleY} against ${plot.titleX}`,
        },
        grid(full),
        titles(full),
        corner(full),
        drawn,
      ),
    );
  }

  return { draw, key };
})();
