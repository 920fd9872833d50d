import assert from 'node:assert/strict';
import { createPrivateKey, randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type JwtClaims, signJwt } from '@alongside/kernel/jws';
import { newKeyPair } from '@alongside/kernel/key-pairs';
import type { Explanation } from '../../src/console/explanations/registry.ts';
import { seededClients } from '../../src/seed/applications.ts';
import { demoKeyId, demoPrivateKeyPem } from '../../src/seed/key.ts';
import { databaseDump } from '../testing/database-dump.ts';
import { startInstance, type TestInstance } from '../testing/instance.ts';

// docs/finding-mistakes.md: each mistake is really made, and its error and request are pasted.

const { combined, appRestricted, separateAtCis2 } = seededClients;
const page = readFileSync(new URL('../../docs/finding-mistakes.md', import.meta.url), 'utf8');
const folder = mkdtempSync(join(tmpdir(), 'alongside-mistakes-'));
const key = createPrivateKey(demoPrivateKeyPem);
let instance: TestInstance;
let api: string;
before(async () => {
  instance = await startInstance({ ephemeral: false, data: folder });
  api = instance.urls.api;
});
after(async () => {
  await instance.stop();
  rmSync(folder, { recursive: true });
});

const explain = (text: string, as?: string) =>
  instance.api<Explanation>('POST', '/explain', { text, ...(as ? { as } : {}) });
const now = () => Math.floor(Date.now() / 1_000);
const assertion = (claims: JwtClaims = {}, header: { kid?: string } = {}, signer = key) => {
  const { clientId } = appRestricted;
  const usual = {
    iss: clientId,
    sub: clientId,
    aud: `${api}/oauth2/token`,
    jti: randomUUID(),
    iat: now(),
    exp: now() + 300,
  };
  return signJwt({ alg: 'RS512', typ: 'JWT', kid: demoKeyId, ...header }, { ...usual, ...claims }, signer);
};
const asForm = (form: Record<string, string>) => new URLSearchParams(form).toString();
const credentials = async (jwt: string | Promise<string>) =>
  asForm({
    grant_type: 'client_credentials',
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: await jwt,
  });
const sendForm = (body: string, path = '/oauth2/token') =>
  fetch(api + path, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body,
  });
const authorize = (changes: Record<string, string> = {}) =>
  `${api}/oauth2/authorize?${asForm({
    client_id: combined.clientId,
    redirect_uri: `${instance.urls.sample}/combined/callback`,
    response_type: 'code',
    state: 'x',
    ...changes,
  })}`;
const codeForm = (changes: Record<string, string> = {}) =>
  asForm({
    grant_type: 'authorization_code',
    code: 'none',
    client_id: combined.clientId,
    client_secret: combined.clientSecret,
    redirect_uri: `${instance.urls.sample}/combined/callback`,
    ...changes,
  });
const follow = (url: string) => fetch(url, { redirect: 'manual' });
const failedIn = ({ checks }: Explanation) =>
  checks.filter(({ outcome }) => outcome === 'failed').map(({ name }) => name);

interface Mistake {
  name: string;
  make(): Promise<{ response: Response; paste: string }>;
  status: number;
  kind: string;
  failed: string[];
  says: RegExp;
}

const token = async (person: string) =>
  (
    await instance.api<{ access_token: string }>('POST', '/tokens', {
      person,
      application: 'demo-combined',
    })
  ).access_token;
const formMistake = async (body: string, path?: string) => ({
  response: await sendForm(body, path),
  paste: body,
});
const assertionMistake = async (jwt: Promise<string>) => {
  const paste = await jwt;
  return { response: await sendForm(await credentials(paste)), paste };
};
const patientCall = async (headers: Record<string, string>, path = 'Patient/9000000009') => {
  const url = `${api}/personal-demographics/FHIR/R4/${path}`;
  const paste = ['curl', url, ...Object.entries(headers).map(([name, value]) => `-H '${name}: ${value}'`)];
  return { response: await fetch(url, { headers }), paste: paste.join(' \\\n  ') };
};

const mistakes: Mistake[] = [
  {
    name: 'a wrong secret',
    make: () => formMistake(codeForm({ client_secret: `${combined.clientSecret} ` })),
    status: 401,
    kind: 'token-request',
    failed: ['client_secret', 'code'],
    says: /client secret is wrong.*42 characters.*white space/s,
  },
  {
    name: 'a callback that is not registered',
    async make() {
      const paste = authorize({ redirect_uri: `${instance.urls.sample}/combined/callback/` });
      return { response: await follow(paste), paste };
    },
    status: 400,
    kind: 'authorize-url',
    failed: ['redirect_uri'],
    says: /callback address is not registered.*\/combined\/callback\/.*\/combined\/callback".*They differ in the slash at the end only\. Send/s,
  },
  {
    name: 'a kid that is not registered',
    make: () => assertionMistake(assertion({}, { kid: 'demo-2' })),
    status: 401,
    kind: 'client-assertion',
    failed: ['key', 'signature'],
    says: /No registered key has this kid.*demo-2.*demo-1/s,
  },
  {
    name: 'an assertion for another server',
    make: () => assertionMistake(assertion({ aud: `${api}/oauth2/token/` })),
    status: 401,
    kind: 'client-assertion',
    failed: ['aud'],
    says: /for another server.*\/oauth2\/token\/.*slash at the end/s,
  },
  {
    name: 'an expired assertion',
    make: () => assertionMistake(assertion({ iat: now() - 500, exp: now() - 200 })),
    status: 400,
    kind: 'client-assertion',
    failed: ['exp'],
    says: /expiry time is wrong.*3 min before this check.*made 5\d\d s before this check/s,
  },
  {
    name: 'a clock that is 60 s ahead',
    make: () => assertionMistake(assertion({ iat: now() + 60, exp: now() + 360 })),
    status: 400,
    kind: 'client-assertion',
    failed: ['exp'],
    says: /Your clock is (59|60|61) s ahead/,
  },
  {
    name: 'an unknown scope',
    async make() {
      const paste = `${instance.urls.cis2Issuer}/authorize?${asForm({
        client_id: separateAtCis2.clientId,
        response_type: 'code',
        state: 'x',
        nonce: 'y',
        redirect_uri: `${instance.urls.sample}/separate/callback`,
        scope: 'openid profil',
      })}`;
      return { response: await follow(paste), paste };
    },
    status: 302,
    kind: 'authorize-url',
    failed: ['scope'],
    says: /not allowed.*openid profil.*profile \(the nearest\).*no scope profil\./s,
  },
  {
    name: 'an unknown level',
    async make() {
      const paste = authorize({ acr_values: 'AAL3_SMARTCARDS' });
      return { response: await follow(paste), paste };
    },
    // CIS2 ignores it, so only Explain reports it.
    status: 302,
    kind: 'authorize-url',
    failed: ['acr_values'],
    says: /ignores.*AAL3_SMARTCARDS.*AAL3_SMARTCARD \(the nearest\)/s,
  },
  {
    name: 'a role that the person does not have',
    make: async () =>
      patientCall({
        Authorization: `Bearer ${await token('gp')}`,
        'X-Request-ID': randomUUID(),
        'NHSD-Session-URID': '555254240100',
      }),
    status: 400,
    kind: 'curl',
    failed: ['NHSD-Session-URID'],
    says: /Send one that the person has.*555254240100.*one of \d{12}: General Medical Practitioner at \w/s,
  },
  {
    name: 'a wrong path',
    async make() {
      const body = await credentials(assertion());
      const paste = `curl -X POST ${api}/oauth2/tokens --data '${body}'`;
      return { response: await sendForm(body, '/oauth2/tokens'), paste };
    },
    status: 404,
    kind: 'curl',
    failed: ['address'],
    says: /"error":null.*address is wrong.*\/oauth2\/tokens.*\/oauth2\/token \(the nearest\)/s,
  },
];

describe('explain', () => {
  for (const { name, make, status, kind, failed, says } of mistakes)
    test(name, async () => {
      const { response, paste } = await make();
      assert.equal(response.status, status);
      const found = await explain(paste);
      assert.equal(found.recognisedAs?.kind, kind);
      assert.deepEqual(failedIn(found), failed);
      for (const { why } of found.checks) assert.match(why, /^(?:$|[^a-z])/, 'a reason is a sentence');
      assert.match(JSON.stringify(found.banner), says);
      assert.ok(found.banner?.fix && found.banner.source !== undefined);
      assert.ok(
        page.includes(`*${found.banner.headline}*`),
        `docs/finding-mistakes.md names "${found.banner.headline}"`,
      );
      if (status === 302) return;
      // The error of the response is found by its id.
      const id = response.headers.get('x-message-id') ?? '';
      const byId = await explain(id);
      assert.equal(byId.recognisedAs?.kind, 'id');
      assert.ok(byId.banner?.error, byId.summary);
      const body = await response.text();
      assert.equal((await explain(body)).banner?.headline, byId.banner.headline);
    });

  test('finds no mistake in correct requests, and uses nothing up', async () => {
    const jwt = await assertion();
    for (const paste of [
      jwt,
      jwt,
      await credentials(jwt),
      authorize(),
      authorize({ acr_values: 'AAL3_ANY' }),
    ]) {
      const found = await explain(paste);
      assert.deepEqual([failedIn(found), found.banner], [[], null], found.summary);
      assert.match(found.summary, /would accept this now/);
    }
    assert.equal((await sendForm(await credentials(jwt))).status, 200);
    assert.deepEqual(failedIn(await explain(jwt)), ['jti']);
  });

  test('finds the application that owns the key of an assertion', async () => {
    const { privatePem } = await newKeyPair('RS512');
    const found = await explain(await assertion({}, {}, createPrivateKey(privatePem)));
    assert.deepEqual(failedIn(found), ['signature']);
    assert.match(found.banner?.fix ?? '', /No key that is registered here made it/);
  });

  test('finds the client id of the other server', async () => {
    const found = await explain(
      await assertion({ iss: separateAtCis2.clientId, sub: separateAtCis2.clientId }),
    );
    assert.match(found.banner?.fix ?? '', /client id of demo-separate at CIS2/);
  });

  test('finds the owner of an access token, and a refresh token in its place', async () => {
    const tokens = await instance.api<{ access_token: string; refresh_token: string }>('POST', '/tokens', {
      person: 'gp',
      application: 'demo-combined',
    });
    const found = await explain(`Bearer ${tokens.access_token}`);
    assert.deepEqual([found.recognisedAs?.kind, found.banner], ['access-token', null]);
    assert.ok(found.links.some(({ href }) => href === '/people/656005750108'));
    assert.deepEqual(failedIn(await explain(tokens.refresh_token)), ['kind']);
  });
});

test('explain links to the page of each id', async () => {
  await instance.api('PUT', '/readers/0/card', { card: 'gp' });
  await instance.call('POST', '/agent/pin', { pin: '84719263' });
  await instance.signInAtDesk('gp');
  const { cards } = await instance.api<{ cards: { serial: string }[] }>(
    'GET',
    '/registration-authority/cards',
  );
  const serial = cards[0]?.serial ?? '';
  const refused = await follow(authorize({ redirect_uri: 'x' }));
  for (const [id, href] of [
    [serial, `/cards/${serial}`],
    ['656005750108', '/people/656005750108'],
    [combined.clientId, '/applications/demo-combined'],
    [separateAtCis2.clientId, '/applications/demo-separate'],
    [refused.headers.get('x-message-id') ?? '', '/journeys/'],
    ['authorisation.redirectUnknown', '/journeys/'],
    ['identity-agent.wrongPin', '/journeys/'],
  ] as const) {
    const { recognisedAs, links } = await explain(id);
    assert.equal(recognisedAs?.kind, 'id');
    assert.ok(
      links.some((link) => link.href.startsWith(href)),
      `${id}: ${JSON.stringify(links)}`,
    );
  }
});

test('explain stores no pasted text and begins no journey', async () => {
  const journeys = async () => (await instance.api<{ journeys: object[] }>('GET', '/journeys')).journeys;
  const before = await journeys();
  const mark = `mark-${randomUUID()}`;
  const jwt = await assertion({ sub: mark, iss: mark });
  for (const text of [
    '123456789012',
    '999999999999999999',
    mark,
    jwt,
    await credentials(jwt),
    codeForm({ client_secret: mark, client_id: mark }),
    authorize({ state: mark, client_id: mark }),
    `${api}/${mark}/authorize?client_id=${mark}`,
    `{"error":"${mark}","message_id":"${mark}"}`,
    `curl ${api}/${mark}`,
    `-----BEGIN ${mark}`,
  ]) {
    await explain(text);
    assert.equal((await instance.call('POST', '/explain', { text, as: mark })).status, 400);
    await instance.call('POST', '/keys/check', { text });
  }
  await instance.call('GET', '/refusals/end-of-log');
  assert.deepEqual(await journeys(), before);
  assert.ok(!(await databaseDump(`sqlite:${join(folder, 'alongside.db')}`)).includes(mark));
});
