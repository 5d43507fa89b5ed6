// Makes an element like another one with as few changes as possible: what stays the same keeps its place, its focus, what was
// typed into it, and whether it is open. Children are matched by id, or by data-key, or else in their order.

const keyOf = (node) => (node.nodeType === 1 ? node.id || node.dataset.key : undefined) || undefined;

/** Makes the children of `old` like those of `fresh`, which is used up. */
export function morphChildren(old, fresh) {
  const byKey = new Map();
  for (const child of old.childNodes) {
    const key = keyOf(child);
    if (key) byKey.set(key, child);
  }
  const stays = old.dataset?.grows !== undefined && goesOn(old, fresh, byKey);
  let place = old.firstChild;
  for (const wanted of [...fresh.childNodes]) {
    const key = keyOf(wanted);
    let match = key ? byKey.get(key) : place;
    while (!key && match && keyOf(match)) match = match.nextSibling;
    if (!match || !isSameKind(match, wanted)) {
      old.insertBefore(wanted, place);
      continue;
    }
    if (key) byKey.delete(key);
    if (match === place) place = place.nextSibling;
    else old.insertBefore(match, place);
    morph(match, wanted);
  }
  while (place && !stays) {
    const next = place.nextSibling;
    place.remove();
    place = next;
  }
}

// A list that grows keeps the rows that were put behind those of the fresh one, unless there is a gap between them: then it begins
// anew, and so does what leads to its next part.
function goesOn(list, fresh, byKey) {
  if ([...fresh.children].some((row) => byKey.has(keyOf(row)))) return true;
  list.parentElement?.querySelector(":scope > [data-key=more]")?.removeAttribute("data-keep");
  return false;
}

function isSameKind(one, other) {
  return one.nodeType === other.nodeType && one.nodeName === other.nodeName && keyOf(one) === keyOf(other);
}

/** Makes `old` like `fresh`, which is of the same kind. */
export function morph(old, fresh) {
  if (old.nodeType !== 1) {
    if (old.nodeValue !== fresh.nodeValue) old.nodeValue = fresh.nodeValue;
    return;
  }
  if (old.hasAttribute("data-keep") || old.isEqualNode(fresh)) return;
  const isField = old.matches("input, textarea, select");
  const isTouched = isField && (old === document.activeElement || old.hasAttribute("data-touched"));
  for (const { name } of [...old.attributes]) {
    if (!fresh.hasAttribute(name) && !isOwn(old, name)) old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  if (isTouched) return;
  if (old.matches("input[type=checkbox], input[type=radio]")) old.checked = fresh.checked;
  else if (old.matches("input")) old.value = fresh.value;
  // An element that draws its own inside knows what to do with another one.
  if (old.redraw) return old.redraw(fresh);
  morphChildren(old, fresh);
}

// What the visitor, and not the server, has set.
function isOwn(element, name) {
  return (name === "open" && element.matches("details, dialog")) || name.startsWith("data-own") || name === "data-touched";
}
