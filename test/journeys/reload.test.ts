import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { connect } from 'node:tls';
import { main } from '../../src/cli/testing/command.ts';
import type { StateFile } from '../../src/state-file.ts';
import { makeAuthority } from '../testing/authority.ts';

/** Returns the serial number of a server's certificate on a new connection. */
async function serialAt(origin: string): Promise<string> {
  const { hostname, port } = new URL(origin);
  const socket = connect({ host: hostname, port: Number(port), rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  const { serialNumber } = socket.getPeerX509Certificate() ?? {};
  socket.destroy();
  return serialNumber ?? '';
}

test('alongside serve reloads at SIGHUP: another certificate, and the old one after an invalid file', async () => {
  const authority = makeAuthority();
  const folder = mkdtempSync(join(tmpdir(), 'alongside-hang-up-'));
  const file = (name: string) => join(folder, name);
  const install = (issued: { certificate: string; key: string }) => {
    copyFileSync(issued.certificate, file('server.pem'));
    copyFileSync(issued.key, file('server.key'));
  };
  const configure = (settings: object) =>
    writeFileSync(
      file('config.json'),
      JSON.stringify({
        data: file('data'),
        portBase: 0,
        only: ['cis2'],
        drainDelay: 0,
        json: true,
        tlsCertificate: file('server.pem'),
        tlsKey: file('server.key'),
        ...settings,
      }),
    );
  install(authority.issue('localhost'));
  configure({});
  let child: ChildProcess | undefined;
  try {
    child = spawn(process.execPath, [main, 'serve', '--config', file('config.json')], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const { stdout, stderr } = child;
    assert.ok(stdout && stderr);
    const lines = createInterface({ input: stderr })[Symbol.asyncIterator]();
    /** Sends the signal and reads the log up to this message. */
    const reload = async (message: string): Promise<Record<string, unknown>[]> => {
      const read: Record<string, unknown>[] = [];
      child?.kill('SIGHUP');
      for (;;) {
        const { value, done } = await lines.next();
        assert.ok(!done, `the log ended before "${message}"`);
        const line = JSON.parse(value) as Record<string, unknown>;
        read.push(line);
        if (line.msg === message) return read;
      }
    };
    const [ready] = (await once(stdout, 'data')) as [Buffer];
    const { origin } = new URL((JSON.parse(String(ready)) as StateFile).urls.cis2Issuer);
    const first = await serialAt(origin);

    install(authority.issue('localhost'));
    configure({ dpopNonceAtCis2: true });
    const [restart] = await reload('configuration reloaded');
    assert.deepEqual(
      [restart?.msg, restart?.settings],
      ['changed settings need a restart', ['dpopNonceAtCis2']],
    );
    const second = await serialAt(origin);
    assert.notEqual(second, first);

    for (const damage of [
      () => writeFileSync(file('server.pem'), 'no certificate'),
      () => copyFileSync(authority.issue('localhost').certificate, file('server.pem')),
      () => copyFileSync(authority.issue('other.example').certificate, file('server.pem')),
      () => writeFileSync(file('config.json'), '{'),
    ]) {
      damage();
      await reload('the configuration could not be reloaded: the earlier one stays in effect');
      assert.equal(await serialAt(origin), second);
    }
    child.kill('SIGTERM');
    assert.deepEqual(await once(child, 'exit'), [0, null]);
  } finally {
    child?.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
    authority.discard();
  }
});
