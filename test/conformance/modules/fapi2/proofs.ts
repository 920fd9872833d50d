import assert from 'node:assert/strict';
import { FapiParty, refused } from '../../fapi-party.ts';
import { Prover, sha256 } from '../../keys.ts';
import type { Module } from '../../module.ts';
import { now } from '../../time.ts';
import { fapi2 } from './name.ts';

const withIat = (name: string, difference: number): Module => ({
  id: fapi2(name),
  async run(trial) {
    const party = await FapiParty.register(trial);
    const code = await party.code();
    const proof = await party.tokenProof({ iat: now() + difference });
    const { access_token } = party.rp.tokensOf(await party.redeem(code, {}, proof));
    const atResource = await party.resourceProof(access_token, { iat: now() + difference });
    assert.equal((await party.resource(access_token, atResource)).status, 200, 'at the resource');
  },
});

/** DPoP (RFC 9449), one of the profile's methods to bind tokens. */
export const proofs: readonly Module[] = [
  {
    id: fapi2('access-token-type-header-case-sensitivity'),
    async run(trial) {
      const party = await FapiParty.register(trial);
      const { access_token } = await party.tokens();
      for (const scheme of ['DPoP', 'dpop', 'DPOP']) {
        const { status } = await party.resource(access_token, { authorization: `${scheme} ${access_token}` });
        assert.equal(status, 200, scheme);
      }
    },
  },
  {
    id: fapi2('check-dpop-proof-nbf-exp'),
    async run(trial) {
      const party = await FapiParty.register(trial);
      const proof = await party.tokenProof({ nbf: now() - 5, exp: now() + 60 });
      party.rp.tokensOf(await party.redeem(await party.code(), {}, proof));
    },
  },
  withIat('ensure-dpopproof-with-iat-10seconds-before-succeeds', -10),
  withIat('ensure-dpopproof-with-iat-10seconds-after-succeeds', 10),
  {
    id: fapi2('ensure-mismatched-dpop-jkt-fails'),
    async run(trial) {
      const party = await FapiParty.register(trial);
      const other = await Prover.make();
      const address = party.rp.endpoint('pushed_authorization_request_endpoint');
      const proof = await party.prover.header('POST', address);
      refused(await party.push({ dpop_jkt: other.jkt }, proof), 'invalid_dpop_proof', 'invalid_request');
    },
  },
  {
    id: fapi2('ensure-token-endpoint-fails-with-mismatched-dpop-proof-jkt'),
    async run(trial) {
      const party = await FapiParty.register(trial);
      const address = party.rp.endpoint('pushed_authorization_request_endpoint');
      const code = await party.code({}, await party.prover.header('POST', address));
      const other = await (await Prover.make()).header('POST', party.rp.endpoint('token_endpoint'));
      refused(await party.redeem(code, {}, other), 'invalid_grant', 'invalid_dpop_proof');
    },
  },
  {
    id: fapi2('ensure-token-endpoint-fails-with-mismatched-dpop-jkt'),
    async run(trial) {
      const party = await FapiParty.register(trial);
      const code = await party.code({ dpop_jkt: party.prover.jkt });
      const other = await (await Prover.make()).header('POST', party.rp.endpoint('token_endpoint'));
      refused(await party.redeem(code, {}, other), 'invalid_grant', 'invalid_dpop_proof');
    },
  },
  {
    id: fapi2('ensure-dpopproof-at-par-endpoint-binding-success'),
    async run(trial) {
      const party = await FapiParty.register(trial);
      const address = party.rp.endpoint('pushed_authorization_request_endpoint');
      const code = await party.code({}, await party.prover.header('POST', address));
      party.rp.tokensOf(await party.redeem(code));
    },
  },
  {
    id: fapi2('ensure-dpop-auth-code-binding-success'),
    async run(trial) {
      const party = await FapiParty.register(trial);
      party.rp.tokensOf(await party.redeem(await party.code({ dpop_jkt: party.prover.jkt })));
    },
  },
  {
    id: fapi2('ensure-holder-of-key-required'),
    async run(trial) {
      const party = await FapiParty.register(trial);
      const answer = await party.redeem(await party.code(), {}, {});
      refused(answer, 'invalid_dpop_proof', 'invalid_request', 'invalid_grant');
    },
  },
  {
    id: fapi2('dpop-negative-tests'),
    async run(trial) {
      const party = await FapiParty.register(trial);
      const { access_token: token } = await party.tokens();
      const other = await Prover.make();
      const address = party.resourceAddress;
      const symmetric = { kty: 'oct', k: 'AAAA' };
      const { d: _, ...publicJwk } = party.prover.key.publicJwk;
      const wrong: [string, () => Promise<{ dpop: string }>][] = [
        ['no typ', () => party.resourceProof(token, {}, { typ: undefined })],
        ['another typ', () => party.resourceProof(token, {}, { typ: 'JWT' })],
        ['no key', () => party.resourceProof(token, {}, { jwk: undefined })],
        ['a symmetric key', () => party.resourceProof(token, {}, { jwk: symmetric })],
        ['a private key', () => party.resourceProof(token, {}, { jwk: { ...publicJwk, d: 'AAAA' } })],
        ['the key of another', () => party.resourceProof(token, {}, { jwk: other.key.publicJwk })],
        ['another holder', () => other.header('GET', address, { ath: sha256(token) })],
        ['another method', () => party.resourceProof(token, { htm: 'POST' })],
        ['no method', () => party.resourceProof(token, { htm: undefined })],
        ['another address', () => party.resourceProof(token, { htu: `${address}/x` })],
        ['no address', () => party.resourceProof(token, { htu: undefined })],
        ['no iat', () => party.resourceProof(token, { iat: undefined })],
        ['an old one', () => party.resourceProof(token, { iat: now() - 3_600 })],
        ['one of the future', () => party.resourceProof(token, { iat: now() + 3_600 })],
        ['no jti', () => party.resourceProof(token, { jti: undefined })],
        ['no ath', () => party.resourceProof(token, { ath: undefined })],
        ['another ath', () => party.resourceProof(token, { ath: sha256('another') })],
      ];
      for (const [name, proof] of wrong) {
        const { status, headers } = await party.resource(token, await proof());
        assert.equal(status, 401, name);
        assert.match(headers.get('www-authenticate') ?? '', /^DPoP\b/, `challenge for ${name}`);
      }
      const once = await party.resourceProof(token);
      assert.equal((await party.resource(token, once)).status, 200);
      assert.equal((await party.resource(token, once)).status, 401, 'the same proof again');
      const bearer = await party.resource(token, { authorization: `Bearer ${token}` });
      assert.ok(bearer.status >= 400 && bearer.status < 500, `a bound token as Bearer: ${bearer.status}`);
    },
  },
];

/** Certificates (RFC 8705), the profile's other method. */
export const certificates: readonly Module[] = [
  {
    id: fapi2('access-token-type-header-case-sensitivity'),
    async run(trial) {
      const party = await FapiParty.register(trial);
      const { access_token } = await party.tokens();
      for (const scheme of ['Bearer', 'bearer', 'BEARER']) {
        const { status } = await party.resource(access_token, { authorization: `${scheme} ${access_token}` });
        assert.equal(status, 200, scheme);
      }
    },
  },
  {
    id: fapi2('ensure-holder-of-key-required'),
    async run(trial) {
      const [party, other] = [await FapiParty.register(trial), await FapiParty.register(trial)];
      const none = { 'client-cert': '' };
      const stolen = other.rp.certificateHeader;
      // An assertion authenticates the client with any certificate, and the tokens are bound to that one.
      for (const headers of party.asserts ? [none] : [none, stolen]) {
        const answer = await party.redeem(await party.code(), {}, headers);
        refused(answer, 'invalid_client', 'invalid_request', 'invalid_grant');
      }
      const { access_token } = await party.tokens();
      for (const headers of [none, stolen])
        assert.equal((await party.resource(access_token, headers)).status, 401, 'at the resource');
    },
  },
];
