"use strict";
// A log that is read while it grows: followed to its end until somebody scrolls up; and what
// support needs to know, for pasting.
(() => {
  const log = document.querySelector('[data-part="log"]');
  const follow = document.querySelector('[data-part="follow"] input');
  const isMoving = document.querySelector("[data-moving]");
  let reached = 0;
  const isAtEnd = () => log.scrollHeight - log.scrollTop - log.clientHeight < 40;
  const toEnd = () => {
    if (!follow.checked) return;
    log.scrollTop = log.scrollHeight;
    reached = log.scrollTop;
  };
  if (log && isMoving) {
    new MutationObserver(() => {
      // Scrolled up a moment ago: its event comes with the next frame, and we must not undo it.
      if (log.scrollTop < reached) follow.checked = false;
      toEnd();
    }).observe(log, { childList: true });
    // Scrolling up ends following, to the end begins it.
    log.addEventListener("scroll", () => {
      follow.checked = isAtEnd();
      reached = log.scrollTop;
    });
    follow.addEventListener("change", toEnd);
    follow.parentElement.hidden = false;
    toEnd();
  }
  const find = document.querySelector("form[data-shown]");
  if (find) find.hidden = false;

  const copy = document.querySelector("[data-copy]");
  if (!copy || !navigator.clipboard) return;
  const said = (name) => document.querySelector(`[data-part="${name}"]`)?.textContent || "";
  copy.hidden = false;
  copy.addEventListener("click", async () => {
    const where = location.origin + location.pathname;
    await navigator.clipboard.writeText(
      [copy.dataset.copy, `${said("words")}.`, said("result"), where].filter(Boolean).join(" "));
    document.querySelector("[data-copied]").hidden = false;
  });
})();
