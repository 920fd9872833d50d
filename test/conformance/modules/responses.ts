import assert from 'node:assert/strict';
import { sha256 } from '../keys.ts';
import { type Module, notOffered } from '../module.ts';
import { callback, otherCallback, RelyingParty } from '../relying-party.ts';

/** Authorization request and response (OpenID Connect Core sections 3.1.2.1 to 3.1.2.6). */
export const responses: readonly Module[] = [
  {
    id: 'oidcc-server',
    async run(trial) {
      const rp = await RelyingParty.register(trial);
      const { tokens, idToken } = await rp.signIn();
      assert.match(tokens.token_type, /^bearer$/i);
      rp.warnOfMoreClaims(idToken);
    },
  },
  {
    id: 'oidcc-response-type-missing',
    async run(trial) {
      const rp = await RelyingParty.register(trial);
      const landing = await rp.authorize({ response_type: undefined });
      // RFC 6749 section 3.1.1; a provider may also show its own page.
      if (landing.kind === 'page') assert.ok(landing.status >= 400 && landing.status < 500, 'status');
      else
        assert.match(landing.parameters.get('error') ?? '', /^(invalid_request|unsupported_response_type)$/);
    },
  },
  {
    id: 'oidcc-ensure-request-without-nonce-succeeds-for-code-flow',
    async run(trial) {
      await (await RelyingParty.register(trial)).signIn({ nonce: undefined });
    },
  },
  {
    id: 'oidcc-alternate-happy-flow',
    async run(trial) {
      // Another client, with an address that has a query, and no state.
      const rp = await RelyingParty.register(trial, { method: 'client_secret_post' });
      const { callback: answer } = await rp.signIn({ redirect_uri: otherCallback, state: undefined });
      assert.equal(answer.url.searchParams.get('from'), 'harness', 'the query of the address stays');
    },
  },
  {
    id: 'oidcc-ensure-request-with-unknown-parameter-succeeds',
    async run(trial) {
      await (await RelyingParty.register(trial)).signIn({ extra: 'of-the-harness' });
    },
  },
  {
    id: 'oidcc-ensure-registered-redirect-uri',
    async run(trial) {
      const rp = await RelyingParty.register(trial);
      for (const redirect_uri of [
        `${callback}2`,
        `${callback}/`,
        `${callback}?a=b`,
        `${callback}#x`,
        'https://rp.example.evil.test/callback',
        'http://rp.example/callback',
        'https://rp.example/../callback',
        undefined,
      ]) {
        const landing = await rp.authorize({ redirect_uri });
        assert.equal(landing.kind, 'page', `nobody is sent to ${redirect_uri}`);
        assert.ok(landing.kind === 'page' && landing.status >= 400, `status for ${redirect_uri}`);
      }
    },
  },
  {
    id: 'oidcc-ensure-post-request-succeeds',
    async run(trial) {
      await (await RelyingParty.register(trial)).signIn({}, 'POST');
    },
  },
  {
    id: 'oidcc-server-client-secret-post',
    async run(trial) {
      await (await RelyingParty.register(trial, { method: 'client_secret_post' })).signIn();
    },
  },
  {
    id: 'oidcc-request-uri-unsigned-supported-correctly-or-rejected-as-unsupported',
    async run(trial) {
      const rp = await RelyingParty.register(trial);
      const supported = rp.discovery.request_uri_parameter_supported === true;
      if (supported)
        assert.equal(rp.discovery.require_request_uri_registration, true, 'registered ones only');
      const landing = await rp.authorize({ request_uri: 'https://rp.example/request' });
      assert.equal(rp.errorOf(landing), supported ? 'invalid_request_uri' : 'request_uri_not_supported');
    },
  },
  {
    id: 'oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported',
    async run(trial) {
      const rp = await RelyingParty.register(trial);
      const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
      const claims = { ...Object.fromEntries(rp.parameters()), state: 'of-the-object' };
      const request = `${part({ alg: 'none' })}.${part(claims)}.`;
      const landing = await rp.authorize({ request });
      if (landing.kind === 'callback' && landing.parameters.get('code') !== null)
        assert.equal(landing.parameters.get('state'), 'of-the-object', 'what the object says prevails');
      else if (rp.discovery.request_parameter_supported === true)
        assert.match(rp.errorOf(landing), /^(request_not_supported|invalid_request_object)$/);
      else assert.equal(rp.errorOf(landing), 'request_not_supported');
    },
  },
  {
    id: 'oidcc-ensure-request-object-with-redirect-uri',
    async run(trial) {
      const rp = await RelyingParty.register(trial);
      const { request_object_signing_alg_values_supported: algorithms = [] } = rp.discovery;
      if (!(algorithms as string[]).includes('none')) notOffered('unsigned request objects');
      const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
      const claims = { redirect_uri: otherCallback, client_id: rp.registered.clientId };
      const landing = await rp.authorize({ request: `${part({ alg: 'none' })}.${part(claims)}.` });
      assert.equal(rp.callbackOf(landing).url.pathname, new URL(otherCallback).pathname);
    },
  },
  {
    id: 'oidcc-ensure-request-with-valid-pkce-succeeds',
    async run(trial) {
      const rp = await RelyingParty.register(trial);
      const asked = { code_challenge: sha256(rp.verifier), code_challenge_method: 'S256' };
      const wrong = rp.codeOf(await rp.authorize(asked));
      const without = await rp.redeem(wrong, { code_verifier: undefined });
      assert.equal(without.body.error, 'invalid_grant', 'without its verifier');
      const code = rp.codeOf(await rp.authorize(asked));
      rp.tokensOf(await rp.redeem(code, { code_verifier: rp.verifier }));
      const plain = rp.codeOf(await rp.authorize());
      const downgraded = await rp.redeem(plain, { code_verifier: rp.verifier });
      assert.equal(
        downgraded.body.error,
        'invalid_grant',
        'a verifier without a challenge (RFC 9700 section 2.1.1)',
      );
    },
  },
];
