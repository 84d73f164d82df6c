"use strict";

// Shows every section that has something to show, and leads to the one that the address names.
const start = (() => {
  const { element } = dom;

  function goTo(id) {
    const heading = document.querySelector(`#${CSS.escape(id)} h2`);
    if (!heading) return;
    heading.setAttribute("tabindex", "-1");
    heading.scrollIntoView({ block: "start" });
    heading.focus({ preventScroll: true });
  }

  function navigation() {
    const shown = [...document.querySelectorAll("main section:not([hidden])")];
    const links = shown.map((section) =>
      element("a", { href: `#${section.id}` }, section.querySelector("h2").textContent.replace(" and environment", "")),
    );
    document.getElementById("sections").append(...links);
    const here = new IntersectionObserver(
      (entries) => {
        for (const entry of entries) {
          const link = links.find((one) => one.hash === `#${entry.target.id}`);
          if (entry.isIntersecting) link.setAttribute("aria-current", "true");
          else link.removeAttribute("aria-current");
        }
      },
      { rootMargin: "-25% 0px -70% 0px" },
    );
    shown.forEach((section) => here.observe(section));
  }

  // A link within the page keeps what else the address holds.
  document.addEventListener("click", (event) => {
    const link = event.target.closest('a[href^="#"]');
    if (!link) return;
    event.preventDefault();
    state.go(link.hash.slice(1));
    goTo(link.hash.slice(1));
  });

  const { report } = runs;
  if (report?.schema !== 1) {
    const why = report
      ? "data/report.js was written by another version of mezzotint than this page."
      : "data/report.js can't be read: is the folder of the report whole?";
    document.getElementById("report").append(element("p", { class: "note" }, why));
    return;
  }
  for (const part of [masthead, scores, comparison, categories, curves, pictures, failures, graph, protocol])
    part.show(report);
  navigation();
  if (state.section()) goTo(state.section());
})();
