import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, type TestContext, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { launchBrowser } from '../test/testing/browser.ts';
import { startInstance, type TestInstance } from '../test/testing/instance.ts';

const here = import.meta.dirname;

test('the program in the README of the client library is part of an example', async () => {
  const readme = await readFile(join(here, '../client/README.md'), 'utf8');
  const example = await readFile(join(here, 'native-app.ts'), 'utf8');
  const [, region = ''] = /#region readme\n([\s\S]*?)\n *\/\/ #endregion/.exec(example) ?? [];
  const program = region.replace(/^ {2}/gm, '');
  assert.ok(readme.includes(`\n${program}\n\`\`\``), 'copy the region of native-app.ts into the README');
  assert.ok(program.split('\n').length <= 15);
});

describe('the web examples, at a running instance', () => {
  let instance: TestInstance;
  let browser: Browser;
  before(async () => {
    instance = await startInstance();
    await instance.signInAtDesk('gp');
    browser = await launchBrowser();
  });
  after(async () => {
    await browser?.close();
    await instance?.stop();
  });

  async function start(t: TestContext, example: string) {
    const port = await freePort();
    const env = {
      ...process.env,
      ALONGSIDE_STATE: instance.state.stateFile,
      ALONGSIDE_PORT_BASE: '',
      PORT: `${port}`,
    };
    const child = spawn(process.execPath, [join(here, example)], {
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    t.after(() => child.kill());
    return { child, address: await firstAddress(child), output: collected(child) };
  }

  test('combined: signs in without a prompt, finds a patient, signs out', async (t) => {
    const { address } = await start(t, 'combined-web.ts');
    const page = await browser.newPage();
    await page.goto(address);
    await page.click('text=Sign in');
    await page.waitForURL(address);
    await page.fill('input[name=number]', '900 000 0009');
    await page.click('text=Find patient');
    assert.match((await page.textContent('main')) ?? '', /Smith, 2010-10-22, 9000000009/);
    await page.click('text=Back');
    await page.fill('input[name=number]', '<b>');
    await page.click('text=Find patient');
    assert.match((await page.textContent('main')) ?? '', /ten digits/);
    await page.goto(address);
    await page.click('text=Sign out');
    assert.match((await page.textContent('main')) ?? '', /^Sign in$/);
  });

  test('separate: signs in at CIS2, exchanges, reads a patient', async (t) => {
    const { child, address, output } = await start(t, 'separate.ts');
    const ended = once(child, 'exit');
    const page = await browser.newPage();
    await page.goto(address);
    assert.deepEqual(await ended, [0, null]);
    assert.match(await output, /authentication level 3\n.*Smith, born 2010-10-22, NHS number 9000000009/);
  });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, 'localhost');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  return typeof address === 'object' && address ? address.port : 0;
}

function firstAddress(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    child.stdout?.on('data', (piece) => {
      text += piece;
      const [address] = /http:\S+/.exec(text) ?? [];
      if (address && text.endsWith('\n')) resolve(address);
    });
    child.once('exit', (code) =>
      reject(new Error(`the example ended with ${code} before it said where it is`)),
    );
  });
}

async function collected(child: ChildProcess): Promise<string> {
  let text = '';
  child.stdout?.on('data', (piece) => {
    text += piece;
  });
  await once(child, 'close');
  return text;
}
