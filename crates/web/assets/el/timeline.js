// <abide-timeline src="timeline.json" version="12">: a run as bars on a time axis, a row for each group of events.
//
// Only the rows in sight are drawn, so it does not matter how many there are: names as links, bars on a canvas. What a
// pointer can do, the keyboard can. A new version makes it ask for what changed. Its controls are a <template> of the page
// (src/timeline/markup.rs); what it reads is described in src/timeline/json.rs. It changes nothing.

const ROW = 26, AXIS = 30, BAR = 14;
const FIELDS = "id category name status start end events started attempt key label due reason".split(" ");
const PENDING = "id state attempt most since next reason".split(" ");
const RUN = 0, STARTED = 1, OPEN = 0, FAILED = 2, OTHER = 3; // a category, a state, three tones of statuses
const SECOND = 1e3, MINUTE = 6e4, HOUR = 36e5, DAY = 864e5;
const STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500, ...[SECOND, MINUTE].flatMap((unit) => [1, 2, 5, 10, 15, 30].map((many) => many * unit)),
  ...[1, 2, 3, 6, 12, 24, 48, 120, 240, 720, 2400, 8760].map((many) => many * HOUR)];

const clamp = (value, least, most) => Math.max(least, Math.min(value, most));
const record = (names, row) => Object.fromEntries(names.map((name, index) => [name, row[index]]));

// A time for people; nothing finer than `step`.
function time(ms, step = Math.abs(ms) / 200) {
  if (ms < 0) return `−${time(-ms, step)}`;
  if (ms < SECOND && step < SECOND) return `${Math.round(ms)} ms`;
  const parts = [];
  for (const [name, unit] of [["d", DAY], ["h", HOUR], ["m", MINUTE]]) {
    if (ms >= unit) parts.push(`${Math.floor(ms / unit)} ${name}`);
    ms %= unit;
    if (step >= unit) return parts.join(" ") || "0";
  }
  if (ms || !parts.length) parts.push(`${+(ms / SECOND).toFixed(clamp(3 - Math.floor(Math.log10(step)), 0, 3))} s`);
  return parts.join(" ");
}

class Timeline extends HTMLElement {
  static observedAttributes = ["src", "version"];
  groups = []; // in the order in which they began
  rows = []; // those of them that the filter lets through
  folds = []; // idle times that are shown short
  from = 0; // the left edge, in milliseconds on the axis
  per = 1; // milliseconds on the axis for each pixel
  fitted = true; // the view follows the whole run
  row = 0; // where the keyboard is
  top = 0; // the first row in sight
  pointers = new Map();

  connectedCallback() {
    if (!this.shadowRoot) this.build();
    const repaint = () => { this.colours = null; this.paint(); };
    this.dark = matchMedia("(prefers-color-scheme: dark)");
    this.dark.onchange = repaint;
    this.watches = [new ResizeObserver(() => this.resize()), new MutationObserver(repaint)];
    this.watches[0].observe(this.scroll);
    this.watches[1].observe(document.documentElement, { attributes: true });
    this.clock = setInterval(() => this.open && !document.hidden && this.paint(), 500);
    this.load();
  }

  disconnectedCallback() {
    this.dark.onchange = null;
    for (const watch of this.watches) watch.disconnect();
    this.clock = clearInterval(this.clock);
  }

  attributeChangedCallback(name) {
    if (name === "src") this.last = 0;
    if (this.clock) this.load();
  }

  /** See morph.js: its inside is its own. */
  redraw() {}

  build() {
    const root = this.attachShadow({ mode: "open" });
    root.append(document.getElementById("timeline").content.cloneNode(true));
    for (const part of root.querySelectorAll("[id]")) this[part.id] = part;
    this.kinds = [...root.querySelectorAll("[name=kind]")];
    this.pen = this.canvas.getContext("2d");
    root.querySelector("link:last-of-type").onload = () => { this.colours = null; this.resize(); };
    this.form.onsubmit = (event) => event.preventDefault();
    this.form.oninput = () => this.filter();
    this.form.onclick = (event) => this.press(event.target.name);
    this.scroll.onscroll = () => { this.tip.hidden = true; this.paint(); };
    this.scroll.onkeydown = (event) => this.key(event);
    this.scroll.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    this.list.addEventListener("focusin", ({ target }) => {
      this.row = this.top + [...this.list.children].indexOf(target.parentNode);
      this.tell(this.rows[this.row]);
    });
    this.list.addEventListener("focusout", () => this.tell());
    this.layer.onpointerleave = () => this.hover();
    this.list.onpointermove = (event) => this.hover(event);
    for (const name of ["down", "move", "up", "cancel"]) this.canvas[`onpointer${name}`] = (event) => this[name](event);
  }

  async load() {
    if (this.loading) return (this.again = true);
    this.loading = true;
    const source = this.getAttribute("src");
    try {
      // All of a history that is not the server's stands in the page.
      if (source[0] === "#") {
        const groups = JSON.parse(document.querySelector(source).textContent);
        [this.events, this.loading, this.still] = ["#event-", false, groups.now];
        return this.take(groups);
      }
      const url = new URL(source, document.baseURI);
      this.events = new URL("history/events/", url);
      if (this.last) url.searchParams.set("after", this.last);
      const answer = await fetch(url);
      if (!answer.ok) throw new Error(`the server says ${answer.status}`);
      const groups = await answer.json();
      // Meanwhile it may have become the timeline of another run.
      if (source === this.getAttribute("src")) this.take(groups);
    } catch (error) {
      this.output.value = `The timeline cannot be loaded: ${error.message}`;
    }
    this.loading = false;
    if (this.again) this.again = this.load();
  }

  take(answer) {
    const { names, last, began, open } = answer;
    if (!answer.after) [this.groups, this.places] = [[], new Map()];
    for (const group of this.groups) group.pending = null;
    for (const row of answer.groups) {
      const group = record(FIELDS, row);
      group.name = names[group.name];
      [, group.tone] = answer.statuses[group.status];
      if (!this.places.has(group.id)) this.places.set(group.id, this.groups.length);
      this.groups[this.places.get(group.id)] = group;
    }
    for (const row of answer.pending) {
      const group = this.groups[this.places.get(row[0])];
      if (group) group.pending = record(PENDING, row);
    }
    Object.assign(this, { words: answer, last, began, open, ahead: answer.now - performance.now() });
    this.filter();
  }

  now() { return this.open ? this.still ?? performance.now() + this.ahead : this.groups[0]?.end ?? 0; }
  until(group) { return group.end ?? this.now(); }
  named({ name, key, label }) { return [name, label?.data ? null : label, key].filter(Boolean).join(" · "); }

  filter() {
    const { search, failed, pending, idle } = this.form.elements, { range } = this;
    const wanted = search.value.trim().toLowerCase(), kinds = this.kinds.map((kind) => kind.checked);
    this.rows = this.groups.filter((group) => {
      const bad = group.tone === FAILED || group.pending?.reason, open = group.tone === OPEN || group.pending;
      return (kinds[group.category] || bad) && (!failed.checked || bad) && (!pending.checked || open)
        && (!range || group.start <= range[1] && this.until(group) >= range[0])
        && (!wanted || (group.text ??= this.named(group).toLowerCase()).includes(wanted));
    });
    this.fold(idle.checked);
    this.output.value = `${this.rows.length.toLocaleString()} of ${this.groups.length.toLocaleString()}`;
    this.row = clamp(this.row, 0, Math.max(0, this.rows.length - 1));
    this.fresh = true;
    this.resize();
  }

  // Times in which nothing happens are shown short: those that are long beside the usual and beside all shorter ones.
  fold(idle) {
    if (idle !== this.idle) this.fitted = true;
    this.idle = idle;
    this.folds = [];
    if (!idle) return;
    const times = new Float64Array(this.rows.length * 3 + 1);
    this.rows.forEach((group, index) => {
      if (group.category !== RUN) times.set([group.start, group.started ?? 0, this.until(group)], index * 3);
    });
    times[times.length - 1] = this.now();
    times.sort();
    const gaps = times.map((time, index) => time - (times[index - 1] ?? 0)).filter((gap) => gap > 0).sort();
    const usual = gaps[gaps.length >> 1];
    let sum = 0;
    const least = gaps.find((gap) => gap > 10 * usual && gap > sum / 10 || !(sum += gap));
    const short = Math.max(4 * usual, sum / 25);
    let saved = 0;
    times.forEach((to, index) => {
      const from = times[index - 1], gap = to - from;
      if (!(gap >= least && gap > short)) return;
      this.folds.push({ run: [from, to], axis: [from - saved, from - saved + short] });
      saved += gap - short;
    });
  }

  // A time of the run as a time of the axis, or back.
  map(value, here, there) {
    let low = 0, high = this.folds.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.folds[middle][here][0] < value) low = middle + 1; else high = middle;
    }
    const fold = this.folds[low - 1];
    if (!fold) return value;
    const [from, to] = fold[here], [begin, end] = fold[there];
    return value < to ? begin + (value - from) * (end - begin) / (to - from) : end + value - to;
  }

  x(time) { return (this.map(time, "run", "axis") - this.from) / this.per; }
  at(x) { return this.map(this.from + x * this.per, "axis", "run"); }

  resize() {
    const total = this.rows.length * ROW + AXIS + 6, ratio = devicePixelRatio;
    this.height = clamp(total, 160, innerHeight * 0.75);
    this.scroll.style.height = this.layer.style.height = this.canvas.style.height = `${this.height}px`;
    this.size.style.height = `${Math.max(0, total - this.height)}px`;
    this.width = Math.max(50, this.layer.clientWidth - this.list.offsetWidth);
    this.canvas.style.width = `${this.width}px`;
    [this.canvas.width, this.canvas.height] = [this.width * ratio, this.height * ratio];
    this.paint();
  }

  look(from, per) {
    const whole = this.map(this.now(), "run", "axis") || 1;
    this.per = clamp(per, 0.01, whole * 2 / this.width);
    this.from = clamp(from, -this.width * this.per * 0.9, whole - this.width * this.per * 0.1);
    this.fitted = false;
    this.paint();
  }

  fit() {
    const whole = this.map(Math.max(1, this.now()), "run", "axis");
    this.look(-whole * 0.02, whole * 1.12 / this.width);
    this.fitted = true;
  }

  zoom(factor, x = this.width / 2) { this.look(this.from + x * this.per * (1 - factor), this.per * factor); }
  pan(pixels) { this.look(this.from + pixels * this.per, this.per); }

  // Shows a part of the run, with some room on both sides.
  frame(from, to, room) {
    const [left, right] = [from, to].map((time) => this.map(time, "run", "axis"));
    const spare = room && Math.max((right - left) * room, this.per * this.width / 16);
    this.look(left - spare, (right - left + 2 * spare) / this.width);
  }

  choose(range) {
    this.range = range;
    const { range: button } = this.form.elements;
    button.textContent = range ? `All, not only ${time(range[0])} to ${time(range[1])}` : button.value;
    button.setAttribute("aria-pressed", Boolean(range));
    if (range) this.frame(...range, 0);
    this.filter();
  }

  press(name) {
    if (name === "in" || name === "out") this.zoom(name === "in" ? 0.5 : 2);
    if (name === "fit") this.fit();
    if (name === "range") this.choose(this.range ? null : [Math.max(0, this.at(0)), this.at(this.width)]);
  }

  key(event) {
    const page = Math.max(1, Math.floor((this.height - AXIS) / ROW) - 1), all = this.rows.length, group = this.rows[this.row];
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -all, End: all };
    const views = { ArrowLeft: () => this.pan(-this.width / 8), ArrowRight: () => this.pan(this.width / 8), "+": () => this.zoom(0.5),
      "=": () => this.zoom(0.5), "-": () => this.zoom(2), 0: () => this.fit(), z: () => this.frame(group.start, this.until(group), 1), Escape: () => this.tell() };
    if (!all || event.ctrlKey || event.metaKey || event.altKey) return;
    if (steps[event.key]) this.go(this.row + steps[event.key]);
    else if (views[event.key]) views[event.key]();
    else return;
    event.preventDefault();
  }

  // Brings a row into sight, and the keyboard to it.
  go(row) {
    this.row = clamp(row, 0, this.rows.length - 1);
    const top = this.row * ROW, group = this.rows[this.row];
    this.scroll.scrollTop = clamp(this.scroll.scrollTop, top - (this.height - AXIS - ROW - 6), top);
    const off = this.x(this.until(group)) < 0 || this.x(group.start) > this.width;
    if (off) this.look(this.map(group.start, "run", "axis") - this.width * this.per / 4, this.per);
    this.draw();
    this.list.children[this.row - this.top].firstChild.focus({ preventScroll: true });
  }

  wheel(event) {
    const across = event.shiftKey ? event.deltaX || event.deltaY : event.deltaX;
    if (event.ctrlKey) this.zoom(Math.exp(clamp(event.deltaY, -60, 60) / 100), Math.max(0, this.place(event)[0]));
    else if (across) this.pan(across);
    else return;
    event.preventDefault();
  }

  // Where in the canvas, and in which row.
  place({ clientX, clientY }) {
    const { left, top } = this.canvas.getBoundingClientRect(), y = clientY - top;
    return [clientX - left, y, y < AXIS ? -1 : Math.floor((y - AXIS + this.scroll.scrollTop) / ROW)];
  }

  down(event) {
    const [x, y] = this.place(event);
    if (event.button) return;
    this.canvas.setPointerCapture(event.pointerId);
    this.pointers.set(event.pointerId, [x, y]);
    this.drag = { x, y, to: x, axis: y < AXIS };
  }

  move(event) {
    const before = this.pointers.get(event.pointerId), [x, y] = this.place(event), { drag } = this;
    if (!before) return this.hover(event);
    this.pointers.set(event.pointerId, [x, y]);
    drag.moved ||= Math.hypot(x - drag.x, y - drag.y) > 4;
    const [other] = [...this.pointers].filter(([id]) => id !== event.pointerId);
    if (other) {
      const apart = (x) => Math.max(10, Math.abs(other[1][0] - x));
      this.zoom(apart(before[0]) / apart(x), (other[1][0] + x) / 2);
    } else if (drag.axis) drag.to = x;
    else {
      this.pan(before[0] - x);
      if (event.pointerType === "mouse") this.scroll.scrollTop += before[1] - y;
    }
    this.paint();
  }

  up(event) {
    const { drag } = this;
    if (!this.pointers.delete(event.pointerId) || this.pointers.size || !drag) return;
    this.drag = null;
    if (drag.axis) return this.choose(drag.moved ? [drag.x, drag.to].sort((a, b) => a - b).map((x) => this.at(x)) : null);
    const { ctrlKey, metaKey, shiftKey } = event, link = this.list.children[this.place(event)[2] - this.top]?.firstChild;
    if (!drag.moved) link?.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true, composed: true, ctrlKey, metaKey, shiftKey }));
  }

  cancel(event) {
    this.pointers.delete(event.pointerId);
    this.drag = null;
  }

  hover(event) { this.tell(event && this.rows[this.place(event)[2]], event); }

  // What is known of a group besides its name, line by line.
  lines(group) {
    const { words } = this, { start, end, attempt, reason, pending, due, id } = group, open = group.tone === OPEN;
    const took = open ? `for ${time(this.until(group) - start)}` : end > start && `took ${time(end - start)}`;
    return [[words.categories[group.category], words.statuses[group.status][0], attempt > 1 && `attempt ${attempt}`, took]
      .filter(Boolean).join(", "), reason,
      pending && this.attempt(pending), pending?.reason !== reason && pending?.reason,
      due && open && `due in ${time(due - this.now())}`, `at ${time(start)}, ${this.date(start)}`,
      `events ${[id, ...group.events].join(", ")}`].filter(Boolean);
  }

  date(time) {
    const date = new Date(this.began + time);
    return document.body.dataset.time === "utc" ? date.toISOString().replace(/[TZ]/g, " ") + "UTC" : date.toLocaleString();
  }

  attempt({ state, attempt, most, next }) {
    const wait = next ? `, in ${time(Math.max(0, next - this.now()), SECOND)}` : "";
    return `attempt ${attempt}${most ? ` of ${most}` : ""}: ${this.words.states[state]}${wait}`;
  }

  tell(group, event) {
    const { tip } = this;
    this.told = group;
    this.paint();
    if (tip.hidden = !group) return;
    tip.textContent = [this.named(group), ...this.lines(group)].join("\n");
    const y = (event ? this.place(event)[2] : this.row) * ROW - this.scroll.scrollTop + AXIS;
    const x = event ? event.clientX - this.layer.getBoundingClientRect().left : this.list.offsetWidth;
    tip.style.left = `${clamp(x + 14, 0, this.layer.clientWidth - tip.offsetWidth)}px`;
    const below = y + ROW + tip.offsetHeight < this.height;
    tip.style.top = `${below ? y + ROW + 4 : Math.max(0, y - tip.offsetHeight - 4)}px`;
  }

  paint() { this.waiting ??= requestAnimationFrame(() => this.draw()); }

  draw() {
    if (this.words && this.fitted) this.fit();
    cancelAnimationFrame(this.waiting);
    this.waiting = null;
    if (!this.words) return;
    const { pen, width, height } = this, ratio = devicePixelRatio, { scrollTop } = this.scroll;
    this.colours ??= this.read();
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, width, height);
    pen.font = this.colours.font;
    pen.textBaseline = "middle";
    this.axis();
    this.top = Math.floor(scrollTop / ROW);
    const seen = this.rows.slice(this.top, this.top + Math.ceil((height - AXIS) / ROW) + 1);
    this.names(seen, scrollTop);
    pen.save();
    pen.beginPath(); pen.rect(0, AXIS, width, height); pen.clip();
    seen.forEach((group, index) => this.bar(group, AXIS + (this.top + index) * ROW - scrollTop));
    pen.restore();
  }

  // The colours are what the style sheet makes of the controls, in whatever scheme the page is.
  read() {
    const colour = (part) => getComputedStyle(part).color;
    const [line, failed, muted, accent, back] = [...this.probes.children].map(colour);
    const kinds = this.kinds.map((kind) => colour(kind.nextSibling));
    return { kinds, line, failed, muted, accent, back, font: `12px ${getComputedStyle(this).fontFamily}` };
  }

  fill(colour, x, y, width, height, alpha = 1) {
    Object.assign(this.pen, { fillStyle: colour, globalAlpha: alpha });
    this.pen.fillRect(x, y, width, height);
    this.pen.globalAlpha = 1;
  }

  write(colour, text, x, y) {
    this.pen.fillStyle = colour;
    this.pen.fillText(text, x, y);
  }

  axis() {
    const { width, height, colours, drag } = this, end = this.at(width);
    const step = STEPS.find((step) => step / this.per > 90) ?? STEPS.at(-1);
    let from = Math.max(0, this.at(0)), free = 0;
    const ticks = (until) => {
      for (let tick = Math.ceil(from / step) * step; tick <= until; tick += step) {
        const x = Math.round(this.x(tick));
        this.fill(colours.line, x, AXIS - 8, 1, height);
        if (x >= free) this.write(colours.muted, time(tick, step), x + 4, AXIS / 2);
        free = Math.max(free, x + 80);
      }
    };
    for (const { run: [begin, until] } of this.folds) {
      if (until < from || begin > end) continue;
      ticks(begin);
      const x = this.x(begin), wide = this.x(until) - x;
      this.fill(colours.line, x, AXIS, wide, height, 0.5);
      if (wide > 80 && x >= free) this.write(colours.muted, `⋯ ${time(until - begin)}`, x + 4, AXIS / 2);
      from = until;
    }
    ticks(end);
    this.fill(colours.line, 0, AXIS - 1, width, 1);
    this.fill(colours.line, 0, 0, 1, height);
    if (this.open) this.fill(colours.accent, this.x(this.now()), 0, 1.5, height);
    const [left, right] = drag?.axis ? [drag.x, drag.to] : this.range?.map((time) => this.x(time)) ?? [0, 0];
    this.fill(colours.accent, left, 0, right - left, height, 0.12);
  }

  bar(group, y) {
    const { pen, width, colours } = this, { tone, pending, started, start, due } = group, open = tone === OPEN;
    const middle = y + ROW / 2, until = this.until(group), bad = tone === FAILED || pending?.reason;
    const colour = tone === FAILED ? colours.failed : tone === OTHER ? colours.muted : colours.kinds[group.category];
    const left = this.x(start), begun = this.x(started ?? start);
    const hollow = pending ? pending.state !== STARTED : open && started == null && !due && group.category !== RUN;
    let right = this.x(until);
    if (group === this.told) this.fill(colours.accent, 0, y, width, ROW, 0.12);
    if (left > width) return this.write(colour, "▸", width - 16, middle);
    if (right < 0 && !pending) return this.write(colour, "◂", 4, middle);
    const box = (from, to, { high = BAR, alpha = 1, dashed = false, ink = colour }) => {
      const [a, b] = [Math.max(-9, from), Math.min(width + 9, Math.max(to, from + 3))];
      Object.assign(pen, { fillStyle: ink, strokeStyle: ink, globalAlpha: alpha });
      pen.setLineDash([4, 3]);
      pen.beginPath(); pen.roundRect(a, middle - high / 2, b - a, high, 3);
      if (dashed) pen.stroke(); else pen.fill();
      pen.globalAlpha = 1;
    };
    const since = open && pending?.since != null ? this.x(pending.since) : begun;
    if (since > left) box(left, since, { high: 5, alpha: 0.45 });
    if (group.end === start && group.category !== RUN) box(left - 4, left + 5, { high: 9 });
    else if (!pending || !open) box(begun, right, { alpha: open ? 0.7 : 1, dashed: hollow });
    if (due && open) box(right, right = this.x(due), { dashed: true });
    if (pending) {
      right = this.x(pending.next ?? this.now());
      box(open ? since : this.x(pending.since ?? until), right, { alpha: 0.8, dashed: hollow, ink: bad ? colours.failed : colour });
    }
    const told = pending ? this.attempt(pending) : group.attempt > 1 && `attempt ${group.attempt}`;
    const took = open ? time(until - start, SECOND) : until > start && time(until - start);
    const ends = due && open && `due in ${time(due - this.now(), SECOND)}`;
    const words = [took, ends, told, pending?.reason || group.reason].filter(Boolean).join(" · ").slice(0, 200);
    // Behind the bar, or else where there is the most room: before it, or in it.
    const wide = pen.measureText(words).width + 16, rooms = [width - Math.max(right, 0), left, right - Math.max(left, 0)];
    const place = rooms[0] > wide ? 0 : rooms.indexOf(Math.max(...rooms)), room = rooms[place];
    const text = room < wide ? `${words.slice(0, Math.max(0, words.length * (room - 30) / wide))}…` : words;
    const x = [Math.max(right, 0), left - Math.min(wide, room), Math.max(left, 0)][place] + 8;
    this.write(place === 2 && !hollow ? colours.back : bad ? colours.failed : colours.muted, text, x, middle);
  }

  // The links of the rows in sight. A row that stays in sight keeps its link, and with it the focus.
  names(seen, scrollTop) {
    const { list, top } = this, moved = top - this.first, { length } = seen;
    while (list.childElementCount < length) list.append(this.line.content.cloneNode(true));
    while (list.childElementCount > length) list.lastChild.remove();
    if (moved > 0 && moved < length) list.append(...[...list.children].slice(0, moved));
    if (moved < 0 && -moved < length) list.prepend(...[...list.children].slice(moved));
    this.first = top;
    list.style.transform = `translateY(${AXIS + top * ROW - scrollTop}px)`;
    const focus = clamp(this.row - top, 0, length - 1);
    seen.forEach((group, index) => {
      const line = list.children[index];
      line.className = group === this.told ? "told" : "";
      line.firstChild.tabIndex = index === focus ? 0 : -1;
      if (line.group !== group || this.fresh) this.name(line, group, top + index);
    });
    this.fresh = false;
  }

  name(line, group, row) {
    const link = line.firstChild, [dot, name, status, rest] = link.children, { pending } = group;
    line.group = group;
    line.ariaPosInSet = row + 1;
    line.ariaSetSize = this.rows.length;
    link.href = `${this.events}${group.id}`;
    rest.textContent = this.lines(group).join(", ");
    dot.className = `c${group.category}`;
    name.textContent = this.named(group);
    if (group.label?.data && document.body.dataset.codec) {
      group.decoded ??= document.createElement("abide-payload");
      group.decoded.dataset.payload = JSON.stringify(group.label);
      name.append(" ", group.decoded);
    }
    status.textContent = pending ? this.words.states[pending.state] : this.words.statuses[group.status][0];
    status.className = group.tone === FAILED || pending?.reason ? "failed" : "";
  }
}

customElements.define("abide-timeline", Timeline);
