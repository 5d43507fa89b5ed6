// Times as the visitor wants them. The server writes them in UTC; here they become local or relative, and running ones go on.

const UNITS = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];
const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const local = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

function ago(time) {
  const seconds = (time - Date.now()) / 1000;
  const [unit, size] = UNITS.find(([, size]) => Math.abs(seconds) >= size) || UNITS[3];
  return relative.format(Math.trunc(seconds / size), unit);
}

function dress(element) {
  const time = Date.parse(element.dateTime);
  if (Number.isNaN(time)) return;
  // The element may have become another time's since it was dressed.
  if (element.dataset.ownTime !== element.dateTime) {
    element.dataset.ownTime = element.dateTime;
    element.dataset.ownUtc = element.textContent;
  }
  const format = document.body.dataset.time;
  const text = format === "relative" ? ago(time) : format === "local" ? local.format(time) : element.dataset.ownUtc;
  if (element.textContent !== text) element.textContent = text;
  element.title = format === "utc" ? ago(time) : element.dataset.ownUtc;
}

/** How long it is since a time, or until it: "2m 5s". */
function span(milliseconds) {
  const seconds = Math.max(Math.floor(milliseconds / 1000), 0);
  const parts = [[86400, "d"], [3600, "h"], [60, "m"], [1, "s"]].map(([size, unit], index, all) =>
    [Math.floor((index ? seconds % all[index - 1][0] : seconds) / size), unit]);
  const first = parts.findIndex(([count]) => count);
  return first < 0 ? "0s" : parts.slice(first, first + 2).map(([count, unit]) => `${count}${unit}`).join(" ");
}

function run() {
  if (document.hidden) return;
  for (const element of document.querySelectorAll("[data-since]")) element.textContent = span(Date.now() - Date.parse(element.dataset.since));
  for (const element of document.querySelectorAll("[data-until]")) element.textContent = span(Date.parse(element.dataset.until) - Date.now());
}

/** All times within. */
export function dressTimes(root) {
  root.querySelectorAll("time[datetime]").forEach(dress);
  run();
}

setInterval(run, 1000);
setInterval(() => document.body.dataset.time === "relative" && dressTimes(document), 15000);
