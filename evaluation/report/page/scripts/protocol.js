"use strict";

// How every score was taken, in which fields the runs differ, and what they ran on.
const protocol = (() => {
  const { element } = dom;
  const shown = (value) =>
    value === null || value === undefined
      ? "–"
      : typeof value === "object"
        ? JSON.stringify(value)
        : format.label(value);

  // One table of fields: a column where all runs agree, one a run where they don't.
  function fields(entries, caption) {
    const names = [...new Set(entries.flatMap(({ values }) => Object.keys(values)))];
    const texts = (name) => entries.map(({ values }) => (Object.hasOwn(values, name) ? shown(values[name]) : "–"));
    const differs = (name) => new Set(texts(name)).size > 1;
    const apart = names.some(differs);
    return element(
      "table",
      { class: "plain-table fields" },
      element("caption", { class: "unseen" }, caption),
      apart &&
        element(
          "thead",
          null,
          element(
            "tr",
            null,
            element("th", { scope: "col" }, "Field"),
            entries.map(({ run }) => element("th", { scope: "col" }, runs.badge(run))),
          ),
        ),
      element(
        "tbody",
        null,
        names.map((name) =>
          element(
            "tr",
            { class: differs(name) ? "differs" : "" },
            element("th", { scope: "row" }, name),
            differs(name)
              ? texts(name).map((text) => element("td", null, text))
              : element("td", { colspan: apart ? entries.length : 1 }, texts(name)[0]),
          ),
        ),
      ),
    );
  }

  function scoreProtocols(report) {
    const names = [
      ...new Set(
        report.runs.flatMap((run) =>
          Object.keys(run.outputs).filter((name) => Object.keys(run.outputs[name].protocol ?? {}).length),
        ),
      ),
    ];
    return names.map((name) => {
      const entries = report.runs.flatMap((run, index) =>
        run.outputs[name] ? [{ run: index, values: run.outputs[name].protocol ?? {} }] : [],
      );
      const apart = new Set(entries.map(({ values }) => format.key(values))).size > 1;
      const first = report.runs[entries[0].run].outputs[name];
      const over = first.over.length ? `over ${first.over.join(", ")}` : "";
      return element(
        "details",
        { open: apart },
        element(
          "summary",
          null,
          element("span", { class: "metric" }, name),
          " ",
          element("span", { class: "quiet" }, [first.node, over].filter(Boolean).join(" · ")),
          apart && element("span", { class: "state half" }, "runs differ"),
        ),
        fields(entries, `Protocol of ${name}`),
      );
    });
  }

  function steps(run, index) {
    const last = run.history.at(-1);
    if (!last?.steps?.length) return null;
    const most = Math.max(...last.steps.map((step) => step.seconds ?? 0)) || 1;
    const line = (step) =>
      element(
        "tr",
        null,
        element("th", { scope: "row" }, step.step, element("span", { class: "quiet" }, ` ${step.node}`)),
        element("td", { class: "value" }, format.grouped(step.made)),
        element("td", { class: "value" }, format.duration(step.seconds)),
        element(
          "td",
          { class: "plot" },
          dom.shape(
            "svg",
            { class: "whisker series-0", height: 10, "aria-hidden": "true" },
            dom.shape("rect", {
              class: "fill",
              x: 0,
              y: 1,
              height: 8,
              width: `${(100 * (step.seconds ?? 0)) / most}%`,
            }),
          ),
        ),
        element(
          "td",
          null,
          [step.failed && `${step.failed} failed`, step.skipped && `${step.skipped} skipped`]
            .filter(Boolean)
            .join(", "),
        ),
      );
    return element(
      "details",
      null,
      element(
        "summary",
        null,
        runs.several && runs.badge(index),
        "Where the time went",
        last.peak_memory &&
          element("span", { class: "quiet" }, ` · at most ${format.bytes(last.peak_memory)} of memory`),
      ),
      element(
        "table",
        { class: "plain-table" },
        element("caption", { class: "unseen" }, "Time by step"),
        element(
          "thead",
          null,
          element(
            "tr",
            null,
            ["Step", "Items", "Time", "", ""].map((name) =>
              element(name ? "th" : "td", { scope: name && "col" }, name),
            ),
          ),
        ),
        element("tbody", null, [...last.steps].sort((a, b) => (b.seconds ?? 0) - (a.seconds ?? 0)).map(line)),
      ),
    );
  }

  function suite(run, index) {
    if (!run.suite) return null;
    return element(
      "details",
      null,
      element("summary", null, runs.several && runs.badge(index), "Suite"),
      fields([{ run: index, values: run.suite }], "The suite"),
    );
  }

  function show(report) {
    const place = dom.section("protocol");
    place.show();
    const environments = report.runs.map((run, index) => ({
      run: index,
      values: run.history.at(-1)?.environment ?? {},
    }));
    place.body.append(
      ...scoreProtocols(report),
      ...report.runs.map(suite).filter(Boolean),
      element("h3", null, "Environment"),
      fields(environments, "Versions and devices"),
      ...report.runs.map(steps).filter(Boolean),
    );
  }

  return { show };
})();
