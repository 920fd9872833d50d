import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  createCombined,
  createPds,
  keepFresh,
  platformAt,
  TokenSet,
  type TokenSetFields,
} from '@alongside/client';
import { startInstance, type TestInstance } from '../testing/instance.ts';
import { Navigator } from '../testing/navigate.ts';

// The client library in the nhs profile, in which a repeated refresh token is refused at once.
let instance: TestInstance;
before(async () => {
  instance = await startInstance();
  await instance.signInAtDesk('gp');
});
after(() => instance?.stop());

const products = ['personal-demographics-service'];
const redirectUri = 'http://127.0.0.1:1/callback';
let refreshes = 0;
const counting = (url: string | URL, init: RequestInit): Promise<Response> => {
  if (String(init.body).includes('grant_type=refresh_token')) refreshes += 1;
  return fetch(url, init);
};

/** A session store that several processes share, with a lock for each session. */
class Store {
  readonly #tokens = new Map<string, TokenSetFields>();
  #last: Promise<unknown> = Promise.resolve();

  async read(id: string): Promise<TokenSetFields | undefined> {
    return this.#tokens.get(id);
  }
  async write(id: string, tokens: TokenSetFields): Promise<void> {
    this.#tokens.set(id, tokens);
  }
  locked<T>(_id: string, work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => undefined);
    return result;
  }
}
const store = new Store();
const sessionId = 'one';

/** Signs in and stores tokens whose access token has expired. Returns what a process of the application has. */
async function application() {
  const { api } = instance.urls;
  const { platform } = await instance.api<{ platform: { clientId: string; clientSecret: string } }>(
    'POST',
    '/applications',
    { name: 'many requests', profile: 'nhs', platform: { callbackUrls: [redirectUri], products } },
  );
  refreshes = 0;
  const baseUrl = `${api}/personal-demographics/FHIR/R4`;
  const start = () =>
    createCombined({ ...platformAt(`${api}/oauth2`), ...platform, redirectUri, fetch: counting });
  const combined = start();
  const { url, state } = combined.begin();
  const { address } = await new Navigator().go(url, redirectUri);
  const tokens = await combined.finish(address, state);
  await store.write(sessionId, { ...tokens.reveal(), expiresAt: 0 });
  return { baseUrl, combined, start };
}

test('ten concurrent calls with an expired access token spend the refresh token once', async () => {
  const { baseUrl, combined } = await application();
  const stored = await store.read(sessionId);
  const record = async () => {
    const tokens = TokenSet.restore(stored);
    const fresh = keepFresh(tokens, combined.refresh, {
      onChange: (changed) => store.write(sessionId, changed.reveal()),
    });
    const pds = createPds({ baseUrl, token: fresh });
    const { patient } = await pds.patient('9000000009');
    return { id: patient.id, token: fresh.current().accessToken, count: fresh.current().refreshCount };
  };
  const records = await Promise.all(Array.from({ length: 10 }, record));
  assert.deepEqual(new Set(records.map(({ id }) => id)), new Set(['9000000009']));
  assert.equal(new Set(records.map(({ token }) => token)).size, 1);
  assert.deepEqual([refreshes, records[0]?.count], [1, 1]);
});

test('several processes spend the refresh token once with a lock of their session store', async () => {
  const { start } = await application();
  const called = async () => {
    // Shares nothing with the others, as in a process of its own.
    const combined = start();
    const refresh = (tokens: TokenSet) =>
      store.locked(sessionId, async () => {
        const stored = TokenSet.restore(await store.read(sessionId));
        if (stored.refreshToken !== tokens.refreshToken) return stored; // another process was first
        const renewed = await combined.refresh(tokens);
        await store.write(sessionId, renewed.reveal());
        return renewed;
      });
    return keepFresh(TokenSet.restore(await store.read(sessionId)), refresh).freshToken();
  };
  const tokens = await Promise.all([called(), called(), called()]);
  assert.deepEqual([new Set(tokens).size, refreshes], [1, 1]);
});
