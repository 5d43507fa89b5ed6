// A codec as people have it to keep their payloads from the server: for clients, and as the service that browsers ask.
import { once } from 'node:events';
import { createServer } from 'node:http';

const ENCODING = 'binary/turned';
const turn = (bytes) => Uint8Array.from(bytes, (byte) => byte ^ 0x5a);
const base64 = (bytes) => Buffer.from(bytes).toString('base64');
const bytes = (text) => Uint8Array.from(Buffer.from(text, 'base64'));

/** Payloads in the protocol's JSON form, and back. */
const toJson = ({ metadata, data }) => ({
  metadata: Object.fromEntries(Object.entries(metadata ?? {}).map(([name, value]) => [name, base64(value)])),
  data: base64(data ?? new Uint8Array()),
});
const fromJson = ({ metadata, data }) => ({
  metadata: Object.fromEntries(Object.entries(metadata ?? {}).map(([name, value]) => [name, bytes(value)])),
  data: bytes(data ?? ''),
});

/** For the data converter of a client. */
export const codec = {
  async encode(payloads) {
    return payloads.map((payload) => ({
      metadata: { encoding: Buffer.from(ENCODING) },
      data: turn(Buffer.from(JSON.stringify(toJson(payload)))),
    }));
  },
  async decode(payloads) {
    return payloads.map((payload) => {
      if (Buffer.from(payload.metadata?.encoding ?? []).toString() !== ENCODING) return payload;
      return fromJson(JSON.parse(Buffer.from(turn(payload.data)).toString()));
    });
  },
};

/** A service that decodes and encodes, and keeps the headers of each request in `asked`. */
export async function codecServer() {
  const asked = [];
  const server = createServer(async (incoming, outgoing) => {
    const cors = {
      'access-control-allow-origin': incoming.headers.origin ?? '*',
      'access-control-allow-headers': 'content-type,x-namespace,authorization,authorization-extras',
      'access-control-allow-credentials': 'true',
    };
    if (incoming.method === 'OPTIONS') return outgoing.writeHead(204, cors).end();
    asked.push({ url: incoming.url, headers: incoming.headers });
    const body = JSON.parse(await all(incoming));
    const verb = incoming.url.split('?')[0] === '/encode' ? 'encode' : 'decode';
    const payloads = await codec[verb](body.payloads.map(fromJson));
    outgoing.writeHead(200, { ...cors, 'content-type': 'application/json' });
    outgoing.end(JSON.stringify({ payloads: payloads.map(toJson) }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    asked,
    close: () => new Promise((resolve) => (server.close(resolve), server.closeAllConnections())),
  };
}

async function all(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
