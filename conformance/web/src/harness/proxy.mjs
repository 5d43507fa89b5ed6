// A reverse proxy as people put before a server: it serves it under a sub-path, and either keeps the path or strips it
// and says so in X-Forwarded-Prefix. It passes streams on as they come, or holds them back as some do.
import { once } from 'node:events';
import { createServer, request } from 'node:http';

/** @param {string} origin @param {{ prefix?: string, strip?: boolean, holds?: boolean }} options */
export async function proxy(origin, { prefix = '', strip = false, holds = false } = {}) {
  const target = new URL(origin);
  const server = createServer((incoming, outgoing) => {
    const inside =
      incoming.url === prefix || incoming.url.startsWith(`${prefix}/`) || incoming.url.startsWith(`${prefix}?`);
    // What asks for anything outside of the sub-path has forgotten it: that is what the tests look for.
    if (!inside) return outgoing.writeHead(404, { 'content-type': 'text/plain' }).end('outside of the sub-path');
    const path = strip ? incoming.url.slice(prefix.length) || '/' : incoming.url;
    const headers = { ...incoming.headers, 'x-forwarded-proto': 'http', 'x-forwarded-host': incoming.headers.host };
    if (strip) headers['x-forwarded-prefix'] = prefix;
    const { method } = incoming;
    const onward = request({ host: target.hostname, port: target.port, method, path, headers }, (answer) => {
      if (holds && answer.headers['content-type'] === 'text/event-stream') return answer.resume();
      outgoing.writeHead(answer.statusCode, answer.headers);
      outgoing.flushHeaders();
      answer.pipe(outgoing);
    });
    onward.on('error', () => outgoing.destroy());
    outgoing.on('close', () => onward.destroy());
    incoming.pipe(onward);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
