"use strict";

// Light or dark: what the system asks for, until the button says otherwise.
const theme = (() => {
  const button = document.getElementById("theme");
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");

  // Some browsers refuse storage to files; then the choice lasts as long as the page.
  function remembered() {
    try {
      return localStorage.getItem("mezzotint-theme");
    } catch {
      return null;
    }
  }

  function remember(value) {
    try {
      localStorage.setItem("mezzotint-theme", value);
    } catch {
      // See above.
    }
  }

  const isDark = () => (root.dataset.theme ?? (system.matches ? "dark" : "light")) === "dark";

  function tell() {
    button.textContent = isDark() ? "Light" : "Dark";
    button.setAttribute("aria-label", `Switch to ${isDark() ? "light" : "dark"} colours`);
  }

  button.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    remember(root.dataset.theme);
    tell();
  });
  system.addEventListener("change", tell);
  if (["light", "dark"].includes(remembered())) root.dataset.theme = remembered();
  tell();
  return { isDark };
})();
