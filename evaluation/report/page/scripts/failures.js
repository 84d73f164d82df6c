"use strict";

// What could not be made: most frequent first, with the first point of each kind.
const failures = (() => {
  const { element } = dom;

  function row(group) {
    const about = group.first && Object.keys(group.first).length ? format.point(group.first) : "–";
    return element(
      "tr",
      null,
      element("td", { class: "value" }, format.grouped(group.count)),
      element("th", { scope: "row" }, group.step, element("span", { class: "quiet block" }, group.node)),
      element(
        "td",
        null,
        element("span", { class: "metric" }, group.error),
        element("pre", { class: "message" }, group.message),
      ),
      element("td", { class: "wrap", dir: "auto" }, about),
    );
  }

  function table(run, index) {
    const { groups, count } = run.failures;
    const listed = groups.reduce((sum, group) => sum + group.count, 0);
    return [
      runs.several && element("h3", null, runs.named(index)),
      element(
        "table",
        { class: "plain-table failures" },
        element("caption", { class: "unseen" }, "Failures, most frequent first"),
        element(
          "thead",
          null,
          element(
            "tr",
            null,
            ["Items", "Step", "What happened", "First at"].map((name) => element("th", { scope: "col" }, name)),
          ),
        ),
        element("tbody", null, groups.map(row)),
      ),
      listed < count &&
        element(
          "p",
          { class: "quiet" },
          `${format.grouped(count - listed)} more are in failures.jsonl of the run folder.`,
        ),
    ];
  }

  function show(report) {
    const place = dom.section("failures");
    place.show();
    const failed = report.runs.map((run, index) => [run, index]).filter(([run]) => run.failures.count);
    if (!failed.length) {
      place.lede.textContent = "Nothing failed.";
      return;
    }
    const total = failed.reduce((sum, [run]) => sum + run.failures.count, 0);
    place.lede.textContent = `${format.count(total, "item")} could not be made. Scores say how many of theirs are missing.`;
    place.body.append(...failed.flatMap(([run, index]) => table(run, index)).filter(Boolean));
  }

  return { show };
})();
