"use strict";
// The home page asks for itself anew and takes over what is different; it says when it cannot.
(() => {
  const EVERY = 10000, HIDDEN = 60000;
  const notice = (name) => document.querySelector(`[data-part="${name}"]`);
  let failures = 0;

  const told = (element) => {
    const copy = element.cloneNode(true);
    copy.querySelectorAll("input[type=hidden]").forEach((token) => token.remove());
    return copy;
  };

  // A cell at a time where the same cells are there, else the whole: what has the focus keeps it.
  const takeOver = (name, news) => {
    const old = document.querySelector(`[data-live="${name}"]`);
    const fresh = news.querySelector(`[data-live="${name}"]`);
    if (!old || !fresh || told(old).isEqualNode(told(fresh))) return;
    const held = old.contains(document.activeElement) ? document.activeElement : null;
    if (held && !["A", "BUTTON"].includes(held.tagName)) return; // somebody types there
    old.replaceWith(fresh);
    if (!held) return;
    const same = [...fresh.querySelectorAll(held.tagName)].find((element) =>
      element.getAttribute("href") === held.getAttribute("href")
      && element.textContent === held.textContent);
    (same || fresh.querySelector("a, button") || document.querySelector("main")).focus();
  };

  const names = (page, inside) => [...page.querySelectorAll(`${inside} [data-live]`)].map(
    (element) => element.dataset.live);

  const show = (news) => {
    takeOver("banners", news);
    takeOver("asked", news);
    const cells = names(document, '[data-live="whole"]');
    const isSame = cells.join() === names(news, '[data-live="whole"]').join();
    (isSame ? cells : ["whole"]).forEach((name) => takeOver(name, news));
    const count = news.querySelector(".side .count"), shown = document.querySelector(".side .count");
    if (count && shown) shown.replaceWith(count);
  };

  const ask = async () => {
    try {
      const answer = await fetch(location.href, {
        headers: { Accept: "text/html" }, redirect: "manual", signal: AbortSignal.timeout(15000),
      });
      const page = answer.ok &&
        new DOMParser().parseFromString(await answer.text(), "text/html");
      if (answer.type === "opaqueredirect" || (page && !page.querySelector('[data-live="whole"]'))) {
        notice("lost").hidden = true;
        notice("signed-out").hidden = false;
        return;
      }
      if (!page) throw new Error(String(answer.status));
      failures = 0;
      notice("lost").hidden = true;
      show(page);
    } catch {
      failures += 1;
      if (failures > 1) notice("lost").hidden = false;
    }
    later();
  };

  let timer;
  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(ask, document.hidden ? HIDDEN : failures ? EVERY / 2 : EVERY);
  };
  document.addEventListener("visibilitychange", later);
  later();
})();
