"use strict";
// Django's choosers of many name an icon that has no role (WAI-ARIA 1.2, 5.2.8.6).
addEventListener("load", () => {
  document.querySelectorAll("span.help-tooltip[aria-label]").forEach((icon) => {
    icon.setAttribute("role", "img");
  });
  document.querySelectorAll(".calendar th").forEach((head) => { head.scope = "col"; });
});
// A form is sent once; the server would return the same row for a second click anyway. One that
// downloads a file leaves the page as it is, and may be sent again.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || "downloads" in form.dataset) return;
  if (form.dataset.sent) { event.preventDefault(); return; }
  form.dataset.sent = "1";
  const button = event.submitter;
  if (!button) return;
  button.setAttribute("aria-disabled", "true");
  if (!button.dataset.busy) return;
  button.textContent = button.dataset.busy;
});
