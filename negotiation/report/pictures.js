"use strict";
/* Draws records of pictures and tables; every text goes into the page as text, never as markup. */
const pictures = {
  options: {responsive: true, displaylogo: false,
    modeBarButtons: [["toImage", "zoomIn2d", "zoomOut2d", "resetScale2d"]]},

  table(place, record, caption) {
    const table = place.querySelector("table");
    const head = document.createElement("thead"), body = document.createElement("tbody");
    const cell = (kind, text, at, scope) => {
      const made = document.createElement(kind);
      made.textContent = text;
      if (scope) made.scope = scope;
      if (record.numbers.includes(at)) made.className = "number";
      return made;
    };
    const top = document.createElement("tr");
    record.head.forEach((text, at) => top.append(cell("th", text, at, "col")));
    head.append(top);
    record.rows.forEach(row => {
      const line = document.createElement("tr");
      row.forEach((text, at) => line.append(cell(at ? "td" : "th", text, at, at ? "" : "row")));
      body.append(line);
    });
    const title = document.createElement("caption");
    title.textContent = caption;
    table.replaceChildren(title, head, body);
    table.parentElement.setAttribute("aria-label", caption);
  },

  /* What stands in each picture, so that what is the same is not drawn again. */
  drawn: new Map(),
  draw(name, record) {
    const figure = document.getElementById(name);
    figure.hidden = !record;
    const text = JSON.stringify(record);
    if (!record || pictures.drawn.get(name) === text) return;
    pictures.drawn.set(name, text);
    figure.querySelector("h3").textContent = record.title;
    figure.querySelector(".note").textContent = record.note;
    const plot = document.getElementById(name + "-plot");
    plot.setAttribute("aria-label", record.alt);
    const key = figure.querySelector(".key");
    key.replaceChildren(...record.key.map(([sign, stands]) => {
      const item = document.createElement("li"), bold = document.createElement("b");
      bold.textContent = sign;
      item.append(bold, " " + stands);
      return item;
    }));
    pictures.table(figure, record.table, record.title);
    plot.style.minHeight = record.layout.height + "px";
    const {data, layout} = JSON.parse(text);
    return Plotly.react(plot, data, layout, pictures.options);
  },

  /* Draw when it comes near the screen, so that a long page opens at once; one at a time, those on
     the screen first, so that the page can be used meanwhile. */
  pending: new Map(),
  near: new Set(),
  watcher: null,
  later(name, record) {
    if (!pictures.watcher) pictures.watcher = new IntersectionObserver(entries => {
      for (const {isIntersecting, target} of entries) {
        if (isIntersecting) pictures.near.add(target);
        else pictures.near.delete(target);
      }
      setTimeout(pictures.nearest);
    }, {rootMargin: "600px"});
    const figure = document.getElementById(name);
    figure.hidden = !record;
    pictures.pending.set(name, record);
    pictures.watcher.unobserve(figure);
    pictures.watcher.observe(figure);
  },

  /* Draw at once what is on the screen, and the rest when it comes near. */
  soon(name, record) {
    const place = document.getElementById(name).getBoundingClientRect();
    if (!record || (place.height && place.bottom > 0 && place.top < window.innerHeight)) {
      pictures.pending.delete(name);
      pictures.draw(name, record);
    } else pictures.later(name, record);
  },
  nearest() {
    const middle = window.innerHeight / 2;
    const away = figure => {
      const {top, bottom} = figure.getBoundingClientRect();
      return Math.max(top - middle, middle - bottom, 0);
    };
    const [first] = [...pictures.near].filter(figure => pictures.pending.has(figure.id))
      .sort((one, other) => away(one) - away(other));
    if (!first) return;
    pictures.now(first.id);
    requestAnimationFrame(() => setTimeout(pictures.nearest));
  },
  now(name) {
    if (!pictures.pending.has(name)) return;
    const record = pictures.pending.get(name);
    pictures.pending.delete(name);
    return pictures.draw(name, record);
  },
  all() { return Promise.all([...pictures.pending.keys()].map(name => pictures.now(name))); },

  show(name, record) {
    if (pictures.pending.has(name)) pictures.later(name, record);
    else pictures.draw(name, record);
  },
};
