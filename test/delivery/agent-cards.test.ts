import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { poweredCard } from '../../identity-agent/card/testing/card.ts';
import { testDesk } from '../../identity-agent/testing/desk.ts';
import { CardLab } from '../cards/testing/card-lab.ts';
import { needing, pathOf } from '../cards/testing/programs.ts';
import { makeSoftToken, softToken } from '../cards/testing/soft-token.ts';
import { freePort } from '../testing/free-port.ts';
import { clone, Project, pack } from './packages/testing/project.ts';

const run = promisify(execFile);
const holder = '656005750199';

describe('the agent in the package of the product', needing(['SoftHSM2', 'pkcs11js']), () => {
  let folder = '';
  let project: Project;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'agent-of-package-'));
    project = await Project.create();
    await project.install(await pack(folder, '--only', 'alongside'));
    // The user installs the native module next to the package; npm compiles it then.
    const native = 'node_modules/pkcs11js';
    await cp(join(clone, native), project.path(native), { recursive: true });
  });
  after(async () => {
    await project?.remove();
    await rm(folder, { recursive: true, force: true });
  });

  /** Starts the agent of the package with a reader; returns its commands and its sign-in page. */
  async function agent(t: TestContext, name: string, ...flags: string[]) {
    const { cis, cis2, visit } = await testDesk(t);
    const program = project.path('node_modules/alongside/bin/alongside.cjs');
    const socket = join(folder, `${name}.sock`);
    const port = await freePort();
    const origin = `http://127.0.0.1:${port}`;
    const addresses = ['--cis', cis.origin, '--cis2-issuer', cis2.issuer, '--agent-port', String(port)];
    const own = ['--agent-data', join(folder, name), '--agent-socket', socket, '--log-level', 'info'];
    const child: ChildProcess = spawn(
      process.execPath,
      [program, 'identity-agent', 'run', ...addresses, ...own, ...flags],
      { cwd: project.folder, stdio: ['ignore', 'ignore', 'pipe'] },
    );
    t.after(() => child.kill('SIGKILL'));
    const log: string[] = [];
    const lines = createInterface({ input: child.stderr ?? assert.fail() });
    await new Promise<void>((resolve, reject) => {
      lines.on('line', (line) => {
        log.push(line);
        if (line.includes('"msg":"ready"')) resolve();
      });
      child.once('exit', () => reject(new Error(log.join('\n'))));
    });
    /** Follows redirects of the agent's pages. */
    const open = async (path: string): Promise<string> => {
      const { body, location } = await visit(new URL(path, origin).href, {
        headers: { 'sec-fetch-site': 'none' },
      });
      return location === '' ? body : open(location);
    };
    return {
      cis,
      async status(): Promise<{ state: string; person?: { uid: string } }> {
        const words = ['identity-agent', 'status', '--json', '--socket', socket];
        return JSON.parse((await run(process.execPath, [program, ...words])).stdout);
      },
      /** Waits until a card asks for its PIN, and enters it on the agent's own page. */
      async enterPin(pin: string): Promise<number> {
        for (let asked = 0; asked < 1_200; asked++) {
          const page = await open('/sign-in');
          const action = /action="([^"]*)"/.exec(page)?.[1];
          if (action !== undefined && page.includes('name="pin"')) {
            const hidden = [...page.matchAll(/type="hidden" name="(\w+)" value="([^"]*)"/g)];
            const fields = Object.fromEntries(hidden.map(([, name = '', value = '']) => [name, value]));
            const headers = {
              origin,
              'sec-fetch-site': 'same-origin',
              'content-type': 'application/x-www-form-urlencoded',
            };
            const body = new URLSearchParams({ ...fields, pin }).toString();
            return (await visit(new URL(action, origin).href, { method: 'POST', headers, body })).status;
          }
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
        return assert.fail(await open('/sign-in'));
      },
      async stop(): Promise<number | null> {
        const ended = once(child, 'exit');
        child.kill('SIGTERM');
        const [code] = (await ended) as [number | null];
        return code;
      },
    };
  }

  test('signs in with a token of SoftHSM behind PKCS#11', async (t) => {
    const token = await makeSoftToken('EC-P256');
    t.after(() => token.close());
    const module = ['--pkcs11-module', pathOf('SoftHSM2'), '--pkcs11-token', softToken.label];
    const made = await agent(t, 'softhsm', '--reader', 'pkcs11', ...module);
    assert.ok((await made.enterPin(softToken.pin)) < 400);
    const { state, person } = await made.status();
    assert.deepEqual([state, person?.uid], ['signedIn', holder]);
    assert.equal(made.cis.live.length, 1);
    assert.equal(await made.stop(), 0);
  });

  test(
    'signs in with a card in a PC/SC reader',
    needing(['pcscd', 'vpcd', 'OpenSC', 'pcsc-mini'], { isolated: true }),
    async (t) => {
      const lab = await CardLab.start();
      t.after(() => lab.close());
      const ends: (() => Promise<void>)[] = [];
      t.after(async () => {
        for (const end of ends) await end();
      });
      const { applet } = await poweredCard({ after: (end) => void ends.push(end) });
      const made = await agent(t, 'pcsc', '--reader', 'pcsc', '--pcsc-module', pathOf('pcsc-mini'));
      assert.equal((await made.status()).state, 'noCard');
      const inserted = await lab.insert(applet);
      assert.ok((await made.enterPin('123456')) < 400);
      const { state, person } = await made.status();
      assert.deepEqual([state, person?.uid], ['signedIn', holder]);
      await inserted.remove();
      while ((await made.status()).state !== 'noCard')
        await new Promise((resolve) => setTimeout(resolve, 20));
      assert.equal(await made.stop(), 0);
    },
  );
});
