import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { SigningKeys } from '@alongside/kernel/keys';
import { createLocalJWKSet, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from 'jose';
import type { Cis2Registration } from '../../../oauth/applications.ts';
import { StoredKeys } from '../../../storage/signing-keys.ts';
import { Browser, send } from '../../testing/browser.ts';
import { type Instance, startInstance } from '../../testing/instance.ts';
import { redeem } from '../../testing/journey.ts';
import { gp } from '../../testing/people.ts';

const day = 86_400;
const algorithms = ['RS256', 'PS256', 'ES256'] as const;

let cis2: Instance;
const clients: Cis2Registration[] = [];
before(async () => {
  cis2 = await startInstance();
  for (const idTokenSigningAlg of algorithms) {
    await cis2.keys.ensure(idTokenSigningAlg);
    clients.push(await cis2.register({ profile: 'standard', idTokenSigningAlg }));
  }
});
after(() => cis2.stop());

const fetchKeys = async (): Promise<JSONWebKeySet> =>
  JSON.parse((await send('GET', `${cis2.issuer}/connect/jwk_uri`)).body);

/** A relying party that fetches the keys once, and again only for an unknown kid. */
class CachingParty {
  keys: JSONWebKeySet | undefined;
  fetches = 0;
  async verify(token: string): Promise<void> {
    const { kid } = decodeProtectedHeader(token);
    if (!this.keys?.keys.some((key) => key.kid === kid)) {
      this.keys = await fetchKeys();
      this.fetches += 1;
    }
    await jwtVerify(token, createLocalJWKSet(this.keys), {
      issuer: cis2.issuer,
      currentDate: new Date(cis2.clock.now()),
    });
  }
}

const idToken = async (client: Cis2Registration): Promise<string> => {
  const back = await cis2.signIn(new Browser(), client);
  return (await redeem(cis2, client, back)).id_token;
};

/** Signs in at each client twice at the same time, and verifies all tokens. */
async function signIns(party: CachingParty): Promise<string[]> {
  return Promise.all(
    [...clients, ...clients].map(async (client) => {
      const token = await idToken(client);
      await party.verify(token);
      return token;
    }),
  );
}

describe('key rotation under load', () => {
  test('keeps every token valid over ten rotations by command', async () => {
    await cis2.agent.signIn(gp.uid);
    const party = new CachingParty();
    const tokens: string[] = [];
    for (let time = 0; time < 10; time++) {
      const [made] = await Promise.all([signIns(party), cis2.keys.rotate('now')]);
      tokens.push(...made);
    }
    const kids = new Set(tokens.map((token) => decodeProtectedHeader(token).kid));
    // Tokens of a round are signed before or after its rotation, so that two rounds may share their keys.
    assert.ok(kids.size >= 5 * algorithms.length, 'the keys changed while tokens were made');
    // A relying party that starts late still verifies tokens of retired keys.
    const late = new CachingParty();
    for (const token of tokens) await late.verify(token);
    assert.equal(late.fetches, 1);
  });

  test('announces a key 14 days ahead, so that a client that fetches daily always knows it', async () => {
    await cis2.keys.rotate('scheduled');
    let cached = await fetchKeys();
    let before = new Set<unknown>();
    let changes = 0;
    for (let days = 0; days < 40; days++) {
      await cis2.agent.signIn(gp.uid);
      const tokens = await Promise.all(clients.map(idToken));
      for (const token of tokens)
        await jwtVerify(token, createLocalJWKSet(cached), {
          issuer: cis2.issuer,
          currentDate: new Date(cis2.clock.now()),
        });
      const kids = new Set(tokens.map((token) => decodeProtectedHeader(token).kid));
      if (before.size > 0 && [...kids].some((kid) => !before.has(kid))) changes += 1;
      before = kids;
      cis2.clock.advance(day);
      // The client fetches after it has verified, so its keys are up to a day old.
      cached = await fetchKeys();
    }
    assert.equal(changes, 1);
    cis2.clock.advance(-40 * day);
  });

  test('reaches the other processes from the one that got the command', async () => {
    const other = new SigningKeys('cis2', new StoredKeys(cis2.database, cis2.vault), cis2.clock);
    await other.rotate('now');
    cis2.keys.forget();
    await cis2.agent.signIn(gp.uid);
    const party = new CachingParty();
    for (const client of clients) await party.verify(await idToken(client));
    const mine = (await other.jwks()).keys.map(({ kid }) => kid).sort();
    assert.deepEqual((await fetchKeys()).keys.map(({ kid }) => kid).sort(), mine);
  });

  test('gives each key an opaque, unique kid', async () => {
    const kids = (await fetchKeys()).keys.map(({ kid }) => kid);
    assert.equal(new Set(kids).size, kids.length);
    for (const kid of kids) assert.match(String(kid), /^[\w-]{20}$/);
  });

  test('supports a kid in plain base64, as the published service has it', async () => {
    const store = new StoredKeys(cis2.database, cis2.vault);
    const styled = new SigningKeys('cis2', store, cis2.clock, 'base64');
    await styled.rotate('now');
    cis2.keys.forget();
    await cis2.agent.signIn(gp.uid);
    const party = new CachingParty();
    for (const client of clients) {
      const token = await idToken(client);
      const { kid = '' } = decodeProtectedHeader(token);
      assert.match(kid, /^[\w+/]{27}=$/);
      assert.match(kid, /\+/);
      assert.match(kid, /\//);
      await party.verify(token);
      // CIS2 also looks its own key up, for a hint.
      const signOut = new URLSearchParams({ id_token_hint: token });
      const page = await new Browser().get(`${cis2.issuer}/connect/endSession?${signOut}`);
      assert.ok(page.status < 400, page.body);
    }
  });
});
