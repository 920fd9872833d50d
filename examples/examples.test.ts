import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, describe, type TestContext, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { launchBrowser } from '../test/testing/browser.ts';
import { freePort } from '../test/testing/free-port.ts';
import { startInstance, type TestInstance } from '../test/testing/instance.ts';

const here = import.meta.dirname;

for (const [name, most] of [
  ['native-app.ts', 15],
  ['express.ts', 28],
] as const) {
  test(`the README of the client library contains a part of ${name}`, async () => {
    const readme = await readFile(join(here, '../client/README.md'), 'utf8');
    const example = await readFile(join(here, name), 'utf8');
    const [, region = ''] = /#region readme\n([\s\S]*?)\n *\/\/ #endregion/.exec(example) ?? [];
    const indent = /^ */.exec(region)?.[0] ?? '';
    const program = region.replaceAll(new RegExp(`^${indent}`, 'gm'), '');
    assert.ok(readme.includes(`\n${program}\n\`\`\``), `copy the region of ${name} into the README`);
    assert.ok(program.split('\n').length <= most);
  });
}

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

  async function start(t: TestContext, example: string, isServer = true) {
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
    return { child, address: isServer ? await firstAddress(child) : '', output: collected(child) };
  }

  for (const [what, example] of [
    ['Express, combined', 'express.ts'],
    ['Fastify, separate', 'fastify.ts'],
  ] as const) {
    test(`${what}: signs in without a prompt, finds a patient, signs out`, async (t) => {
      const { address } = await start(t, example);
      const page = await browser.newPage();
      await page.goto(address);
      assert.equal(page.url(), address);
      await page.fill('input[name=number]', '900 000 0009');
      await page.click('text=Find patient');
      assert.match((await page.textContent('body')) ?? '', /Smith, 2010-10-22, 9000000009/);
      await page.goBack();
      await page.fill('input[name=number]', '<b>');
      await page.click('text=Find patient');
      assert.match((await page.textContent('body')) ?? '', /ten digits/);
      await page.goBack();
      await page.fill('input[name=number]', '943 476 5919');
      const unknown = page.waitForResponse((response) => response.url().endsWith('/patient'));
      await page.click('text=Find patient');
      assert.equal((await unknown).status(), 404);
      assert.doesNotMatch((await page.textContent('body')) ?? '', /node_modules|at async/);
      await page.goto(address);
      const answer = page.waitForResponse((response) => response.url().endsWith('/sign-out'));
      await page.click('text=Sign out');
      assert.match((await (await answer).allHeaders())['set-cookie'] ?? '', /-session=; .*Max-Age=0/);
    });
  }

  // alongside check cannot restart an application that has the metadata already.
  for (const [fault, refusal] of [
    ['discovery-other-issuer', /names the issuer "https:.*must be the same/],
    ['discovery-empty-key-set', /no key of the issuer fits it/],
  ] as const) {
    test(`Fastify, separate: signs nobody in with the fault ${fault}`, async (t) => {
      await instance.api('PUT', `/faults/${fault}`, {});
      t.after(() => instance.api('DELETE', `/faults/${fault}`));
      const { address } = await start(t, 'fastify.ts');
      const page = await browser.newPage();
      await page.goto(address);
      assert.match((await page.textContent('body')) ?? '', refusal);
      assert.equal(await page.title(), 'You are not signed in');
    });
  }

  test('APIs: calls Hello World, and searches and updates at PDS', async (t) => {
    const { child, output } = await start(t, 'apis.ts', false);
    assert.deepEqual(await once(child, 'exit'), [0, null]);
    assert.match(await output, /Hello User.*\n9000000009: female, now male \(W\/"3"\)/);
  });

  test('prescription: prepares, signs with card and PIN, wraps and verifies', async (t) => {
    const { child, output } = await start(t, 'prescribe.ts', false);
    assert.deepEqual(await once(child, 'exit'), [0, null]);
    const printed = await output;
    assert.match(printed, /<Signature xmlns="http:\/\/www\.w3\.org\/2000\/09\/xmldsig#"><SignedInfo><Canon/);
    assert.match(
      printed,
      /\(656005750108\) and verified: signature, digest and issuer of the certificate\.\n$/,
    );
  });

  test('prescription: signs also with a card whose owner is not signed in', async (t) => {
    const own = await startInstance();
    t.after(() => own.stop());
    await own.api('PUT', '/readers/0/card', { card: 'nurse' });
    const child = spawn(process.execPath, [join(here, 'prescribe.ts')], {
      env: { ...process.env, ALONGSIDE_STATE: own.state.stateFile, ALONGSIDE_PORT_BASE: '' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const printed = text(child.stdout);
    assert.deepEqual(await once(child, 'exit'), [0, null]);
    assert.match(await printed, /\(656005750105\) and verified/);
  });

  test('prescription: ends with one sentence without a card', async (t) => {
    const own = await startInstance();
    t.after(() => own.stop());
    const child = spawn(process.execPath, [join(here, 'prescribe.ts')], {
      env: { ...process.env, ALONGSIDE_STATE: own.state.stateFile, ALONGSIDE_PORT_BASE: '' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const errors = text(child.stderr);
    assert.deepEqual(await once(child, 'exit'), [1, null]);
    assert.equal(await errors, 'No card is in the reader: run "npx alongside card insert gp" first.\n');
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
