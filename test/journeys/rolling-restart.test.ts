import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { realmPath } from '../../src/service.ts';
import { rollingRestarts, ServeProcess } from '../testing/rolling-restart.ts';

describe('two processes of alongside serve behind a load balancer', () => {
  const folder = mkdtempSync(join(tmpdir(), 'alongside-rolling-'));
  const flags = ['--data', folder, '--drain-delay', '2', '--log-level', 'error'];
  const processes = [new ServeProcess(flags), new ServeProcess(flags)] as const;
  before(() => Promise.all(processes.map((one) => one.start())));
  after(async () => {
    await Promise.all(processes.map((one) => one.stop('SIGKILL')));
    rmSync(folder, { recursive: true, force: true });
  });

  test('lose no request of keep-alive clients in a rolling restart', async () => {
    const { answered, failed, ends } = await rollingRestarts(processes, {
      restarts: 2,
      callers: 8,
      path: `${realmPath}/connect/jwk_uri`,
    });
    assert.deepEqual(failed, []);
    assert.deepEqual(ends, [0, 0]);
    assert.ok(answered > 50, String(answered));
  });

  test('exit at once on a second signal, even during an endless request', async () => {
    const [one] = processes;
    const { port, hostname } = new URL(one.origin);
    const dripping = connect(Number(port), hostname);
    dripping.on('error', () => undefined);
    dripping.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nx');
    const first = one.stop();
    await notReady(one.origin);
    const again = one.stop();
    assert.deepEqual(await Promise.all([first, again]), [130, 130]);
    if (!dripping.destroyed) await once(dripping, 'close');
  });
});

async function notReady(origin: string): Promise<void> {
  const isReady = async () => (await fetch(`${origin}/readyz`).catch(() => undefined))?.status === 200;
  while (await isReady());
}
