"use strict";
// Keeps a deployment's or a build's page moving: asks for what came after the last line it has.
(() => {
  const root = document.querySelector("[data-rows]");
  if (!root) return;
  const part = (name, within = root) => within.querySelector(`[data-part="${name}"]`);
  const title = document.title;
  let after = Number(root.dataset.after);
  const find = root.dataset.find ? `&find=${encodeURIComponent(root.dataset.find)}` : "";
  let failures = 0;

  // Same text is left alone, so that a status region speaks only when something changed.
  const write = (element, text) => {
    if (!element) return;
    if (element.textContent !== text) element.textContent = text || "";
    element.hidden = !text;
  };
  const tone = (element, name) => {
    if (!element) return;
    element.classList.remove("good", "bad", "warn", "wait", "busy", "quiet");
    element.classList.add(name);
  };
  const icon = (element, name) => {
    const svg = element.querySelector("svg");
    const use = svg.querySelector("use");
    use.setAttribute("href", use.getAttribute("href").replace(/#.*/, `#${name}`));
    svg.setAttribute("class", `icon ${name}`);
  };
  const make = (name, text) => {
    const element = document.createElement(name);
    element.textContent = text;
    return element;
  };

  const log = part("log");
  const showLines = (lines) => {
    for (const line of lines) {
      if (line.number <= after) continue;
      after = line.number;
      const item = document.createElement("li");
      item.append(make("time", line.at), make("b", line.server), make("span", line.text));
      log.append(item);
    }
    part("empty").hidden = after > 0 || root.dataset.find > "";
  };

  const showTargets = (targets) => {
    const rows = root.querySelectorAll("[data-server]");
    targets.forEach((target, at) => {
      if (!rows[at]) return;
      write(part("wave", rows[at]), target.wave);
      write(part("problem", rows[at]), target.problem);
      rows[at].querySelectorAll(".state").forEach((state, column) => {
        const cell = target.cells[column];
        write(state.querySelector("span"), cell.words);
        tone(state, cell.tone);
        icon(state, cell.icon);
      });
    });
  };

  const showServer = (row) => {
    const box = document.createElement("div");
    const facts = document.createElement("ul");
    facts.append(...row.facts.map((fact) => make("li", fact)));
    box.append(make("h2", row.server), facts);
    return box;
  };

  const each = (kind, values, change) => {
    for (const element of document.querySelectorAll(`[data-${kind}]`)) {
      const value = values[element.dataset[kind]];
      if (value !== undefined) change(element, value);
    }
  };

  const show = (news) => {
    document.title = `${news.words} · ${title}`;
    each("part", news, (element, text) => {
      if (typeof text === "string") write(element, text);
    });
    tone(part("state"), news.tone);
    icon(part("state"), news.icon);
    tone(part("outcome"), news.tone);
    each("label", news.labels, (button, label) => {
      if (button.getAttribute("aria-disabled") !== "true") write(button, label);
    });
    each("link", news.links, (link, address) => { link.href = address; });
    each("offer", news.offers, (offer, isOffered) => { offer.hidden = !isOffered; });
    if (news.evidence) {
      part("evidence").replaceChildren(...news.evidence.map(showServer));
      part("evidence").hidden = !news.evidence.length;
    }
    if (news.done !== undefined) {
      part("bar").hidden = news.done === null;
      part("bar").value = news.done || 0;
    }
    if (news.targets) showTargets(news.targets);
    showLines(news.lines);
  };

  const ask = async () => {
    let wait = null;
    try {
      const answer = await fetch(`${root.dataset.rows}?after=${after}${find}`, {
        headers: { Accept: "application/json" }, redirect: "manual",
        signal: AbortSignal.timeout(15000),
      });
      if (answer.type === "opaqueredirect") {
        part("lost").hidden = true;
        part("signed-out").hidden = false;
        return;
      }
      if (!answer.ok) throw new Error(String(answer.status));
      const news = await answer.json();
      failures = 0;
      part("lost").hidden = true;
      show(news);
      wait = news.next_ms;
    } catch {
      failures += 1;
      if (failures > 1) part("lost").hidden = false;
      wait = Math.min(1000 * 2 ** failures, 15000);
    }
    if (wait !== null) setTimeout(ask, wait);
  };

  ask();
})();
