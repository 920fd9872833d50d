import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { OperatorError } from '@alongside/kernel/operator';
import { launchBrowser } from '../testing/browser.ts';
import { startInstance, type TestInstance } from '../testing/instance.ts';

const folder = mkdtempSync(join(tmpdir(), 'alongside-theme-'));
const logo = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><script>alert(1)</script></svg>';
let instance: TestInstance;

before(async () => {
  writeFileSync(
    join(folder, 'theme.css'),
    ':root { --accent: rgb(1, 2, 3); } .mark { background: url(/assets/theme/logo.svg); }',
  );
  writeFileSync(join(folder, 'logo.svg'), logo);
  writeFileSync(join(folder, 'notes.txt'), 'not served');
  instance = await startInstance({ theme: folder });
});
after(async () => {
  await instance?.stop();
  rmSync(folder, { recursive: true });
});

test("every page uses the operator's theme, with the same content security policy", async () => {
  const browser = await launchBrowser();
  try {
    const page = await browser.newPage();
    const blocked: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error') blocked.push(message.text());
    });
    for (const address of [
      instance.urls.sample,
      `${new URL(instance.urls.cis2Issuer).origin}/help/smartcard`,
    ]) {
      await page.goto(address);
      const accent = await page.evaluate(() =>
        getComputedStyle(document.documentElement).getPropertyValue('--accent').trim(),
      );
      assert.equal(accent, 'rgb(1, 2, 3)', address);
    }
    assert.deepEqual(blocked, []);
  } finally {
    await browser.close();
  }
});

test('an unknown address shows a page, also if CIS2 shares its origin with the mock', async () => {
  const { origin } = new URL(instance.urls.cis2Issuer);
  for (const path of ['/', '/half/an-address']) {
    const answer = await fetch(`${origin}${path}`, { headers: { accept: 'text/html' } });
    assert.equal(answer.status, 404);
    assert.match(await answer.text(), /<h1>There is a problem<\/h1>/);
  }
});

test('pictures are served without running scripts, and no other files are', async () => {
  const picture = await fetch(`${instance.urls.sample}/assets/theme/logo.svg`);
  assert.equal(await picture.text(), logo);
  assert.match(picture.headers.get('content-security-policy') ?? '', /sandbox/);
  assert.equal((await fetch(`${instance.urls.sample}/assets/theme/notes.txt`)).status, 404);
});

test('a folder without a theme is refused in one sentence', async () => {
  await assert.rejects(startInstance({ theme: join(folder, 'nothing') }), (error) => {
    assert.ok(error instanceof OperatorError);
    return /cannot be used: there is no theme.css in it/.test(error.message);
  });
});
