import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** The account without rights, which tests of root use as another user of the machine. */
const unprivileged = 65_534;

interface Test {
  after(end: () => unknown): void;
}

const script = `const { createServer } = require('http');
const [, port, address, page] = process.argv;
createServer((request, response) => {
  console.log(request.url);
  response.setHeader('content-type', 'text/html').end(page);
}).listen(Number(port), address, function () { console.log(this.address().port); });`;

/** A web server of another user of the machine. */
export interface ForeignListener {
  port: number;
  /** The addresses that were requested, without the origin. */
  received: string[];
}

/** Lets another user of the machine listen until the test ends. Only root can. */
export async function serveAsAnotherUser(
  t: Test,
  { address = '127.0.0.1', port = 0, page = '<main>taken</main>' } = {},
): Promise<ForeignListener> {
  const child = spawn('node', ['-e', script, String(port), address, page], {
    uid: unprivileged,
    gid: unprivileged,
    cwd: '/',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => child.kill());
  const lines = createInterface({ input: child.stdout ?? assert.fail() });
  const [first] = (await once(lines, 'line')) as [string];
  const received: string[] = [];
  lines.on('line', (line) => received.push(line));
  return { port: Number(first), received };
}
