"use strict";

// What ran, when, how much of it, and whether it is all there.
const masthead = (() => {
  const { element } = dom;

  function sizes(run) {
    const parts = Object.entries(run.axes).map(([name, axis]) => `${name}\u00a0(${format.grouped(axis.length)})`);
    return parts.length ? parts.join(" × ") : "one point";
  }

  function flagged(run) {
    return Object.entries(run.flags ?? {}).map(([flag, number]) => `${format.grouped(number)} ${flag}`);
  }

  function card(run, index) {
    const last = run.history.at(-1);
    const seconds = run.history.reduce((sum, entry) => sum + (entry.seconds ?? 0), 0);
    const bad = run.failures.count;
    const facts = [
      ["Size", sizes(run)],
      ["Pictures", format.grouped(run.pictures)],
      ["Failed", format.grouped(bad)],
      ["Flagged", flagged(run).join(", ") || "none"],
      ["Ran", last ? `${format.moment(last.finished ?? last.started)}, in ${format.duration(seconds)}` : "unknown"],
      ["Digest", run.digest],
    ];
    if (run.suite?.name)
      facts.push([
        "Suite",
        [run.suite.name, run.suite.version].filter((part) => part !== undefined && part !== null).join(" "),
      ]);
    return element(
      "article",
      { class: "card" },
      element(
        "h2",
        { class: "card-title" },
        runs.named(index),
        element(
          "span",
          { class: run.complete ? "state done" : "state half" },
          run.complete ? "complete" : "half-finished",
        ),
      ),
      run.description && element("p", { class: "quiet" }, run.description),
      element(
        "dl",
        { class: "facts" },
        facts.map(([name, value]) => element("div", null, element("dt", null, name), element("dd", null, value))),
      ),
      (run.notes ?? []).map((note) => element("p", { class: "note" }, note)),
    );
  }

  function banner(report) {
    const unfinished = report.runs.flatMap((run, index) => (run.complete ? [] : [index]));
    if (!unfinished.length) return null;
    return element(
      "div",
      { class: "banner", role: "note" },
      element("strong", null, "Half-finished. "),
      unfinished.length === report.runs.length && unfinished.length === 1
        ? "This run has not made everything it was asked for."
        : ["Not everything was made by ", unfinished.map((index) => runs.named(index)), "."],
      " The numbers below are of what is there.",
    );
  }

  function show(report) {
    document.title = `${report.title} · mezzotint`;
    const pictures = report.runs.reduce((sum, run) => sum + run.pictures, 0);
    document
      .getElementById("masthead")
      .append(
        element("h1", null, report.title || "Report"),
        element(
          "p",
          { class: "byline" },
          `${format.count(report.runs.length, "run")}, ${format.count(pictures, "picture")}. Report made ${format.moment(report.made)}.`,
        ),
        banner(report) ?? "",
        element("div", { class: "cards" }, report.runs.map(card)),
      );
    document
      .getElementById("colophon")
      .append(
        element(
          "p",
          null,
          `mezzotint ${report.version}. Every picture is counted: failed, missing and blank ones are named where they count.`,
        ),
      );
  }

  return { show };
})();
