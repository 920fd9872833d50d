import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import type { Browser } from 'playwright-core';
import { launchBrowser } from '../testing/browser.ts';
import { freePort } from '../testing/free-port.ts';
import { startInstance, type TestInstance } from '../testing/instance.ts';
import { clone, packedOnce } from './packages/testing/project.ts';

const run = promisify(execFile);

describe('the example for Next.js', () => {
  let folder: string;
  let instance: TestInstance;
  let browser: Browser;
  let server: ChildProcess | undefined;
  let origin: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'next-'));
    await cp(join(clone, 'examples/next'), folder, { recursive: true });
    const npm = (...args: string[]) => run('npm', args, { cwd: folder, maxBuffer: 1 << 24 });
    await npm('ci', '--ignore-scripts');
    await npm('install', '--no-save', '--ignore-scripts', await packedOnce('@alongside/client'));
    [instance, browser] = await Promise.all([startInstance(), launchBrowser()]);
    origin = `http://localhost:${await freePort()}`;
  });
  after(async () => {
    await browser?.close();
    if (server?.exitCode === null) {
      server.kill('SIGKILL');
      await once(server, 'close');
    }
    await instance?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const next = (args: string[], env: Record<string, string> = {}): ChildProcess =>
    spawn(process.execPath, [join(folder, 'node_modules/next/dist/bin/next'), ...args], {
      cwd: folder,
      env: { ...process.env, NODE_ENV: 'production', NEXT_TELEMETRY_DISABLED: '1', ...env },
    });

  async function outputUntil(child: ChildProcess, text: string | undefined): Promise<string> {
    let output = '';
    const ended = once(child, 'close').then(() => output);
    const seen = new Promise<string>((resolve) => {
      for (const stream of [child.stdout, child.stderr])
        stream?.on('data', (part) => {
          output += part;
          if (text !== undefined && output.includes(text)) resolve(output);
        });
    });
    return Promise.race([ended, seen]);
  }

  test('builds without settings, signs in silently, reads a patient and signs out', async () => {
    const building = next(['build']);
    const built = await outputUntil(building, undefined);
    assert.equal(building.exitCode, 0, built);
    const { platform } = await instance.api<{ platform: { clientId: string; clientSecret: string } }>(
      'POST',
      '/applications',
      {
        name: 'Next.js',
        profile: 'nhs',
        platform: { callbackUrls: [`${origin}/callback`], products: ['personal-demographics-service'] },
      },
    );
    server = next(['start', '--port', new URL(origin).port], {
      ORIGIN: origin,
      API_URL: instance.urls.api,
      API_KEY: platform.clientId,
      API_SECRET: platform.clientSecret,
    });
    const started = await outputUntil(server, 'Ready in');
    assert.match(started, /Ready in/);
    await instance.signInAtDesk('gp');
    const page = await browser.newPage();
    await page.goto(origin);
    await page.getByRole('heading', { name: 'Signed in: ' }).waitFor();
    assert.equal(page.url(), `${origin}/`);
    await page.getByLabel('NHS number').fill('9000000009');
    await page.getByRole('button', { name: 'Find patient' }).click();
    await page.getByText('9000000009').waitFor();
    await page.waitForURL(`${origin}/patient`);
    for (const [number, status] of [
      ['9434765919', 404],
      ['1', 400],
    ] as const) {
      await page.goBack();
      await page.getByLabel('NHS number').fill(number);
      const answer = page.waitForResponse((response) => response.url().endsWith('/patient'));
      await page.getByRole('button', { name: 'Find patient' }).click();
      assert.equal((await answer).status(), status, number);
      await page.waitForURL(`${origin}/patient`);
    }
    await page.goBack();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.waitForURL(`${origin}/signed-out`);
  });
});
