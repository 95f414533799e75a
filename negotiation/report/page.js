"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const byId = id => document.getElementById(id);
  const choice = byId("equilibrium"), parameter = byId("parameter"), value = byId("value");
  const slider = () => parameter && data.sliders.find(one => one.name === parameter.value);

  const views = () => {
    const one = slider();
    return one ? one.views[Number(value.value)] : data.base;
  };

  function options() {
    const kept = Number(choice.value) || 0, found = views();
    choice.replaceChildren(...found.map((view, at) => {
      const option = document.createElement("option");
      option.value = String(at);
      option.textContent = view.label;
      return option;
    }));
    choice.value = String(Math.min(kept, found.length - 1));
  }

  function show() {
    const found = views(), view = found[Number(choice.value)], one = slider();
    for (const name of data.follow) pictures.show(name, view.pictures[name] || null);
    pictures.table(byId("chances-table"), view.outcomes, "Outcomes in this equilibrium");
    pictures.table(byId("worth-table"), view.worth, "Worth at the start");
    let text = view.says;
    if (one) {
      const at = Number(value.value);
      byId("value-said").textContent = one.said[at];
      text += " " + one.label + " = " + one.said[at] + (at === one.own ? " (as it stands)." : ".");
      mark(one, at);
    }
    byId("shown").textContent = text;
  }

  function mark(one, at) {
    const record = data.pictures[one.picture];
    record.layout.shapes[0].x0 = record.layout.shapes[0].x1 = one.values[at];
    pictures.show(one.picture, record);
  }

  for (const name of data.follow) pictures.later(name, data.base[0].pictures[name] || null);
  for (const name of Object.keys(data.pictures)) pictures.later(name, data.pictures[name]);
  choice.addEventListener("change", show);
  if (parameter) {
    parameter.addEventListener("change", () => {
      const one = slider();
      byId("slide").hidden = !one;
      if (one) {
        value.max = String(one.values.length - 1);
        value.value = String(one.own);
      }
      options();
      show();
    });
    value.addEventListener("input", () => { options(); show(); });
    value.addEventListener("change", () => { options(); show(); });
  }
  byId("controls").hidden = false;
  byId("controls").addEventListener("submit", event => event.preventDefault());
  let opened = [];
  window.addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details:not([open])")];
    opened.forEach(one => { one.open = true; });
    pictures.all();
  });
  window.addEventListener("afterprint", () => opened.forEach(one => { one.open = false; }));
  window.reportReady = true;
})();
