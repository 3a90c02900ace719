// Charts are drawn when they come into view; decisions are gathered as lines to copy.
"use strict";

const spec = JSON.parse(document.getElementById("chart-spec").textContent);
const charts = JSON.parse(document.getElementById("charts").textContent);

function draw(div) {
  const values = charts[Number(div.dataset.chart)];
  const filled = { ...spec, data: { values } };
  vegaEmbed(div, filled, { actions: false, renderer: "svg" })
    .then(() => div.classList.add("drawn"))
    .catch((error) => { div.textContent = "The chart cannot be drawn: " + error.message; });
}

const watcher = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    if (entry.isIntersecting) {
      watcher.unobserve(entry.target);
      draw(entry.target);
    }
  }
}, { rootMargin: "300px" });
document.querySelectorAll("[data-chart]").forEach((div) => watcher.observe(div));

// The review page only, from here on.
const basket = document.getElementById("basket");

function quoted(text) {
  return /[",\n\r]/.test(text) ? '"' + text.replaceAll('"', '""') + '"' : text;
}

function lineOf(article) {
  const by = document.getElementById("decided-by").value.trim();
  const why = article.querySelector(".why").value.trim();
  const { company, one, other, decision } = article.dataset;
  return [company, decision, one, other, by, basket.dataset.today, why].map(quoted).join(",");
}

function refresh() {
  const decided = [...document.querySelectorAll("article[data-decision]")];
  const by = document.getElementById("decided-by").value.trim();
  const unreasoned = decided.filter((x) => !x.querySelector(".why").value.trim()).length;
  document.getElementById("lines").value = decided.map((x) => lineOf(x) + "\n").join("");
  const missing = [];
  if (!by) missing.push("your name");
  if (unreasoned) missing.push(unreasoned === 1 ? "a reason" : unreasoned + " reasons");
  document.getElementById("tally").textContent =
    decided.length + " decided" + (decided.length && missing.length
      ? "; missing: " + missing.join(" and ") : "");
  document.getElementById("copy").disabled = !decided.length || missing.length > 0;
}

function choose(article, decision) {
  if (article.dataset.decision === decision) delete article.dataset.decision;
  else article.dataset.decision = decision;
  for (const button of article.querySelectorAll("[data-choice]")) {
    button.setAttribute("aria-pressed", button.dataset.choice === article.dataset.decision);
  }
  refresh();
}

function copy() {
  const lines = document.getElementById("lines");
  const done = () => { document.getElementById("tally").textContent = "Copied."; };
  const byHand = () => { lines.select(); document.execCommand("copy"); done(); };
  if (navigator.clipboard && window.isSecureContext) {
    navigator.clipboard.writeText(lines.value).then(done, byHand);
  } else {
    byHand();
  }
}

if (basket) {
  document.addEventListener("click", (event) => {
    const { choice } = event.target.dataset;
    if (choice) choose(event.target.closest("article"), choice);
  });
  document.addEventListener("input", refresh);
  document.getElementById("copy").addEventListener("click", copy);
  refresh();
}
