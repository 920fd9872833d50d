import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { uuid } from '@alongside/kernel/ids';
import type { Cis2Registration } from '../../oauth/applications.ts';
import { networkLimits } from '../../oauth/network-limit.ts';
import { sql } from '../../storage/database.ts';
import { Browser, form, type Reply, send } from '../testing/browser.ts';
import { type Instance, startInstance } from '../testing/instance.ts';
import { gp } from '../testing/people.ts';
import { newProver } from '../testing/strong-client.ts';

describe('rows of unauthenticated requests', () => {
  const perMinute = 4;
  let cis2: Instance;
  let client: Cis2Registration;
  before(async () => {
    cis2 = await startInstance(
      { networkLimits: networkLimits.parse({ rows: perMinute }) },
      ':memory:',
      undefined,
      'localhost',
    );
    client = await cis2.register();
  });
  after(() => cis2.stop());
  beforeEach(() => cis2.clock.advance(60));

  const from = (address: string) => ({ 'x-forwarded-for': address });
  const rows = async (): Promise<number> => {
    const counted = await cis2.database.get<{ total: number }>(
      sql("SELECT COUNT(*) AS total FROM single_use WHERE kind NOT LIKE 'network-%'"),
    );
    return Number(counted?.total);
  };
  const isRefused = async ({ status, body }: Reply, before: number): Promise<void> => {
    assert.equal(status, 429);
    assert.match(body, /too many sign-ins from your network/);
    assert.equal(await rows(), before);
  };
  /** Uses up the limit of a network. A sign-in creates one row. */
  const flood = async (address: string): Promise<void> => {
    const replies: number[] = [];
    for (let n = 0; n <= perMinute; n += 1)
      replies.push((await new Browser().get(cis2.authorizeUrl(client), from(address))).status);
    assert.deepEqual([replies[0], replies.at(-1)], [302, 429]);
  };

  test('are limited for each IPv6 /64 network, without a row for a refused request', async () => {
    await flood('2001:db8:1:1::1');
    const before = await rows();
    await isRefused(await new Browser().get(cis2.authorizeUrl(client), from('2001:db8:1:1::2')), before);
    assert.equal((await new Browser().get(cis2.authorizeUrl(client), from('2001:db8:1:2::1'))).status, 302);
  });

  test('do not limit single sign-on, which creates no rows', async () => {
    const browser = new Browser();
    await cis2.agent.signIn(gp.uid);
    const hop = await browser.get(cis2.authorizeUrl(client));
    await browser.get(await cis2.agent.answer(hop.location));
    cis2.clock.advance(60);
    await flood('127.0.0.1');
    const silent = await browser.get(cis2.authorizeUrl(client, { prompt: 'none' }));
    assert.match(silent.location, /[?&]code=/);
  });

  const pages: [string, string][] = [
    ['a passkey challenge', 'passkey'],
    ['a hand-off request', 'smartcard'],
  ];
  for (const [name, part] of pages)
    test(`are refused for ${name} of a sign-in in progress`, async () => {
      const browser = new Browser();
      const { location } = await browser.get(
        cis2.authorizeUrl(client, { acr_values: 'AAL2_OR_AAL3_ANY', prompt: 'select_account' }),
        from('192.0.2.7'),
      );
      for (let n = 1; n < perMinute; n += 1)
        assert.ok((await browser.get(`${location}/${part}`, from('192.0.2.7'))).status < 400);
      const before = await rows();
      await isRefused(await browser.get(`${location}/${part}`, from('192.0.2.7')), before);
    });

  test('are refused for a pushed request of a public client', async () => {
    const spa = await cis2.register({
      profile: 'standard',
      tokenEndpointAuthMethod: 'none',
      secrets: [],
      pkce: 'required',
    });
    const body = form({
      client_id: spa.clientId,
      response_type: 'code',
      redirect_uri: spa.redirectUris[0] ?? '',
      scope: 'openid',
      code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
      code_challenge_method: 'S256',
    });
    const push = (address: string) =>
      send(
        'POST',
        `${cis2.issuer}/par`,
        { 'content-type': 'application/x-www-form-urlencoded', ...from(address) },
        body,
      );
    for (let n = 0; n < perMinute; n += 1) assert.equal((await push('192.0.2.6')).status, 201);
    const before = await rows();
    assert.equal((await push('192.0.2.6')).status, 429);
    assert.equal(await rows(), before);
    assert.equal((await push('192.0.2.5')).status, 201);
  });

  test('are refused for a proof of a public client', async () => {
    const spa = await cis2.register({ profile: 'standard', tokenEndpointAuthMethod: 'none', secrets: [] });
    const [prover, proofs] = [await newProver(cis2), cis2.singleUse.jtis];
    const redeem = async (address: string) => {
      const [jti, htu] = [uuid(), `${cis2.issuer}/access_token`];
      const { status } = await send(
        'POST',
        htu,
        {
          'content-type': 'application/x-www-form-urlencoded',
          dpop: await prover.proof('POST', htu, { jti }),
          ...from(address),
        },
        form({ client_id: spa.clientId, grant_type: 'authorization_code', code: 'x', redirect_uri: 'x' }),
      );
      return [status, await proofs.isUsed('dpop-jti', `${prover.jkt}\n${htu}\n${jti}`, 71_000)];
    };
    for (let n = 0; n < perMinute; n += 1) assert.deepEqual(await redeem('192.0.2.4'), [400, true]);
    assert.deepEqual(await redeem('192.0.2.4'), [429, false]);
    assert.deepEqual(await redeem('192.0.2.3'), [400, true]);
  });

  test('are refused for the confirmation of a sign-out', async () => {
    const browser = new Browser();
    await cis2.agent.signIn(gp.uid);
    const hop = await browser.get(cis2.authorizeUrl(client));
    await browser.get(await cis2.agent.answer(hop.location));
    cis2.clock.advance(60);
    const ask = () => browser.get(`${cis2.issuer}/connect/endSession`, from('192.0.2.8'));
    for (let n = 0; n < perMinute; n += 1) assert.equal((await ask()).status, 200);
    const before = await rows();
    await isRefused(await ask(), before);
  });
});
