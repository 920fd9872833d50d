import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { decodeJwt } from 'jose';
import { startInstance, type TestInstance } from '../testing/instance.ts';
import { Navigator } from '../testing/navigate.ts';

interface Session {
  sid: string;
  uid: string;
  clients: string[];
}

// Causes of ended sessions through the real services: the relying party is notified, and the log has the cause.
describe('the end of a session at CIS2', () => {
  const redirectUri = 'https://rp.example.test/callback';
  let instance: TestInstance;
  let rp: Server;
  let told: { sub?: string; sid?: string }[] = [];
  let listeners: (() => void)[] = [];
  let clientId: string;
  let secret: string;
  before(async () => {
    rp = createServer((request, response) => {
      let body = '';
      request.on('data', (part) => {
        body += part;
      });
      request.on('end', () => {
        told.push(decodeJwt(new URLSearchParams(body).get('logout_token') ?? '') as never);
        response.end();
        for (const listener of listeners) listener();
      });
    });
    await new Promise<void>((resolve) => rp.listen(0, '127.0.0.1', resolve));
    instance = await startInstance();
    const made = await instance.api<{ cis2: { clientId: string; clientSecret: string } }>(
      'POST',
      '/applications',
      {
        name: 'Told of logouts',
        cis2: {
          redirectUris: [redirectUri],
          backchannelLogoutUri: `http://127.0.0.1:${(rp.address() as AddressInfo).port}/logout`,
          firstAuthenticator: 'smartcard',
        },
      },
    );
    ({ clientId, clientSecret: secret } = made.cis2);
  });
  after(async () => {
    await instance?.stop();
    rp.close();
  });
  beforeEach(async () => {
    told = [];
    await instance.signInAtDesk('gp');
  });
  afterEach(async () => {
    listeners = [];
    await instance.call('PATCH', '/people/gp', { disabled: false });
    await instance.call('DELETE', '/readers/0/card');
  });

  /** Resolves when the relying party is notified; limited by the test's own time limit. */
  const isTold = () =>
    new Promise<void>((resolve) => {
      listeners.push(resolve);
      if (told.length > 0) resolve();
    });

  async function signIn(): Promise<{ session: Session; userinfo: () => Promise<number> }> {
    const query = new URLSearchParams({
      response_type: 'code',
      client_id: clientId,
      redirect_uri: redirectUri,
      scope: 'openid profile',
      state: 's',
    });
    const { address } = await new Navigator().go(
      `${instance.urls.cis2Issuer}/authorize?${query}`,
      redirectUri,
    );
    const body = new URLSearchParams({
      grant_type: 'authorization_code',
      code: new URL(address).searchParams.get('code') ?? '',
      redirect_uri: redirectUri,
      client_id: clientId,
      client_secret: secret,
    });
    const answer = await fetch(`${instance.urls.cis2Issuer}/access_token`, { method: 'POST', body });
    const tokens = (await answer.json()) as { access_token: string };
    const { sessions } = await instance.api<{ sessions: Session[] }>('GET', '/sessions?person=gp');
    const session = sessions.find(({ clients }) => clients.includes(clientId));
    assert.ok(session);
    return {
      session,
      userinfo: async () =>
        (
          await fetch(`${instance.urls.cis2Issuer}/userinfo`, {
            headers: { authorization: `Bearer ${tokens.access_token}` },
          })
        ).status,
    };
  }

  const causes: [string, string, (session: Session) => Promise<unknown>][] = [
    ['an administrator ends it', 'administrator', ({ sid }) => instance.api('DELETE', `/sessions/${sid}`)],
    ['the person is disabled', 'disabled', () => instance.api('PATCH', '/people/gp', { disabled: true })],
    ['the card leaves', 'cardRemoved', () => instance.api('DELETE', '/readers/0/card')],
    ['the person signs out at the agent', 'signedOut', () => instance.api('DELETE', '/agent/session')],
  ];
  for (const [name, cause, happen] of causes)
    test(`${name}: ${cause}`, async () => {
      const { session, userinfo } = await signIn();
      assert.equal(await userinfo(), 200);
      await happen(session);
      await isTold();
      assert.deepEqual(
        told.map(({ sub, sid }) => [sub, sid]),
        [[session.uid, session.sid]],
      );
      assert.equal(await userinfo(), 401);
      const { sessions } = await instance.api<{ sessions: Session[] }>('GET', '/sessions?person=gp');
      assert.ok(!sessions.some(({ sid }) => sid === session.sid));
      const log = await instance.api<{ deliveries: { sid: string; clientId: string; cause: string }[] }>(
        'GET',
        '/logout-deliveries',
      );
      const entry = log.deliveries.find((one) => one.sid === session.sid && one.clientId === clientId);
      assert.equal(entry?.cause, cause);
    });
});
