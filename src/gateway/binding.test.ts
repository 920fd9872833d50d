import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { request } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { ManualClock, seconds } from '@alongside/kernel/clock';
import type { JwtClaims, SigningAlgorithm } from '@alongside/kernel/jws';
import { trustedProxies } from '@alongside/kernel/peer';
import { sha256, Vault } from '@alongside/kernel/secrets';
import fc from 'fast-check';
import { ProofNonces } from '../oauth/dpop.ts';
import { type Holder, newHolder } from './testing/binding.ts';
import { type OutcomeBody, pdsBase, type RunningGateway, startGateway } from './testing/gateway.ts';

const patient = `${pdsBase}/Patient/9000000009`;
const strong = 'ES256 EdDSA PS256';
const algorithms = `${strong} RS256 RS512`;
const issuer = 'http://127.0.0.1/oauth2.1';

const cnf = (confirmation: object, attributes: Record<string, string> = {}) => ({
  applicationId: 'standard',
  issuer,
  attributes: {
    auth_grant_type: 'authorization_code',
    'alongside.role_ids': '555254240100',
    ...attributes,
    cnf: JSON.stringify(confirmation),
  },
});

const unbound = {
  applicationId: 'standard',
  issuer,
  attributes: { auth_grant_type: 'authorization_code', 'alongside.role_ids': '555254240100' },
};

const lastCall = (gateway: RunningGateway) =>
  gateway.lines.findLast(({ message }) => message === 'call')?.fields ?? {};

describe('a token bound to a DPoP key (RFC 9449)', () => {
  let gateway: RunningGateway;
  let holder: Holder;
  let stranger: Holder;
  let token: string;
  before(async () => {
    gateway = await startGateway();
    [holder, stranger] = await Promise.all([newHolder(), newHolder()]);
    await gateway.addStandardApplication('standard', ['pds', 'hello']);
    token = await gateway.issue(cnf({ jkt: holder.jkt }));
  });
  after(() => gateway.stop());

  const call = (headers: Record<string, string>, path = patient, method = 'GET') =>
    gateway.call(path, { headers, method });

  /** Expects 401 with this rule and challenge, and a reason that can be found by its id. */
  async function refused(answer: Response, rule: string, challenge: string | null): Promise<void> {
    assert.equal(answer.status, 401);
    assert.equal(lastCall(gateway).decision, `gateway.${rule}`);
    assert.equal(answer.headers.get('www-authenticate'), challenge);
    const kept = await gateway.refusals.find(answer.headers.get('x-message-id') ?? '');
    assert.equal(kept?.error, `gateway.${rule}`);
    assert.notEqual(kept?.detail, '');
  }

  test('is accepted with a proof, with any spelling of the scheme', async () => {
    for (const scheme of ['DPoP', 'dpop', 'DPOP']) {
      const dpop = await holder.proof(gateway, token);
      const answer = await call({ authorization: `${scheme} ${token}`, dpop });
      assert.equal(answer.status, 200, scheme);
      assert.equal(await gateway.refusals.find(answer.headers.get('x-message-id') ?? ''), undefined);
      assert.equal(answer.headers.get('dpop-nonce'), null);
    }
  });

  test('is accepted with every algorithm of the challenge', async () => {
    for (const algorithm of algorithms.split(' ') as SigningAlgorithm[]) {
      const other = await newHolder(algorithm);
      const bound = await gateway.issue(cnf({ jkt: other.jkt }));
      const dpop = await other.proof(gateway, bound);
      assert.equal((await call({ authorization: `DPoP ${bound}`, dpop })).status, 200, algorithm);
    }
  });

  test('requires PS256, ES256 or EdDSA in the fapi2 profile, as in the challenge', async () => {
    await gateway.addStandardApplication('fapi2', ['pds'], 'fapi2');
    for (const algorithm of algorithms.split(' ') as SigningAlgorithm[]) {
      const other = await newHolder(algorithm);
      const bound = await gateway.issue({ ...cnf({ jkt: other.jkt }), applicationId: 'fapi2' });
      const dpop = await other.proof(gateway, bound);
      const answer = await call({ authorization: `DPoP ${bound}`, dpop });
      if (strong.split(' ').includes(algorithm)) assert.equal(answer.status, 200, algorithm);
      else await refused(answer, 'invalidProof', `DPoP error="invalid_dpop_proof", algs="${strong}"`);
    }
  });

  test('needs a separate proof for HEAD', async () => {
    const asHead = await holder.proof(gateway, token, { htm: 'HEAD' });
    const asGet = await holder.proof(gateway, token);
    const headers = { authorization: `DPoP ${token}` };
    assert.equal((await call({ ...headers, dpop: asHead }, patient, 'HEAD')).status, 200);
    assert.equal((await call({ ...headers, dpop: asGet }, patient, 'HEAD')).status, 401);
  });

  test('ignores query and fragment in htu, and accepts equivalent spellings', async () => {
    for (const htu of [
      `http://127.0.0.1${patient}?a=b#c`,
      `HTTP://127.0.0.1:80${patient}`,
      `http://127.0.0.1${pdsBase}/./Patient/9000000009`,
    ]) {
      const dpop = await holder.proof(gateway, token, { htu });
      assert.equal(
        (await call({ authorization: `DPoP ${token}`, dpop }, `${patient}?_x=1`)).status,
        200,
        htu,
      );
    }
  });

  test('is refused as Bearer, with a proof or without', async () => {
    const dpop = await holder.proof(gateway, token);
    const challenge = `DPoP error="invalid_token", algs="${algorithms}"`;
    for (const headers of [{}, { dpop }] as Record<string, string>[])
      await refused(await call({ authorization: `Bearer ${token}`, ...headers }), 'boundToken', challenge);
  });

  const wrongProof = `DPoP error="invalid_dpop_proof", algs="${algorithms}"`;
  test('is refused without a proof', async () => {
    const answer = await call({ authorization: `DPoP ${token}` });
    await refused(answer, 'missingProof', wrongProof);
    const [issue] = ((await answer.json()) as OutcomeBody).issue;
    assert.equal(issue.details.coding[0].code, 'ACCESS_DENIED');
    assert.equal(issue.diagnostics, 'Missing DPoP proof');
  });

  test("is refused with Apigee's errors by an API that uses them", async () => {
    const answer = await call({ authorization: `DPoP ${token}` }, '/canary-api');
    assert.equal(answer.headers.get('www-authenticate'), wrongProof);
    assert.deepEqual(await answer.json(), {
      fault: { faultstring: 'Missing DPoP proof', detail: { errorcode: 'steps.raisefault.RaiseFault' } },
    });
  });

  const now = () => seconds(gateway.clock);
  const bad: [string, () => Promise<string>][] = [
    ['nonsense', async () => 'x.y.z'],
    ['the key of another', () => stranger.proof(gateway, token)],
    ['another method', () => holder.proof(gateway, token, { htm: 'POST' })],
    ['another path', () => holder.proof(gateway, token, { htu: `http://127.0.0.1${patient}0` })],
    // The address of the connection does not matter, only the configured one.
    [
      'the address of the listener',
      () => holder.proof(gateway, token, { htu: `http://127.0.0.1:${gateway.port}${patient}` }),
    ],
    ['another host', () => holder.proof(gateway, token, { htu: `http://evil.test${patient}` })],
    ['an htu without its path', () => holder.proof(gateway, token, { htu: 'http://127.0.0.1' })],
    ['no ath', () => holder.proof(gateway, token, { ath: undefined })],
    ['an ath that is a number', () => holder.proof(gateway, token, { ath: 1 })],
    ['the ath of another token', () => holder.proof(gateway, `${token}x`)],
    ['issued 61 s ago', () => holder.proof(gateway, token, { iat: now() - 61 })],
    ['issued 11 s ahead', () => holder.proof(gateway, token, { iat: now() + 11 })],
    ['no iat', () => holder.proof(gateway, token, { iat: undefined })],
    ['no jti', () => holder.proof(gateway, token, { jti: undefined })],
    ['an empty jti', () => holder.proof(gateway, token, { jti: '' })],
  ];
  for (const [name, proof] of bad)
    test(`is refused for a proof with ${name}`, async () => {
      const answer = await call({ authorization: `DPoP ${token}`, dpop: await proof() });
      await refused(answer, 'invalidProof', wrongProof);
    });

  test('does not depend on the Host header', async () => {
    const dpop = await holder.proof(gateway, token, { htu: `http://evil.test${patient}` });
    const answer = await call({ authorization: `DPoP ${token}`, dpop, host: 'evil.test' });
    await refused(answer, 'invalidProof', wrongProof);
  });

  test('is accepted or refused for any claims in a signed proof', async () => {
    const value = fc.oneof(fc.jsonValue(), fc.string(), fc.integer(), fc.constant(undefined));
    await fc.assert(
      fc.asyncProperty(
        fc.record({ htm: value, htu: value, iat: value, jti: value, ath: value }, { requiredKeys: [] }),
        async (claims) => {
          const dpop = await holder.proof(gateway, token, claims);
          const { status } = await call({ authorization: `DPoP ${token}`, dpop });
          const untouched = Object.keys(claims).length === 0;
          assert.ok(status === 200 || (status === 401 && !untouched), String(status));
        },
      ),
      { numRuns: 60 },
    );
  });

  test('is refused for any text as a proof', async () => {
    const text = fc.string({
      unit: fc.integer({ min: 33, max: 126 }).map((code) => String.fromCharCode(code)),
    });
    const parts = fc.array(text, { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(parts, async (words) => {
        const dpop = words.join('.');
        const { status } = await call({ authorization: `DPoP ${token}`, dpop });
        assert.equal(status, 401);
      }),
      { numRuns: 60 },
    );
  });

  test('accepts a proof once, even for the same call', async () => {
    const dpop = await holder.proof(gateway, token);
    const both = await Promise.all(
      Array.from({ length: 8 }, () => call({ authorization: `DPoP ${token}`, dpop })),
    );
    assert.deepEqual(both.map(({ status }) => status).sort(), [200, ...Array(7).fill(401)]);
  });

  test('is required by the scheme DPoP and by a proof', async () => {
    const plain = await gateway.issue(unbound);
    const dpop = await holder.proof(gateway, plain);
    const challenge = `DPoP error="invalid_token", algs="${algorithms}"`;
    await refused(await call({ authorization: `DPoP ${plain}`, dpop }), 'unboundToken', challenge);
    await refused(await call({ authorization: `DPoP ${plain}` }), 'unboundToken', challenge);
    const asBearer = await call({ authorization: `Bearer ${plain}`, dpop });
    await refused(asBearer, 'unboundToken', 'Bearer error="invalid_token"');
  });

  test('gets a challenge in the scheme DPoP if it is unknown or revoked', async () => {
    const revoked = await gateway.issue(cnf({ jkt: holder.jkt }));
    await gateway.database.run(gateway.tokens.revokeStatement(revoked));
    // The record of a revoked token names its profile.
    for (const [value, accepted] of [
      ['unknown', strong],
      [revoked, algorithms],
    ] as const) {
      const dpop = await holder.proof(gateway, value);
      const challenge = `DPoP error="invalid_token", algs="${accepted}"`;
      await refused(await call({ authorization: `DPoP ${value}`, dpop }), 'invalidToken', challenge);
    }
  });

  test('does not exist in the nhs profile, which supports only Bearer and no challenge', async () => {
    const nhs = await gateway.issue();
    const dpop = await holder.proof(gateway, nhs);
    const answer = await call({ authorization: `DPoP ${nhs}`, dpop });
    await refused(answer, 'wrongTokenType', null);
    const [issue] = ((await answer.json()) as OutcomeBody).issue;
    assert.equal(issue.diagnostics, "Invalid token type 'DPoP', must be 'Bearer'");
    assert.equal((await call({ authorization: `Bearer ${nhs}`, dpop })).status, 200);
  });

  test('is refused with both schemes or two proofs', async () => {
    const send = (headers: string[]): Promise<number> =>
      new Promise((resolve, reject) => {
        const host = ['Host', `127.0.0.1:${gateway.port}`];
        request(
          { port: gateway.port, host: '127.0.0.1', path: patient, headers: [...host, ...headers] },
          (answer) => {
            answer.resume();
            resolve(answer.statusCode ?? 0);
          },
        )
          .on('error', reject)
          .end();
      });
    const [first, second] = [await holder.proof(gateway, token), await holder.proof(gateway, token)];
    const schemes = ['Authorization', `Bearer ${token}`, 'Authorization', `DPoP ${token}`, 'DPoP', first];
    assert.equal(await send(schemes), 400);
    assert.equal(await send(['Authorization', `DPoP ${token}`, 'DPoP', first, 'dpop', second]), 400);
    const joined = await call({ authorization: `DPoP ${token}, Bearer ${token}`, dpop: first });
    await refused(joined, 'invalidToken', `DPoP error="invalid_token", algs="${strong}"`);
  });
});

test('DPoP nonces are required, sent with every response and accepted for two periods (RFC 9449 section 9)', async () => {
  const clock = new ManualClock(Date.UTC(2026, 6, 1, 12));
  const proofNonces = new ProofNonces(new Vault(randomBytes(32)), clock, 'gateway');
  const gateway = await startGateway({}, ':memory:', { clock, proofNonces });
  try {
    await gateway.addStandardApplication('standard', ['pds']);
    const holder = await newHolder();
    const now = { issuedAt: clock.now(), expiresAt: clock.now() + 3_600_000 };
    const token = await gateway.issue({ ...cnf({ jkt: holder.jkt }), ...now });
    const at = { iat: seconds(clock) };
    const call = async (claims: JwtClaims) =>
      gateway.call(patient, {
        headers: {
          authorization: `DPoP ${token}`,
          dpop: await holder.proof(gateway, token, { ...at, ...claims }),
        },
      });
    const first = await call({});
    assert.equal(first.status, 401);
    assert.equal(first.headers.get('www-authenticate'), `DPoP error="use_dpop_nonce", algs="${algorithms}"`);
    const nonce = first.headers.get('dpop-nonce') ?? '';
    const second = await call({ nonce });
    assert.equal(second.status, 200);
    assert.equal(second.headers.get('dpop-nonce'), nonce);
    for (const wrong of [`${nonce}x`, '', 7]) assert.equal((await call({ nonce: wrong })).status, 401);
    clock.advance(300);
    at.iat = seconds(clock);
    const third = await call({ nonce });
    assert.equal(third.status, 200);
    assert.notEqual(third.headers.get('dpop-nonce'), nonce);
    clock.advance(300);
    at.iat = seconds(clock);
    assert.equal((await call({ nonce })).status, 401);
  } finally {
    await gateway.stop();
  }
});

describe('a token bound to a certificate (RFC 8705)', () => {
  const der = randomBytes(300);
  const header = (certificate: Buffer) => ({ 'client-cert': `:${certificate.toString('base64')}:` });
  let gateway: RunningGateway;
  let token: string;
  before(async () => {
    gateway = await startGateway({}, ':memory:', { proxies: trustedProxies(['127.0.0.1']) });
    await gateway.addStandardApplication('standard', ['pds']);
    token = await gateway.issue(cnf({ 'x5t#S256': sha256(der) }));
  });
  after(() => gateway.stop());

  const call = (headers: Record<string, string>) => gateway.call(patient, { token, headers });

  test('is accepted over a connection with that certificate', async () => {
    assert.equal((await call(header(der))).status, 200);
  });

  for (const [name, headers] of [
    ['no certificate', {}],
    ['another certificate', header(randomBytes(300))],
    ['a damaged header', { 'client-cert': der.toString('base64') }],
  ] as const)
    test(`is refused with ${name}`, async () => {
      const answer = await call(headers);
      assert.equal(answer.status, 401);
      assert.equal(lastCall(gateway).decision, 'gateway.wrongCertificate');
      assert.equal(answer.headers.get('www-authenticate'), 'Bearer error="invalid_token"');
    });

  test('needs certificate and proof if bound to both', async () => {
    const holder = await newHolder();
    const both = await gateway.issue(cnf({ jkt: holder.jkt, 'x5t#S256': sha256(der) }));
    const headers = async () => ({
      authorization: `DPoP ${both}`,
      dpop: await holder.proof(gateway, both),
    });
    assert.equal((await gateway.call(patient, { headers: await headers() })).status, 401);
    assert.equal(
      (await gateway.call(patient, { headers: { ...(await headers()), ...header(der) } })).status,
      200,
    );
  });
});

test('a proof may name the origin of mutual TLS', async () => {
  const mutualTlsUrl = 'https://mtls.api.test';
  const gateway = await startGateway({}, ':memory:', { mutualTlsUrl });
  try {
    await gateway.addStandardApplication('standard', ['pds']);
    const holder = await newHolder();
    const token = await gateway.issue(cnf({ jkt: holder.jkt }));
    const statusAt = async (htu: string): Promise<number> => {
      const dpop = await holder.proof(gateway, token, { htu });
      return (await gateway.call(patient, { headers: { authorization: `DPoP ${token}`, dpop } })).status;
    };
    assert.equal(await statusAt(`${mutualTlsUrl}${patient}`), 200);
    assert.equal(await statusAt(`http://127.0.0.1${patient}`), 200);
    assert.equal(await statusAt(`https://other.api.test${patient}`), 401);
  } finally {
    await gateway.stop();
  }
});

test('a certificate in a header is ignored unless a trusted proxy sent it', async () => {
  const gateway = await startGateway();
  try {
    await gateway.addStandardApplication('standard', ['pds']);
    const der = randomBytes(300);
    const token = await gateway.issue(cnf({ 'x5t#S256': sha256(der) }));
    const headers = { 'client-cert': `:${der.toString('base64')}:` };
    assert.equal((await gateway.call(patient, { token, headers })).status, 401);
  } finally {
    await gateway.stop();
  }
});
