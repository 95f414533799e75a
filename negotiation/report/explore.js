"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const byId = id => document.getElementById(id);
  const form = byId("asking"), choice = byId("equilibrium");
  const own = Object.fromEntries(data.controls.sliders.map(one => [one.name, one.value]));
  const starts = Object.fromEntries(data.controls.fronts.map(one => [one.name, one.start]));
  const units = Object.fromEntries(data.controls.sliders.map(one => [one.name, one.unit]));
  /* A slider's own value is kept exactly until it is moved. */
  const moved = new Set();
  const tab = String(Math.random());
  let found = null, busy = false, next = null, rest = 0, search = null;

  function asked(quick) {
    const wanted = {parameters: {}, start: {}, hold: {}, block: [], consents: {}, quick, tab};
    for (const name of moved) wanted.parameters[name] = Number(byId("p-" + name).value);
    form.querySelectorAll("[data-front]").forEach(one => {
      const front = one.dataset.front;
      if (byId("h-" + front).checked) wanted.hold[front] = one.value;
      else if (one.value !== starts[front]) wanted.start[front] = one.value;
    });
    form.querySelectorAll("[data-step]").forEach(one => {
      if (!one.checked) wanted.block.push(one.dataset.step);
    });
    form.querySelectorAll("[data-actor]").forEach(one => {
      if (one.value) wanted.consents[one.dataset.actor] = one.value;
    });
    return wanted;
  }

  /* One question at a time; while it is answered, only the latest one waits. A search for all
     equilibria is given up for it. */
  async function ask(quick) {
    clearTimeout(rest);
    if (busy) {
      next = quick && (next === null || next);
      if (search) search.abort();
      return;
    }
    busy = true;
    search = quick ? null : new AbortController();
    const begun = performance.now();
    if (!quick) byId("status").textContent = "Solving …";
    try {
      const reply = await fetch("solve", {method: "POST", body: JSON.stringify(asked(quick)),
        headers: {"Content-Type": "application/json"}, signal: search && search.signal});
      if (!reply.ok) throw new Error("the server answered " + reply.status);
      const answer = await reply.json();
      byId("error").hidden = answer.ok;
      if (answer.ok) {
        found = answer;
        options();
        show();
        const spent = (performance.now() - begun) / 1000;
        byId("status").textContent = answer.says + " (" + spent.toFixed(2) + " s)";
        byId("status").dataset.quick = String(quick);
      } else {
        byId("error").textContent = answer.error;
        byId("status").textContent = "The answer below is the last one that could be found.";
      }
    } catch (error) {
      const givenUp = error.name === "AbortError";
      byId("error").hidden = givenUp;
      byId("error").textContent = givenUp ? "" :
        "No answer: " + error.message + ". Is the program still running?";
    }
    busy = false;
    window.answers = (window.answers || 0) + 1;
    if (next !== null) {
      const then = next;
      next = null;
      ask(then);
    } else if (quick) rest = setTimeout(() => ask(false), 600);
  }

  function options() {
    const kept = Number(choice.value) || 0;
    choice.replaceChildren(...found.views.map((view, at) => {
      const option = document.createElement("option");
      option.value = String(at);
      option.textContent = view.label;
      return option;
    }));
    choice.value = String(Math.min(kept, found.views.length - 1));
  }

  function show() {
    if (!found) return;
    const view = found.views[Number(choice.value)];
    pictures.table(byId("changes"), found.changes, "Over all equilibria found");
    pictures.table(byId("worth"), view.worth, "Worth at the start");
    for (const name of data.follow) pictures.soon(name, view.pictures[name] || null);
  }

  function say(name) {
    const value = Number(byId("p-" + name).value);
    byId("o-" + name).textContent = Number(value.toPrecision(4)) + (units[name] ? " " + units[name]
      : "");
  }

  form.addEventListener("input", event => {
    const slider = event.target.closest(".slider");
    if (!slider) return;
    moved.add(slider.dataset.name);
    say(slider.dataset.name);
    ask(true);
  });
  form.addEventListener("change", event => {
    if (event.target.closest(".switch")) ask(false);
  });
  form.addEventListener("submit", event => event.preventDefault());
  byId("as-filed").addEventListener("click", () => {
    form.reset();
    moved.clear();
    data.controls.sliders.forEach(one => { byId("p-" + one.name).value = own[one.name]; });
    Object.keys(own).forEach(say);
    filter();
    ask(false);
  });
  const wanted = byId("filter");
  function filter() {
    if (!wanted) return;
    const words = wanted.value.toLowerCase().split(/\s+/);
    form.querySelectorAll(".slider").forEach(one => {
      const text = one.dataset.name.replaceAll("_", " ").toLowerCase();
      one.hidden = !words.every(word => text.includes(word));
    });
  }
  if (wanted) wanted.addEventListener("input", filter);
  choice.addEventListener("change", show);
  Object.keys(own).forEach(say);
  ask(false);
})();
