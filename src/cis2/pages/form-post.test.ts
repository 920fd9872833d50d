import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { launchBrowser } from '../../../test/testing/browser.ts';
import { type Instance, startInstance } from '../testing/instance.ts';
import { gp } from '../testing/people.ts';

/** An application that redirects from its callback to a page at another origin. */
function startApplication(): Server {
  return createServer((request, response) => {
    const { port } = server.address() as AddressInfo;
    if (request.method === 'POST') response.writeHead(303, { location: `http://localhost:${port}/home` });
    response.end('at home');
  });
}

const server = startApplication();
let chromium: Browser;
let cis2: Instance;
before(async () => {
  await new Promise<void>((resolve) => server.listen(0, resolve));
  [chromium, cis2] = await Promise.all([launchBrowser(), startInstance()]);
  await cis2.agent.signIn(gp.uid);
});
after(async () => {
  await chromium.close();
  await cis2.stop();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

test('form_post lets an application redirect from its callback to another origin', async () => {
  const { port } = server.address() as AddressInfo;
  const client = await cis2.register({ redirectUris: [`http://127.0.0.1:${port}/callback`] });
  const page = await chromium.newPage();
  await page.goto(cis2.authorizeUrl(client, { response_mode: 'form_post', prompt: 'none' }));
  await page.waitForURL(`http://localhost:${port}/home`);
  assert.equal(await page.textContent('body'), 'at home');
});
