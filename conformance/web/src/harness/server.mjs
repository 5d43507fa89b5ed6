// One server of the binary under test, on ports that the system picks, ended by its process id. Knows no page and no
// workflow. ABIDE_BINARY names the executable.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** What still runs when this process ends, however it ends, must not outlive it. */
const running = new Set();
process.once('exit', () => running.forEach((child) => child.kill('SIGKILL')));
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));

export class Server {
  #child;
  #folder;
  #output = [];

  /** @param {{ flags?: string[], stored?: boolean, environment?: object }} options `stored` keeps the data in a file. */
  constructor({ flags = [], stored = false, environment = {} } = {}) {
    this.flags = flags;
    this.environment = environment;
    this.port = 0;
    this.uiPort = 0;
    if (stored) this.#folder = mkdtempSync(join(tmpdir(), 'abide-web-'));
  }

  static async start(options) {
    const server = new Server(options);
    await server.start();
    return server;
  }

  /** The address for SDKs, and the origin of the pages. */
  get address() {
    return `127.0.0.1:${this.port}`;
  }
  get origin() {
    return `http://127.0.0.1:${this.uiPort}`;
  }

  /** Starts it, or starts it again, on the same ports. Returns once it has said where it listens. */
  async start() {
    const binary = process.env.ABIDE_BINARY;
    assert(binary, 'set ABIDE_BINARY to the executable under test');
    const ports = ['--ip', '127.0.0.1', '--port', String(this.port), '--ui-port', String(this.uiPort)];
    const data = this.#folder ? ['--db-filename', join(this.#folder, 'data.db')] : [];
    this.#child = spawn(binary, ['server', 'start-dev', ...ports, ...data, ...this.flags], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...this.environment },
    });
    running.add(this.#child);
    createInterface({ input: this.#child.stderr }).on('line', (line) => this.#output.push(line));
    const lines = createInterface({ input: this.#child.stdout });
    for await (const line of lines) {
      this.#output.push(line);
      const grpc = /^gRPC: .*:(\d+)$/.exec(line);
      const ui = /^UI: .*:(\d+)(\/.*)?$/.exec(line);
      if (grpc) this.port = Number(grpc[1]);
      if (ui) this.uiPort = Number(ui[1]);
      // The last line of the greeting; the pipe must be read on, or the server would wait for room in it.
      if (this.port && this.uiPort && line.startsWith('Data:')) break;
    }
    assert(this.uiPort, `the server does not start:\n${this.#output.join('\n')}`);
    this.#child.stdout.resume();
  }

  /** Ends it as an operator would, and insists that it ends well. */
  async stop() {
    const child = this.#child;
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
    running.delete(child);
    const last = this.#output.slice(-20).join('\n');
    assert.equal(child.exitCode, 0, `the server ended with ${child.exitCode}:\n${last}`);
    assert(!this.#output.some((line) => / ERROR |panicked at/.test(line)), `the server complained:\n${this.log}`);
  }

  async remove() {
    await this.stop();
    if (this.#folder) rmSync(this.#folder, { recursive: true, force: true });
  }

  get log() {
    return this.#output.join('\n');
  }
}
