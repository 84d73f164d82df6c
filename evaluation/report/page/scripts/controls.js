"use strict";

// Labelled choices that keep what is chosen in the address.
const controls = (() => {
  const { element } = dom;

  // Options are {value, text}. What the address names but isn't offered gives way to the fallback.
  function chosen(name, options, fallback) {
    const value = state.get(name, fallback);
    return options.some((option) => option.value === value) ? value : fallback;
  }

  function choice({ name, label, options, fallback, change }) {
    const value = chosen(name, options, fallback);
    const select = element(
      "select",
      {
        "data-name": name,
        onchange: (event) => {
          state.set(name, event.target.value);
          change(event.target.value);
        },
      },
      options.map((option) =>
        element("option", { value: option.value, selected: option.value === value }, short(option.text)),
      ),
    );
    return element("label", { class: "choice" }, element("span", null, label), select);
  }

  // A select as wide as a long prompt would push everything else away.
  const short = (text) => (text.length > 60 ? `${text.slice(0, 59)}…` : text);

  function button(text, attributes, press) {
    return element("button", { type: "button", ...attributes, onclick: press }, text);
  }

  return { chosen, choice, button };
})();
