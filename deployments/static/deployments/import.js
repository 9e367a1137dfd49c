// A chosen file is read into the text field: it is never sent as a file.
"use strict";
for (const field of document.querySelectorAll("[data-reads]")) {
  const said = field.querySelector("[data-said]");
  field.hidden = false;
  field.querySelector("input").addEventListener("change", async (event) => {
    const file = event.target.files[0];
    if (!file) return;
    if (file.size > 1e6) {
      said.textContent = "This file is longer than 1 MB: save it in parts.";
      return;
    }
    try {
      const text = new TextDecoder("utf-8", { fatal: true }).decode(await file.arrayBuffer());
      document.getElementById(field.dataset.reads).value = text;
      said.textContent = `${file.name} was read. Check it now.`;
    } catch {
      said.textContent = "This file is no UTF-8 text: save it as “CSV UTF-8” in your spreadsheet.";
    }
  });
}
