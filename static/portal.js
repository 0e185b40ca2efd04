/* The little that htmx and the browser leave to us. Every page works without it. */
(function () {
  "use strict";
  var FIELDS = "input, select, textarea";

  /* ---- Focus -------------------------------------------------------------------------------------------------- */

  function focusOn(element) {
    if (!element.hasAttribute("tabindex") && !element.matches("a[href], button, input, select, textarea, summary")) {
      element.setAttribute("tabindex", "-1");
    }
    element.focus({ preventScroll: true });
    element.scrollIntoView({ block: "nearest" });
  }

  /* A person who is typing, or whose control came back under the same id, keeps the focus where it is. */
  function mayMoveFocus(changed, asked) {
    var active = document.activeElement;
    if (!active || active === document.body) { return true; }
    if (active.matches(FIELDS) || changed.contains(active)) { return false; }
    return Boolean(asked && (asked === active || asked.contains(active)));
  }

  function within(element, selector) {
    return element.matches(selector) ? element : element.querySelector(selector);
  }

  document.addEventListener("htmx:afterSettle", function (event) {
    var changed = event.target;
    if (!(changed instanceof Element)) { return; }
    var summary = within(changed, "[data-error-summary]");
    var heading = within(changed, "[data-focus]");
    var asked = event.detail.requestConfig && event.detail.requestConfig.elt;
    if (summary) { focusOn(summary); } else if (heading && mayMoveFocus(changed, asked)) { focusOn(heading); }
    watchToasts();
    showTheme();
  });

  /* ---- Filters -------------------------------------------------------------------------------------------------- */

  /* What is typed into a search field is looked for while typing. Leaving the field must not ask once more: the answer
     would replace the very control that was pressed to leave it. */
  document.addEventListener("change", function (event) {
    if (event.target.matches(".filters input[type=search]")) { event.stopPropagation(); }
  }, true);

  /* ---- Menus made of <details> -------------------------------------------------------------------------------- */

  function closeMenus(except) {
    document.querySelectorAll("details.menu[open]").forEach(function (menu) {
      if (menu !== except) { menu.open = false; }
    });
  }

  document.addEventListener("click", function (event) {
    closeMenus(event.target.closest("details.menu"));
  });

  document.addEventListener("focusin", function (event) {
    closeMenus(event.target.closest("details.menu"));
  });

  function moveInMenu(menu, step) {
    var items = Array.from(menu.querySelectorAll(".menu-list :is(a[href], button, input)"));
    if (!items.length) { return; }
    var at = items.indexOf(document.activeElement);
    items[(at + step + items.length) % items.length].focus();
  }

  document.addEventListener("keydown", function (event) {
    var menu = event.target.closest && event.target.closest("details.menu");
    if (!menu) { return; }
    if (event.key === "Escape" && menu.open) {
      menu.open = false;
      menu.querySelector("summary").focus();
    } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && menu.open) {
      event.preventDefault();
      moveInMenu(menu, event.key === "ArrowDown" ? 1 : (event.target.matches("summary") ? 0 : -1));
    }
  });

  /* ---- Toasts and notices -------------------------------------------------------------------------------------- */

  function watchToasts() {
    document.querySelectorAll(".toast-note[data-fades]:not([data-watched])").forEach(function (toast) {
      toast.dataset.watched = "yes";
      var timer = window.setInterval(function () {
        if (toast.matches(":hover, :focus-within")) { return; }
        window.clearInterval(timer);
        toast.remove();
      }, 9000);
    });
  }

  document.addEventListener("click", function (event) {
    var button = event.target.closest("[data-dismiss]");
    if (!button) { return; }
    var note = button.closest(".notice, .toast-note");
    var hadFocus = note.contains(document.activeElement);
    note.remove();
    if (hadFocus) { document.getElementById("main").focus({ preventScroll: true }); }
  });

  /* ---- Forms --------------------------------------------------------------------------------------------------- */

  /* Half a date or number is nothing to the browser, and would be sent as an empty field. */
  function halfTyped(form) {
    return Array.from(form.querySelectorAll("input")).filter(function (field) {
      return field.validity.badInput && field.getClientRects().length;
    });
  }

  function forgetHalf(field) {
    var note = document.getElementById(field.id + "-half");
    if (!note) { return; }
    note.remove();
    field.removeAttribute("aria-invalid");
    if (field.dataset.describedBefore) {
      field.setAttribute("aria-describedby", field.dataset.describedBefore);
    } else {
      field.removeAttribute("aria-describedby");
    }
  }

  function complainOfHalf(field) {
    if (document.getElementById(field.id + "-half")) { return; }
    var note = document.createElement("p");
    note.className = "wrong";
    note.id = field.id + "-half";
    note.setAttribute("role", "alert");
    note.textContent = field.dataset.half || field.validationMessage;
    field.dataset.describedBefore = field.getAttribute("aria-describedby") || "";
    field.setAttribute("aria-describedby", (field.dataset.describedBefore + " " + note.id).trim());
    field.setAttribute("aria-invalid", "true");
    field.before(note);
  }

  function stopsForHalf(form) {
    var fields = form ? halfTyped(form) : [];
    fields.forEach(complainOfHalf);
    if (fields.length) { focusOn(fields[0]); }
    return fields.length > 0;
  }

  document.addEventListener("submit", function (event) {
    if (!stopsForHalf(event.target)) { return; }
    event.preventDefault();
    event.stopImmediatePropagation();
  }, true);
  document.addEventListener("htmx:beforeRequest", function (event) {
    var asked = event.detail.elt;
    if (asked instanceof HTMLFormElement && stopsForHalf(asked)) { event.preventDefault(); }
  });
  ["input", "focusout"].forEach(function (kind) {
    document.addEventListener(kind, function (event) {
      if (event.target.validity && !event.target.validity.badInput) { forgetHalf(event.target); }
    });
  });

  /* A second press within three seconds is a slip of the finger. Buttons stay enabled, so focus is not lost. */
  document.addEventListener("submit", function (event) {
    var form = event.target;
    if (event.defaultPrevented || form.method !== "post") { return; }
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
    window.setTimeout(function () { delete form.dataset.sent; }, 3000);
  });

  document.addEventListener("click", function (event) {
    var button = event.target.closest("[data-reveals]");
    if (!button) { return; }
    var field = document.getElementById(button.dataset.reveals);
    var hidden = field.type === "password";
    field.type = hidden ? "text" : "password";
    button.setAttribute("aria-pressed", String(hidden));
    button.textContent = hidden ? button.dataset.hide : button.dataset.show;
  });

  document.addEventListener("click", function (event) {
    if (event.target.closest("[data-prints]")) { window.print(); }
  });

  /* ---- What the network did ------------------------------------------------------------------------------------ */

  function announce(text) {
    var live = document.getElementById("live");
    if (live) { live.textContent = text; }
  }

  function complain(text) {
    var toasts = document.getElementById("toasts");
    if (!toasts || toasts.querySelector("[data-network]")) { return; }
    var note = document.createElement("div");
    note.className = "toast-note bad";
    note.dataset.network = "yes";
    note.dataset.fades = "yes";
    note.textContent = text;
    toasts.append(note);
    announce(text);
    watchToasts();
  }

  document.addEventListener("htmx:sendError", function () {
    complain(document.body.dataset.unreachable);
  });
  document.addEventListener("htmx:responseError", function () {
    complain(document.body.dataset.failed);
  });
  document.addEventListener("htmx:beforeRequest", function (event) {
    var region = event.detail.target;
    if (region instanceof Element) { region.setAttribute("aria-busy", "true"); }
  });
  document.addEventListener("htmx:afterRequest", function (event) {
    var region = event.detail.target;
    if (region instanceof Element) { region.removeAttribute("aria-busy"); }
  });

  /* ---- Light and dark ------------------------------------------------------------------------------------------ */

  function showTheme() {
    var choice = document.documentElement.dataset.themeChoice || "system";
    document.querySelectorAll("button[data-theme-choice]").forEach(function (button) {
      button.setAttribute("aria-pressed", String(button.dataset.themeChoice === choice));
    });
  }

  document.addEventListener("click", function (event) {
    var button = event.target.closest("button[data-theme-choice]");
    if (!button) { return; }
    document.dispatchEvent(new CustomEvent("kith:theme", { detail: button.dataset.themeChoice }));
    showTheme();
  });

  /* ---- Start --------------------------------------------------------------------------------------------------- */

  document.addEventListener("DOMContentLoaded", function () {
    var summary = document.querySelector("main [data-error-summary], main [data-focus-first]");
    if (summary) { focusOn(summary); }
    watchToasts();
    showTheme();
  });
})();
