import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import {
  createLocalJWKSet,
  decodeJwt,
  decodeProtectedHeader,
  type JWK,
  type JWTPayload,
  jwtVerify,
} from 'jose';
import type { Cis2Registration } from '../../oauth/applications.ts';
import { openDatabase } from '../../storage/dialects.ts';
import { Faults } from '../../storage/faults.ts';
import { Settings } from '../../storage/settings.ts';
import { Browser } from '../testing/browser.ts';
import { type Instance, startInstance } from '../testing/instance.ts';
import { redeem } from '../testing/journey.ts';
import { gp } from '../testing/people.ts';
import { type RpEndpoint, startRpEndpoint } from '../testing/rp-endpoint.ts';
import { discoveryFaults, keySetFaults, userinfoFaults } from './document-faults.ts';
import { idTokenFaults, logoutTokenFaults } from './token-faults.ts';

const storage = await openDatabase(':memory:', '');
const faults = new Faults(new Settings(storage));
let cis2: Instance;
let rp: RpEndpoint;
let platform: RpEndpoint;
let client: Cis2Registration;
before(async () => {
  rp = await startRpEndpoint();
  platform = await startRpEndpoint();
  cis2 = await startInstance({ faults, platformLogout: platform.url, platformClientId: 'platform.apps' });
  client = await cis2.register({ backchannelLogoutUri: rp.url });
  await cis2.register({
    clientId: 'platform.apps',
    backchannelLogoutUri: platform.url,
    redirectUris: ['https://api.example.test/oauth2/callback'],
  });
});
after(async () => {
  await cis2.stop();
  await rp.stop();
  await platform.stop();
  await storage.close();
});
beforeEach(() => faults.clear());

const signedIn = async () => {
  await cis2.agent.signIn(gp.uid);
  const browser = new Browser();
  const reply = await cis2.signIn(browser, client, { nonce: 'n-1', scope: 'openid nationalrbacaccess' });
  return redeem(cis2, client, reply);
};

/** Returns the error that a relying party finds in signature, issuer, audience and time; undefined for a valid token. */
async function found(token: string): Promise<string | undefined> {
  try {
    await jwtVerify(token, createLocalJWKSet((await cis2.keys.jwks()) as never), {
      issuer: cis2.issuer,
      audience: client.clientId,
      algorithms: ['RS256'],
      requiredClaims: ['sub', 'iat'],
      currentDate: new Date(cis2.clock.now()),
    });
    return undefined;
  } catch (error) {
    return (error as { code: string; claim?: string }).claim ?? (error as { code: string }).code;
  }
}

describe('fault of ID tokens', () => {
  const verified: Record<string, string> = {
    'id-token-wrong-issuer': 'iss',
    'id-token-wrong-audience': 'aud',
    'id-token-expired': 'exp',
    'id-token-without-subject': 'sub',
    'id-token-without-issue-time': 'iat',
    'id-token-unsigned': 'ERR_JOSE_ALG_NOT_ALLOWED',
    'id-token-wrong-signature': 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED',
    'id-token-unknown-key': 'ERR_JWKS_NO_MATCHING_KEY',
    'id-token-unnamed-unknown-key': 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED',
  };
  const seen: Record<string, (claims: JWTPayload, token: string) => boolean> = {
    'id-token-wrong-nonce': ({ nonce }) => nonce !== 'n-1',
    'id-token-unnamed-key': (_, token) => decodeProtectedHeader(token).kid === undefined,
    'id-token-old-sign-in': ({ auth_time, iat }) => Number(auth_time) < Number(iat) - 80_000,
    'id-token-low-authentication-level': (claims) => claims.authentication_assurance_level === '1',
    'id-token-low-identity-level': (claims) => claims.id_assurance_level === '1',
    'id-token-empty-role': ({ selected_roleid }) => selected_roleid === '',
  };
  test('leaves tokens correct without an active fault', async () => {
    const { id_token: token } = await signedIn();
    assert.equal(await found(token), undefined);
    for (const wrong of Object.values(seen)) assert.equal(wrong(decodeJwt(token), token), false);
  });
  for (const { name } of idTokenFaults)
    test(name, async () => {
      await faults.set(name, { next: 1 });
      const { id_token: token } = await signedIn();
      assert.equal(await found(token), verified[name]);
      assert.ok(verified[name] !== undefined || seen[name]?.(decodeJwt(token), token));
      assert.equal(
        await found((await signedIn()).id_token),
        undefined,
        'it has happened as often as was said',
      );
    });
});

describe('fault of logout tokens', () => {
  const wrong: Record<string, (claims: JWTPayload, token: string) => unknown> = {
    'logout-token-wrong-issuer': ({ iss }) => iss !== cis2.issuer,
    'logout-token-wrong-audience': ({ aud }) => aud !== client.clientId,
    'logout-token-without-event': ({ events }) => events === undefined,
    'logout-token-wrong-event': ({ events }) => Object.keys(events as object)[0]?.includes('example.test'),
    'logout-token-with-nonce': ({ nonce }) => nonce !== undefined,
    'logout-token-unsigned': (_, token) => decodeProtectedHeader(token).alg === 'none' && token.endsWith('.'),
    'logout-token-wrong-signature': async (_, token) =>
      (await found(token)) === 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED',
    'logout-token-wrong-algorithm': (_, token) => decodeProtectedHeader(token).alg === 'ES256',
    'logout-token-old': async (_, token) => (await found(token)) === 'exp',
    'logout-token-without-session': ({ sid, sub }) => sid === undefined && sub === undefined,
  };
  for (const { name } of logoutTokenFaults)
    test(name, async () => {
      rp.received = [];
      platform.received = [];
      const sessionId = await cis2.agent.signIn(gp.uid);
      await cis2.signIn(new Browser(), client);
      await faults.set(name, {});
      await cis2.sessionEnded({
        sessionId,
        agentId: cis2.agent.id,
        uid: gp.uid,
        cause: 'cardRemoved',
        generation: 'hscn',
      });
      await cis2.background.settled();
      const [toParty = '', toPlatform = ''] = [rp, platform].map(
        ({ received }) => received[0]?.get('logout_token') ?? '',
      );
      assert.ok(await wrong[name]?.(decodeJwt(toParty), toParty));
      assert.equal(decodeProtectedHeader(toPlatform).alg, 'RS256');
      const { iss, events, nonce, sid } = decodeJwt(toPlatform);
      assert.deepEqual([iss, nonce, typeof sid, typeof events], [cis2.issuer, undefined, 'string', 'object']);
    });
});

describe('fault of userinfo', () => {
  const wrong: Record<string, (claims: Record<string, unknown>) => boolean> = {
    'userinfo-other-subject': ({ sub }) => sub !== gp.uid,
    'userinfo-no-roles': ({ nhsid_nrbac_roles: roles }) => (roles as []).length === 0,
    'userinfo-single-objects': ({ nhsid_nrbac_roles: roles }) => !Array.isArray(roles),
  };
  for (const { name } of userinfoFaults)
    test(name, async () => {
      const { access_token: token } = await signedIn();
      const ask = async () =>
        (await fetch(`${cis2.issuer}/userinfo`, { headers: { authorization: `Bearer ${token}` } })).json();
      const right = (await ask()) as Record<string, unknown>;
      await faults.set(name, { next: 1 });
      const spoilt = (await ask()) as Record<string, unknown>;
      assert.deepEqual([wrong[name]?.(right), wrong[name]?.(spoilt)], [false, true]);
      assert.deepEqual(await ask(), right);
    });
});

describe('fault of a document', () => {
  const get = async (address: string) => {
    const answer = await fetch(address);
    return {
      body: (await answer.json()) as Record<string, unknown>,
      cached: answer.headers.get('cache-control'),
    };
  };
  const document = () => get(`${cis2.issuer}/.well-known/openid-configuration`);
  const keySet = () => get(`${cis2.issuer}/connect/jwk_uri`);
  const spoilt = async (name: string, ask: typeof document) => {
    const right = await ask();
    await faults.set(name, { next: 1 });
    const wrong = await ask();
    assert.equal(wrong.cached, 'no-store');
    assert.deepEqual(await ask(), right);
    return { right: right.body, wrong: wrong.body };
  };
  const names = new Set<string>();
  const known = (name: string) => {
    names.add(name);
    return name;
  };
  test(known('discovery-other-issuer'), async () => {
    const { right, wrong } = await spoilt('discovery-other-issuer', document);
    assert.deepEqual(wrong, { ...right, issuer: 'https://issuer.example.test' });
  });
  test(known('discovery-empty-key-set'), async () => {
    const { wrong } = await spoilt('discovery-empty-key-set', document);
    assert.deepEqual((await get(String(wrong.jwks_uri))).body, { keys: [] });
  });
  test(known('key-set-single'), async () => {
    await cis2.keys.rotate('now');
    const { right, wrong } = await spoilt('key-set-single', keySet);
    const rsa = (set: Record<string, unknown>) => (set.keys as JWK[]).filter(({ kty }) => kty === 'RSA');
    assert.ok(rsa(right).length > 1);
    const { id_token } = await signedIn();
    assert.deepEqual(
      rsa(wrong).map(({ kid }) => kid),
      [decodeProtectedHeader(id_token).kid],
    );
  });
  test('has a test for each fault', () => {
    assert.deepEqual(names, new Set([...discoveryFaults, ...keySetFaults].map(({ name }) => name)));
  });
});

describe('schedule of a fault', () => {
  const fault = { name: 'some-fault', summary: '' };
  const times = async (count: number): Promise<string> => {
    let shown = '';
    for (let n = 0; n < count; n++) shown += (await faults.happening([fault])).length;
    return shown;
  };
  test('injects always, a number of times, after a number of times, or never', async () => {
    assert.equal(await times(2), '00');
    await faults.set(fault.name, {});
    assert.equal(await times(4), '1111');
    await faults.set(fault.name, { after: 2, next: 2 });
    assert.equal(await times(6), '001100');
    assert.equal((await faults.on()).size, 0, 'it is off afterwards');
    await faults.set(fault.name, { probability: 0 });
    assert.equal(await times(5), '00000');
  });
  test('counts each of simultaneous injections once', async () => {
    await faults.set(fault.name, { next: 3 });
    const all = await Promise.all(Array.from({ length: 20 }, () => faults.happening([fault])));
    assert.equal(all.flat().length, 3);
  });
});
