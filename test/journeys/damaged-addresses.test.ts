import assert from 'node:assert/strict';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { realmPath } from '../../src/service.ts';
import { startInstance, type TestInstance } from '../testing/instance.ts';

// An invalid percent-encoding or invalid UTF-8 (RFC 3986 section 2.1): each listener refuses it in its own format.
let instance: TestInstance;
before(async () => {
  instance = await startInstance();
});
after(() => instance.stop());

/** Sends an address unchanged; a URL object would correct it. */
async function ask(origin: string, path: string) {
  const { hostname, port } = new URL(origin);
  const [answer] = (await once(get({ hostname, port, path, agent: false }), 'response')) as [IncomingMessage];
  return {
    status: answer.statusCode,
    type: answer.headers['content-type'] ?? '',
    body: await text(answer),
  };
}

const oauth = /^\{"error":"invalid_request","error_description":"[^"]+","message_id":"[^"]+"\}$/;
const plain = /^\{"error":"invalid_request","error_description":"The address is not well-formed\."\}$/;
const page = /<!doctype html>[\s\S]*The address is not well-formed\./;

const listeners: readonly [string, (urls: TestInstance['urls']) => string, string, RegExp, RegExp][] = [
  [
    'CIS2, what people see',
    (urls) => new URL(urls.cis2Issuer).origin,
    `${realmPath}/authorize`,
    /html/,
    page,
  ],
  ['CIS2, what services ask', (urls) => new URL(urls.cis2Issuer).origin, '/cis2/sessions', /json/, plain],
  ['the authorisation service as published', ({ api }) => api, '/oauth2/authorize', /json/, oauth],
  ['the authorisation service by the RFCs', ({ api }) => api, '/oauth2.1/authorize', /json/, oauth],
  [
    'PDS',
    ({ api }) => api,
    '/personal-demographics/FHIR/R4/Patient',
    /json/,
    /"resourceType":"OperationOutcome"/,
  ],
  ['hello-world', ({ api }) => api, '/hello-world/hello/user', /json/, /"fault":\{/],
  ['the console', ({ console }) => console, '/api/v1/people', /json/, plain],
  ['CIS', ({ cis }) => cis, '/people', /json/, plain],
  ['the agent', ({ identityAgent }) => identityAgent, '/self-service', /html/, page],
];

const ordered = ['PDS', 'hello-world'];

for (const [name, origin, path, type, body] of listeners)
  test(`${name} refuses a malformed address in its own format`, async () => {
    // The gateway checks the token before the query.
    const queries = ordered.includes(name) ? [] : [`${path}?x=%zz`, `${path}?x=%FF`];
    for (const damaged of [`${path}/%zz`, `${path}/%E0%A4%A`, `${path}/%`, ...queries]) {
      const answer = await ask(origin(instance.urls), damaged);
      assert.equal(answer.status, 400, damaged);
      assert.match(answer.type, type, damaged);
      assert.match(answer.body, body, damaged);
    }
  });

test('an unknown address gets the usual response, and a valid one is not changed', async () => {
  const { api, sample, cis2Issuer, cis } = instance.urls;
  const forms = [
    [api, plain],
    [sample, plain],
    [new URL(cis2Issuer).origin, page],
  ] as const;
  for (const [url, form] of forms) {
    const answer = await ask(url, '/%zz');
    assert.equal(answer.status, 400, url);
    assert.match(answer.body, form, url);
  }
  assert.equal((await ask(cis, '/nothing/%C3%A9?x=%C3%A9+%25')).status, 404);
});
