/* Runs before the first paint: picks light or dark, from the person's choice or else from the system. */
(function () {
  "use strict";
  var root = document.documentElement;
  var system = window.matchMedia("(prefers-color-scheme: dark)");
  var key = "kith-theme";

  function remembered() {
    try {
      return window.localStorage.getItem(key) || root.dataset.themeDefault || "system";
    } catch (refused) {
      return root.dataset.themeDefault || "system";
    }
  }

  function apply(choice) {
    var dark = choice === "dark" || (choice !== "light" && system.matches);
    root.setAttribute("data-bs-theme", dark ? "dark" : "light");
    root.dataset.themeChoice = choice;
  }

  root.classList.add("js");
  apply(remembered());
  system.addEventListener("change", function () { apply(remembered()); });
  document.addEventListener("kith:theme", function (event) {
    try {
      window.localStorage.setItem(key, event.detail);
    } catch (refused) { /* private windows may refuse storage: the choice then lasts for this page */ }
    apply(event.detail);
  });
})();
