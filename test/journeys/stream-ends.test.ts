import assert from 'node:assert/strict';
import { once } from 'node:events';
import http, { type IncomingMessage } from 'node:http';
import { after, before, beforeEach, describe, test } from 'node:test';
import { startUpstream, type TestUpstream } from '../../src/gateway/testing/upstream.ts';
import { startInstance, type TestInstance } from '../testing/instance.ts';
import { Navigator } from '../testing/navigate.ts';

const callback = 'http://localhost:1/callback';
const scope = 'urn:nhsd:apim:user-nhs-cis2:aal3:events';
const definition = `openapi: 3.0.3
info: {title: Events, version: 1.0.0}
servers: [{url: 'https://api.example.org/events'}]
x-nhsd-apim: {access: [{grants: {nhs-cis2-aal3: []}}]}
x-alongside: {validate: off}
paths:
  /all: {get: {responses: {'200': {description: ok}}}}
`;

describe('an event stream of an API', () => {
  let instance: TestInstance;
  let upstream: TestUpstream;
  let client: { client_id: string; client_secret: string };
  let accessToken: string;
  before(async () => {
    upstream = await startUpstream((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('data: 1\n\n');
    });
    instance = await startInstance();
    await instance.api('POST', '/apis', {
      entry: 'events.yaml',
      files: { 'events.yaml': definition },
      name: 'events',
      basePath: '/events',
      upstream: upstream.url,
    });
    await instance.api('POST', '/products', {
      name: 'streams',
      apis: ['events', 'oauth2.1'],
      scopes: [scope],
      limits: null,
    });
    const { platform } = await instance.api<{ platform: { clientId: string; clientSecret: string } }>(
      'POST',
      '/applications',
      { name: 'Streams', profile: 'standard', platform: { callbackUrls: [callback], products: ['streams'] } },
    );
    client = { client_id: platform.clientId, client_secret: platform.clientSecret };
    await instance.signInAtDesk('gp');
  });
  after(async () => {
    await instance?.stop();
    await upstream?.stop();
  });

  const post = (path: string, members: Record<string, string>) =>
    fetch(`${instance.urls.api}/oauth2.1/${path}`, {
      method: 'POST',
      body: new URLSearchParams({ ...client, ...members }),
    });

  beforeEach(async () => {
    const verifier = 'v'.repeat(43);
    const digest = await crypto.subtle.digest('SHA-256', Buffer.from(verifier));
    const query = new URLSearchParams({
      client_id: client.client_id,
      redirect_uri: callback,
      response_type: 'code',
      scope,
      state: 'any',
      code_challenge: Buffer.from(digest).toString('base64url'),
      code_challenge_method: 'S256',
    });
    const { address } = await new Navigator().go(
      `${instance.urls.api}/oauth2.1/authorize?${query}`,
      callback,
    );
    const code = new URL(address).searchParams.get('code') ?? '';
    const grant = { grant_type: 'authorization_code', code, redirect_uri: callback, code_verifier: verifier };
    const tokens = await post('token', grant);
    assert.equal(tokens.status, 200, await tokens.clone().text());
    ({ access_token: accessToken } = (await tokens.json()) as { access_token: string });
  });

  const ends: [string, () => Promise<unknown>][] = [
    ['its token is revoked at /oauth2.1/revoke', () => post('revoke', { token: accessToken })],
    ['the card is removed', () => instance.api('DELETE', '/readers/0/card')],
  ];
  for (const [what, end] of ends)
    test(`is cut off when ${what}`, async () => {
      const request = http.get(`${instance.urls.apis}/events/all`, {
        headers: { authorization: `Bearer ${accessToken}` },
        agent: false,
      });
      const [response] = (await once(request, 'response')) as [IncomingMessage];
      assert.equal(response.statusCode, 200);
      await once(response, 'data');
      const closed = new Promise((resolve) => response.once('close', resolve));
      response.resume().on('error', () => undefined);
      await end();
      await closed;
      assert.equal(response.complete, false);
    });
});
