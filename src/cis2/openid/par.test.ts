import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { Browser, type Reply, send } from '../testing/browser.ts';
import { codeOf, type Instance, secret, startInstance } from '../testing/instance.ts';
import { gp } from '../testing/people.ts';
import {
  beginWith,
  newProver,
  requestUriOf,
  type StrongClient,
  strongClient,
} from '../testing/strong-client.ts';

let cis2: Instance;
let client: StrongClient;
let other: StrongClient;
before(async () => {
  cis2 = await startInstance();
  client = await strongClient(cis2);
  other = await strongClient(cis2);
  await cis2.agent.signIn(gp.uid);
});
after(() => cis2.stop());

const begin = (who: StrongClient, requestUri: string, more: Record<string, string> = {}): string =>
  beginWith(cis2, who, { request_uri: requestUri, ...more });

/** Signs in by a pushed request and returns the code. */
async function signIn(requestUri: string, browser = new Browser(), who = client): Promise<Reply> {
  const hop = await browser.get(begin(who, requestUri));
  return hop.location.includes('/callback') ? hop : browser.get(await cis2.agent.answer(hop.location));
}

describe('a pushed request', () => {
  test('gets 201 with a lifetime of 60 seconds, and signs in', async () => {
    const reply = await client.push({ state: 'pushed' });
    assert.equal(reply.status, 201, reply.body);
    assert.match(requestUriOf(reply), /^urn:ietf:params:oauth:request_uri:[\w-]{43}$/);
    assert.equal(JSON.parse(reply.body).expires_in, 60);
    assert.equal(reply.headers['cache-control'], 'no-store');
    const back = await signIn(requestUriOf(reply));
    const { state, iss } = Object.fromEntries(new URL(back.location).searchParams);
    assert.deepEqual([state, iss], ['pushed', cis2.issuer]);
    assert.equal((await client.redeem(codeOf(back))).status, 200);
  });

  test('replaces all parameters of the browser', async () => {
    const requestUri = requestUriOf(await client.push());
    const more = {
      state: 'evil',
      redirect_uri: 'https://evil.example/',
      scope: 'openid email',
      prompt: 'none',
    };
    const browser = new Browser();
    const hop = await browser.get(begin(client, requestUri, more));
    const back = await browser.get(await cis2.agent.answer(hop.location));
    assert.ok(back.location.startsWith(`${client.registration.redirectUris[0]}?`));
    assert.equal(new URL(back.location).searchParams.get('state'), 'state-1');
    assert.equal(JSON.parse((await client.redeem(codeOf(back))).body).scope, 'openid');
  });

  test('may be loaded by two browsers before the sign-in, of which one gets the code', async () => {
    const requestUri = requestUriOf(await client.push());
    const [one, two] = [new Browser(), new Browser()];
    const first = await one.get(begin(client, requestUri));
    const second = await two.get(begin(client, requestUri));
    const back = await one.get(await cis2.agent.answer(first.location));
    assert.ok(codeOf(back));
    const late = await two.get(await cis2.agent.answer(second.location));
    assert.ok(!late.location.includes('code='), late.location);
  });

  test('is spent with the code, also for prompt=none and ten browsers at once', async () => {
    const browser = new Browser();
    await signIn(requestUriOf(await client.push()), browser);
    const requestUri = requestUriOf(await client.push());
    const replies = await Promise.all(
      Array.from({ length: 10 }, () => browser.get(begin(client, requestUri))),
    );
    assert.equal(replies.filter(({ location }) => location.includes('code=')).length, 1);
    // No user starts a sign-in that could not end.
    const others = replies.filter(({ location }) => !location.includes('code='));
    for (const { status, location } of others)
      assert.ok(status === 400 || location.includes('error=invalid_request_uri'), `${status} ${location}`);
    const again = await browser.get(begin(client, requestUri, { prompt: 'none' }));
    assert.equal(again.status, 400);
    assert.match(again.body, /unknown, expired or already used/);
    const redirectUri = client.registration.redirectUris[0] ?? '';
    const told = await browser.get(begin(client, requestUri, { redirect_uri: redirectUri, state: 's' }));
    const { error, state, iss } = Object.fromEntries(new URL(told.location).searchParams);
    assert.deepEqual([error, state, iss], ['invalid_request_uri', 's', cis2.issuer]);
  });

  test('expires after 60 seconds', async () => {
    const requestUri = requestUriOf(await client.push());
    cis2.clock.advance(59);
    assert.equal((await new Browser().get(begin(client, requestUri))).status, 302);
    cis2.clock.advance(2);
    assert.equal((await new Browser().get(begin(client, requestUri))).status, 400);
    cis2.clock.advance(-61);
  });

  test('is valid for its client alone', async () => {
    const requestUri = requestUriOf(await client.push());
    const reply = await new Browser().get(begin(other, requestUri));
    assert.equal(reply.status, 400);
    const nhs = await cis2.register();
    const address = `${cis2.issuer}/authorize?${new URLSearchParams({ client_id: nhs.clientId, request_uri: requestUri })}`;
    assert.equal((await new Browser().get(address)).status, 400);
  });

  test('gets its error before any browser is involved', async () => {
    const cases: [Record<string, string | undefined>, string][] = [
      [{ redirect_uri: undefined }, 'invalid_request'],
      [{ redirect_uri: 'https://evil.example/' }, 'invalid_request'],
      [{ redirect_uri: `${client.registration.redirectUris[0]}/` }, 'invalid_request'],
      [{ response_type: undefined }, 'invalid_request'],
      [{ response_type: 'token' }, 'unsupported_response_type'],
      [{ response_type: 'code id_token' }, 'unsupported_response_type'],
      [{ response_mode: 'query.jwt' }, 'invalid_request'],
      [{ scope: undefined }, 'invalid_scope'],
      [{ scope: 'email' }, 'invalid_scope'],
      [{ code_challenge_method: 'plain' }, 'invalid_request'],
      [{ code_challenge: 'short' }, 'invalid_request'],
      [{ prompt: 'none login' }, 'invalid_request'],
      [{ max_age: 'x' }, 'invalid_request'],
      [{ claims: '[]' }, 'invalid_request'],
      [{ id_token_hint: 'x.y.z' }, 'invalid_request'],
      [{ dpop_jkt: 'short' }, 'invalid_request'],
      [{ request_uri: 'urn:ietf:params:oauth:request_uri:x' }, 'invalid_request'],
      [{ request_uri: 'https://app.example.test/r' }, 'invalid_request'],
      [{ registration: '{}' }, 'registration_not_supported'],
      [{ state: 'x'.repeat(4_097) }, 'invalid_request'],
      [{ nonce: 'x'.repeat(1_025) }, 'invalid_request'],
      [{ request: 'no.object.here' }, 'invalid_request_object'],
    ];
    for (const [parameters, error] of cases) {
      const reply = await client.push(parameters);
      const name = JSON.stringify(parameters).slice(0, 100);
      assert.equal(reply.status, 400, name);
      assert.equal(JSON.parse(reply.body).error, error, name);
    }
  });

  test('requires client authentication for this issuer', async () => {
    const unknown = await send('POST', `${cis2.issuer}/par`, {
      'content-type': 'application/x-www-form-urlencoded',
    });
    assert.equal(unknown.status, 401);
    for (const aud of [
      `${cis2.issuer}/introspect`,
      [cis2.issuer, 'https://elsewhere.example.test'],
      `${cis2.issuer}/`,
    ]) {
      const reply = await client.post('/par', {
        ...client.ask(),
        client_assertion: await client.assertion({ aud }),
      });
      assert.equal(JSON.parse(reply.body).error, 'invalid_client', JSON.stringify(aud));
    }
    const foreign = await client.post('/par', { ...client.ask(), client_id: other.registration.clientId });
    assert.equal(foreign.status, 401);
  });

  test('is stored without the credentials and the request_uri', async () => {
    const requestUri = requestUriOf(await client.push({ state: 'kept-state' }));
    const rows = await cis2.database.all({
      text: "SELECT * FROM single_use WHERE kind = 'cis2-pushed'",
      values: [],
    });
    const text = JSON.stringify(rows);
    assert.ok(text.includes('kept-state'));
    assert.ok(!text.includes(requestUri) && !text.includes('client_assertion'));
  });

  test('is refused by GET, as JSON, with a repeated parameter, 101 parameters or 70 kB', async () => {
    const type = { 'content-type': 'application/x-www-form-urlencoded' };
    const post = (body: string, headers: Record<string, string> = type) =>
      send('POST', `${cis2.issuer}/par`, headers, body);
    assert.equal((await send('GET', `${cis2.issuer}/par`)).status, 405);
    assert.equal((await post('{}', { 'content-type': 'application/json' })).status, 400);
    assert.equal((await post('state=1&state=2')).status, 400);
    assert.equal((await post(Array.from({ length: 101 }, (_, i) => `p${i}=1`).join('&'))).status, 400);
    assert.equal((await post(`x=${'x'.repeat(70_000)}`)).status, 413);
  });
});

test('refuses clients of the published profile', async () => {
  const nhs = await cis2.register();
  const values = { client_id: nhs.clientId, client_secret: secret, redirect_uri: nhs.redirectUris[0] ?? '' };
  const reply = await new Browser().post(`${cis2.issuer}/par`, values);
  assert.deepEqual([reply.status, JSON.parse(reply.body).error], [400, 'unauthorized_client']);
});

test('requires pushed requests of a client that registered so', async () => {
  const must = await strongClient(cis2, { pushedRequests: 'required' });
  const reply = await new Browser().get(cis2.authorizeUrl(must.registration, must.ask()));
  assert.equal(new URL(reply.location).searchParams.get('error'), 'invalid_request');
  assert.equal((await new Browser().get(begin(must, requestUriOf(await must.push())))).status, 302);
});

describe('a pushed request with a DPoP proof (RFC 9449 section 10)', () => {
  const at = (path: string) => `${cis2.issuer}${path}`;
  test('binds its code to the key', async () => {
    const [prover, thief] = await Promise.all([newProver(cis2), newProver(cis2)]);
    const reply = await client.push({}, { dpop: await prover.proof('POST', at('/par')) });
    const code = codeOf(await signIn(requestUriOf(reply)));
    const none = await client.redeem(code);
    assert.equal(JSON.parse(none.body).error, 'invalid_dpop_proof');
    const wrong = await client.redeem(code, { dpop: await thief.proof('POST', at('/access_token')) });
    assert.equal(JSON.parse(wrong.body).error, 'invalid_dpop_proof');
    const right = await client.redeem(code, { dpop: await prover.proof('POST', at('/access_token')) });
    assert.equal(JSON.parse(right.body).token_type, 'DPoP');
  });
  test('accepts a dpop_jkt of the same key only', async () => {
    const [prover, thief] = await Promise.all([newProver(cis2), newProver(cis2)]);
    const same = { dpop: await prover.proof('POST', at('/par')) };
    assert.equal((await client.push({ dpop_jkt: prover.jkt }, same)).status, 201);
    const again = { dpop: await prover.proof('POST', at('/par')) };
    assert.equal((await client.push({ dpop_jkt: thief.jkt }, again)).status, 400);
  });
  test('refuses a proof for another endpoint', async () => {
    const prover = await newProver(cis2);
    const reply = await client.push({}, { dpop: await prover.proof('POST', at('/access_token')) });
    assert.equal(JSON.parse(reply.body).error, 'invalid_dpop_proof');
  });
});

test('any pushed request gets a response of the specification', async () => {
  const name = fc.constantFrom(
    'state',
    'scope',
    'claims',
    'request',
    'dpop_jkt',
    'prompt',
    'max_age',
    'x',
    '',
  );
  await fc.assert(
    fc.asyncProperty(fc.dictionary(name, fc.string({ unit: 'binary', maxLength: 60 })), async (values) => {
      const reply = await client.push(values);
      assert.ok([201, 400].includes(reply.status), `${reply.status} ${reply.body}`);
      if (reply.status === 400) assert.match(JSON.parse(reply.body).error, /^[a-z_]+$/);
    }),
    { numRuns: 60 },
  );
});
