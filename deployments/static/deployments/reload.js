"use strict";
// A page that waits for an answer is loaded again; not while somebody types in it, or stands on a
// part of it with the keyboard (WCAG 2.2.1).
(() => {
  const pause = Number(document.currentScript.dataset.after) * 1000;
  const isUsed = () => document.querySelector("main")?.matches(":has(:focus-visible)")
    || document.querySelector("[popover]:popover-open, .menu[open]");
  setInterval(() => { if (!isUsed()) location.reload(); }, pause);
})();
