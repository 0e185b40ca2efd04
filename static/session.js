/* Says in every tab when the session is about to end, and puts that off when asked. Without it the server keeps what
   is typed into a form that comes too late. */
(function () {
  "use strict";
  var KEY = "kith-session";
  var LATE = 3000; /* milliseconds after the end, so that asking whether it is over does not put it off */
  var dialog = document.getElementById("session-end");
  var goodbye = document.querySelector("[data-signed-out]");
  var channel = null;
  var endsAt = 0, warnsAt = 0, mayStay = true, over = false;

  /* ---- Between tabs ---------------------------------------------------------------------------------------------- */

  try { channel = new BroadcastChannel(KEY); } catch (absent) { /* storage events do instead */ }

  function tellOthers(news) {
    if (channel) { channel.postMessage(news); return; }
    try {
      window.localStorage.setItem(KEY, JSON.stringify(news));
      window.localStorage.removeItem(KEY);
    } catch (refused) { /* each tab then knows of itself only */ }
  }

  function hear(news) {
    if (!dialog || !news) { return; }
    if (news.over) { finish(); } else if (news.endsAt) { begin(news); }
  }

  if (channel) { channel.addEventListener("message", function (event) { hear(event.data); }); }
  window.addEventListener("storage", function (event) {
    if (event.key === KEY && event.newValue) { hear(JSON.parse(event.newValue)); }
  });

  if (goodbye) { tellOthers({ over: true }); }
  if (!dialog) { return; }

  /* ---- The end, and what is said of it --------------------------------------------------------------------------- */

  function part(name) { return dialog.querySelector("[data-session-" + name + "]"); }

  function only(shown) {
    ["soon", "last", "over"].forEach(function (name) { part(name).hidden = name !== shown; });
  }

  function begin(news) {
    endsAt = news.endsAt;
    warnsAt = news.warnsAt;
    mayStay = news.mayStay;
    over = false;
    if (Date.now() < warnsAt && dialog.open) { dialog.close(); }
  }

  function left(seconds, warn, stays) {
    var now = Date.now();
    return { endsAt: now + seconds * 1000, warnsAt: now + (seconds - warn) * 1000, mayStay: stays };
  }

  function warn() {
    var at = new Date(endsAt).toLocaleTimeString(document.documentElement.lang || undefined,
      { hour: "2-digit", minute: "2-digit" });
    dialog.querySelectorAll("[data-session-at]").forEach(function (place) { place.textContent = at; });
    only(mayStay ? "soon" : "last");
    show();
  }

  /* Somebody who has typed goes back to the page: its button brings them to the sign-in, and the text with them. */
  function typedSomething() {
    return Array.from(document.querySelectorAll("form[method=post] :is(input:not([type=hidden]), textarea, select)"))
      .some(function (field) {
        if (field.type === "checkbox" || field.type === "radio") { return field.checked !== field.defaultChecked; }
        if (field.options) {
          return Array.from(field.options).some(function (one) { return one.selected !== one.defaultSelected; })
            && Array.from(field.options).some(function (one) { return one.defaultSelected; });
        }
        return field.value !== field.defaultValue;
      });
  }

  function finish() {
    var typed = typedSomething();
    over = true;
    dialog.querySelectorAll("[data-session-typed]").forEach(function (one) { one.hidden = !typed; });
    dialog.querySelectorAll("[data-session-untyped]").forEach(function (one) { one.hidden = typed; });
    only("over");
    show();
  }

  function show() {
    if (!dialog.open) { dialog.showModal(); }
    var first = dialog.querySelector("[data-session-part]:not([hidden]) :is(button, a):not([hidden])");
    if (first) { first.focus(); }
  }

  function look() {
    if (over) { return; }
    if (Date.now() >= endsAt + LATE) { ask(false); } else if (Date.now() >= warnsAt && !dialog.open) { warn(); }
  }

  /* ---- Asking the server ------------------------------------------------------------------------------------------ */

  var asking = false;

  function ask(pressed) {
    if (asking) { return; }
    asking = true;
    if (!pressed) { over = true; }
    window.fetch(dialog.dataset.stay, { headers: { Accept: "application/json" }, cache: "no-store" })
      .then(function (answer) {
        if (answer.status === 401) { tellOthers({ over: true }); finish(); return null; }
        return answer.json();
      })
      .then(function (found) {
        if (!found) { return; }
        var news = left(found.seconds, found.warn, found.may_stay);
        begin(news);
        tellOthers(news);
        if (dialog.open) { dialog.close(); }
      })
      .catch(function () { over = false; endsAt = Date.now() + 10000; })
      .finally(function () { asking = false; });
  }

  document.addEventListener("click", function (event) {
    if (event.target.closest("[data-session-stay]")) { ask(true); }
    if (event.target.closest("[data-session-close]")) { dialog.close(); }
  });
  dialog.addEventListener("cancel", function (event) {
    if (!over && mayStay) { event.preventDefault(); ask(true); }
  });

  /* A part of the page that htmx asked for is a use of the session as well. */
  document.addEventListener("htmx:afterRequest", function (event) {
    var answer = event.detail.xhr;
    var seconds = answer && answer.getResponseHeader("Session-Ends");
    if (!seconds) { return; }
    var parts = seconds.split(" ").map(Number);
    var news = left(parts[0], parts[1], parts[2] === 1);
    begin(news);
    tellOthers(news);
  });

  begin(left(Number(dialog.dataset.seconds), Number(dialog.dataset.warn), dialog.dataset.mayStay === "yes"));
  tellOthers({ endsAt: endsAt, warnsAt: warnsAt, mayStay: mayStay });
  window.setInterval(look, 1000);
})();
