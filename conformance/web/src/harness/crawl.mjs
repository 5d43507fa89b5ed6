// Walks over all pages that links lead to. Knows no page: what a page is, the links say.

/** The words of addresses that name a page; everything else in an address is an id of something. */
const isWord = (segment) => /^[a-z]+(-[a-z]+)*$/.test(segment);

/**
 * Opens `paths` and whatever they lead to, each kind of page twice at most, and calls `visit(path, kind)` at the first of
 * each kind. A kind is an address without ids. Returns the kinds, in the order in which they were met.
 */
export async function crawl(visitor, paths, visit, { prefix = '', ids = new Set() } = {}) {
  const kinds = new Map();
  const seen = new Set(paths);
  const queue = [...paths];
  while (queue.length) {
    const path = queue.shift();
    const kind = kindOf(path.slice(prefix.length), ids);
    const times = kinds.get(kind) ?? 0;
    kinds.set(kind, times + 1);
    if (times >= 2) continue;
    await visitor.open(path);
    if (times === 0) await visit(path, kind);
    for (const link of await links(visitor)) {
      if (!seen.has(link)) queue.push(link);
      seen.add(link);
    }
  }
  return [...kinds.keys()];
}

/** `/namespaces/default/workflows/a/b/history` is `/namespaces/:/workflows/:/:/history`. */
export function kindOf(path, ids = new Set()) {
  const segments = path.split('?')[0].split('/').map(decodeURIComponent);
  return segments.map((segment) => (segment === '' || (isWord(segment) && !ids.has(segment)) ? segment : ':')).join('/');
}

/** Where the links of the page lead that stay on the site and are pages, without fragments. */
async function links(visitor) {
  const all = await visitor.page.$$eval('a[href]:not([download])', (anchors) => anchors.map(({ href }) => href));
  return all
    .map((href) => new URL(href))
    .filter(({ origin, pathname }) => origin === visitor.origin && !/\.(json|yaml|txt)$|\/api\/v1\//.test(pathname))
    .map(({ pathname, search }) => pathname + search);
}
