// Walks over all pages that links lead to. Knows no page: what a page is, the links say.
import assert from 'node:assert/strict';

/** The words of addresses that name a page; everything else in an address is an id of something: tests give it a digit. */
const isWord = (segment) => /^[a-z]*(-[a-z]+)*$/.test(segment) && segment !== 'default';

/**
 * Opens `paths` and whatever they lead to, each kind of page so many `times` at most, and calls `visit(path, kind)` at the first of
 * each kind. A kind is an address without ids. Returns the kinds, in the order in which they were met; all that is wrong is
 * told at the end, and not only the first of it.
 */
export async function crawl(visitor, paths, visit, { prefix = '', times: most = 1 } = {}) {
  const kinds = new Map();
  const seen = new Set(paths);
  const queue = [...paths];
  const wrong = [];
  while (queue.length) {
    const path = queue.shift();
    const kind = kindOf(path.slice(prefix.length));
    const times = kinds.get(kind) ?? 0;
    kinds.set(kind, times + 1);
    if (times >= most) continue;
    try {
      await visitor.open(path);
      if (times === 0) await visit(path, kind);
    } catch (error) {
      wrong.push(error.message);
      continue;
    }
    for (const link of await links(visitor)) {
      if (!seen.has(link)) queue.push(link);
      seen.add(link);
    }
  }
  assert(wrong.length === 0, wrong.join('\n'));
  return [...kinds.keys()];
}

/** `/namespaces/default/workflows/a/b/history` is `/namespaces/:/workflows/:/:/history`. */
export function kindOf(path) {
  const segments = path.split('?')[0].split('/').map(decodeURIComponent);
  return segments.map((segment) => (isWord(segment) ? segment : ':')).join('/');
}

/** Where the links of the page lead that stay on the site and are pages, without fragments. */
async function links(visitor) {
  const all = await visitor.page.$$eval('a[href]:not([download])', (anchors) => anchors.map(({ href }) => href));
  return all
    .map((href) => new URL(href))
    .filter(
      ({ origin, pathname }) => origin === visitor.origin && !/\.(json|yaml|txt)$|\/healthz$|\/api\/v1\//.test(pathname)
    )
    .map(({ pathname, search }) => pathname + search);
}
