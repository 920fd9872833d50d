import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { type Browser, createNative, panelBrowser, separateBrowser } from '@alongside/client';
import { browserFlags, browserPath } from '../testing/browser.ts';
import { startInstance, type TestInstance } from '../testing/instance.ts';

const run = promisify(execFile);
const scope = 'urn:nhsd:apim:user-nhs-cis2:aal3:personal-demographics-service';
const executable = browserPath();

/** Returns the browsers on this machine with this folder in their command line. The address of a sign-in is in none. */
async function running(needle: string): Promise<string[]> {
  const { stdout } = await run('ps', ['-eo', 'pid,args', '--no-headers'], { maxBuffer: 1e7 });
  return stdout.split('\n').filter((line) => line.includes(needle) && line.includes('chrom'));
}

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'native-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Looks at the command lines of a browser, which every user of the machine can read. */
const watched = (browser: Browser, folder: string): Browser => ({
  async open(url) {
    const opened = await browser.open(url);
    const lines = await running(folder);
    assert.ok(
      lines.some((line) => line.includes(`--app=${url}`)),
      lines.join('\n'),
    );
    for (const line of lines) assert.doesNotMatch(line, /state=|code_challenge|client_id|authorize/);
    return opened;
  },
});

describe('a native application', () => {
  let instance: TestInstance;
  before(async () => {
    instance = await startInstance();
    await instance.signInAtDesk('gp');
  });
  after(async () => {
    await instance?.stop();
  });

  for (const [kind, open] of [
    ['a separate browser, launched and closed', separateBrowser],
    ['an embedded panel', panelBrowser],
  ] as const) {
    test(`${kind}: gets tokens without a prompt, and its window is closed`, async (t) => {
      const profileFolder = folderOf(t);
      const application = createNative({
        issuer: `${instance.urls.api}/oauth2.1`,
        clientId: 'demo-native',
        scope,
      });
      const tokens = await application.signIn({
        browser: watched(
          open({ executable, profileFolder, flags: [...browserFlags, '--headless'] }),
          profileFolder,
        ),
        timeoutMs: 30_000,
      });
      const response = await fetch(`${instance.urls.api}/personal-demographics/FHIR/R4/Patient/9000000009`, {
        headers: { authorization: `Bearer ${tokens.accessToken}`, 'x-request-id': crypto.randomUUID() },
      });
      assert.equal(response.status, 200);
      assert.equal(((await response.json()) as { id: string }).id, '9000000009');
      assert.deepEqual(await running(profileFolder), []);
    });
  }

  test('has one journey for a sign-in, and one for a refused sign-in', async () => {
    type Listed = { journeys: { outcome: string; application: { id: string } | null }[] };
    const list = async (query: string) => (await instance.api<Listed>('GET', `/journeys?${query}`)).journeys;
    const outcomesOf = async (query: string) => (await list(query)).map(({ outcome }) => outcome);
    const before = await outcomesOf('application=demo-native');
    const issuer = `${instance.urls.api}/oauth2.1`;
    const browser = separateBrowser({ executable, flags: [...browserFlags, '--headless'] });
    await createNative({ issuer, clientId: 'demo-native', scope }).signIn({ browser, timeoutMs: 30_000 });
    assert.deepEqual(await outcomesOf('application=demo-native'), ['succeeded', ...before]);

    const refusals = await outcomesOf('outcome=refused');
    const unknown = createNative({ issuer, clientId: 'unknown-native', scope });
    await assert.rejects(unknown.signIn({ browser }), { error: 'invalid_client' });
    assert.deepEqual(await outcomesOf('outcome=refused'), ['refused', ...refusals]);
  });

  test('examples/native-app.ts prints the patient, and its window is closed', async (t) => {
    const folder = folderOf(t);
    const { stdout } = await run(process.execPath, ['examples/native-app.ts'], {
      env: {
        ...process.env,
        ALONGSIDE_STATE: instance.state.stateFile,
        ALONGSIDE_BROWSER: executable,
        DISPLAY: '',
        TMPDIR: folder,
      },
      timeout: 60_000,
    });
    assert.match(stdout, /Smith/i);
    assert.match(stdout, /2010-10-22/);
    assert.deepEqual(await running(folder), []);
  });
});
