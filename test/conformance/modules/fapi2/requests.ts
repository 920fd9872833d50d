import assert from 'node:assert/strict';
import { FapiParty, notAuthorized, refused } from '../../fapi-party.ts';
import { type Module, notOffered } from '../../module.ts';
import { otherCallback } from '../../relying-party.ts';
import { fapi2 } from './name.ts';

const succeedsWith = (name: string, change: Record<string, string | undefined>): Module => ({
  id: fapi2(name),
  async run(trial) {
    await (await FapiParty.register(trial)).tokens(change);
  },
});

const pushRefused = (
  name: string,
  change: Record<string, string | undefined>,
  ...errors: readonly string[]
): Module => ({
  id: fapi2(name),
  async run(trial) {
    refused(await (await FapiParty.register(trial)).push(change), ...errors);
  },
});

/** The server returns a long value unchanged or refuses it, but never truncates it. */
const long = (name: string, parameter: 'state' | 'nonce'): Module => ({
  id: fapi2(name),
  async run(trial) {
    const party = await FapiParty.register(trial);
    const value = 'x'.repeat(384);
    const pushed = await party.push({ [parameter]: value });
    if (pushed.status !== 201) return refused(pushed, 'invalid_request');
    await party.tokens({ [parameter]: value });
  },
});

/** Authorization requests and pushed requests (FAPI 2.0 Security Profile section 5.3.2.2, RFC 9126). */
export const requests: readonly Module[] = [
  succeedsWith('ensure-authorization-request-without-state-success', { state: undefined }),
  succeedsWith('ensure-authorization-request-without-nonce-success', { nonce: undefined }),
  succeedsWith('ensure-authorization-request-with-64-char-nonce-success', { nonce: 'n'.repeat(64) }),
  {
    id: fapi2('ensure-other-scope-order-succeeds'),
    async run(trial) {
      const scope = [...trial.provider.scopes].reverse().join(' ');
      await (await FapiParty.register(trial)).tokens({ scope });
    },
  },
  {
    id: fapi2('test-claims-parameter-identity-claims'),
    openid: true,
    async run(trial) {
      const party = await FapiParty.register(trial);
      if (party.rp.discovery.claims_parameter_supported !== true) notOffered('the claims parameter');
      const claims = JSON.stringify({ userinfo: { name: null }, id_token: { name: { essential: true } } });
      const tokens = await party.tokens({ claims });
      assert.equal(
        typeof (await party.resource(tokens.access_token)).body.name,
        'string',
        'name in userinfo',
      );
    },
  },
  {
    id: fapi2('ensure-different-nonce-inside-and-outside-request-object'),
    openid: true,
    async run(trial) {
      const party = await FapiParty.register(trial);
      const uri = party.requestUriOf(await party.push());
      const landing = await party.rp.goOn(await party.begin(uri, { nonce: 'from-outside' }));
      const tokens = party.rp.tokensOf(await party.redeem(party.rp.codeOf(landing)));
      await party.rp.checkIdToken(tokens.id_token, { nonce: party.rp.nonce });
    },
  },
  {
    id: fapi2('ensure-different-state-inside-and-outside-request-object'),
    async run(trial) {
      const party = await FapiParty.register(trial);
      const uri = party.requestUriOf(await party.push());
      party.rp.codeOf(await party.rp.goOn(await party.begin(uri, { state: 'from-outside' })));
    },
  },
  {
    id: fapi2('state-only-outside-request-object-not-used'),
    async run(trial) {
      const party = await FapiParty.register(trial);
      const uri = party.requestUriOf(await party.push({ state: undefined }));
      party.rp.codeOf(await party.rp.goOn(await party.begin(uri, { state: 'from-outside' })), null);
    },
  },
  long('ensure-authorization-request-with-long-nonce', 'nonce'),
  long('ensure-authorization-request-with-long-state', 'state'),
  pushRefused(
    'ensure-request-object-without-redirect-uri-fails',
    { redirect_uri: undefined },
    'invalid_request',
  ),
  pushRefused(
    'ensure-registered-redirect-uri',
    { redirect_uri: 'https://rp.example.evil.test/callback' },
    'invalid_request',
    'invalid_redirect_uri',
  ),
  {
    id: fapi2('plain-fapi-tolerate-unregistered-redirect-uri'),
    async run(trial) {
      // Section 5.3.2.2 allows both; only an address that was neither registered nor pushed is wrong.
      const party = await FapiParty.register(trial);
      const pushed = await party.push({ redirect_uri: 'https://rp.example/unregistered' });
      if (pushed.status !== 201) return refused(pushed, 'invalid_request', 'invalid_redirect_uri');
      party.requestUriOf(pushed);
    },
  },
  {
    id: fapi2('ensure-redirect-uri-in-authorization-request'),
    async run(trial) {
      const party = await FapiParty.register(trial);
      const uri = party.requestUriOf(await party.push());
      const landing = await party.rp.goOn(await party.begin(uri, { redirect_uri: otherCallback }));
      assert.equal(landing.kind, 'callback');
      assert.equal(landing.url.pathname, '/callback', 'the pushed address prevails');
    },
  },
  {
    id: fapi2('ensure-unsigned-authorization-request-without-using-par-fails'),
    async run(trial) {
      const { rp, ...party } = await FapiParty.register(trial);
      const query = new URLSearchParams(
        new FapiParty(rp, party.prover).parameters() as Record<string, string>,
      );
      const landing = await rp.browser.go(`${rp.endpoint('authorization_endpoint')}?${query}`);
      notAuthorized(await rp.goOn(landing), 'invalid_request', 'invalid_request_object');
    },
  },
  pushRefused('ensure-response-type-code-idtoken-fails', { response_type: 'code id_token' }),
  pushRefused('ensure-response-type-token-fails', { response_type: 'token' }),
  {
    id: fapi2('par-ensure-reused-request-uri-prior-to-auth-completion-succeeds'),
    async run(trial) {
      const party = await FapiParty.register(trial);
      const uri = party.requestUriOf(await party.push());
      const first = await trial.provider.withoutPerson(() => party.begin(uri));
      assert.ok(first.kind === 'page' && first.status === 200, 'the sign-in waits for a person');
      party.rp.codeOf(await party.rp.goOn(await party.begin(uri)));
    },
  },
  {
    id: fapi2('par-attempt-reuse-request_uri'),
    async run(trial) {
      const party = await FapiParty.register(trial);
      const uri = party.requestUriOf(await party.push());
      party.rp.codeOf(await party.rp.goOn(await party.begin(uri)));
      notAuthorized(await party.rp.goOn(await party.begin(uri)), 'invalid_request', 'invalid_request_uri');
    },
  },
  {
    id: fapi2('par-attempt-to-use-expired-request_uri'),
    async run(trial) {
      const party = await FapiParty.register(trial);
      const pushed = await party.push();
      const uri = party.requestUriOf(pushed);
      trial.passTime(Number(pushed.body.expires_in) + 1);
      notAuthorized(await party.rp.goOn(await party.begin(uri)), 'invalid_request', 'invalid_request_uri');
    },
  },
  {
    id: fapi2('par-attempt-to-use-request_uri-for-different-client'),
    async run(trial) {
      const [one, other] = [await FapiParty.register(trial), await FapiParty.register(trial)];
      const uri = one.requestUriOf(await one.push());
      const { clientId } = other.rp.registered;
      notAuthorized(await other.rp.goOn(await other.begin(uri, {}, clientId)));
    },
  },
  pushRefused(
    'par-authorization-request-containing-request_uri-form-param',
    { request_uri: 'urn:ietf:params:oauth:request_uri:another' },
    'invalid_request',
    'request_uri_not_supported',
  ),
  {
    id: fapi2('par-attempt-invalid-http-method'),
    async run(trial) {
      const party = await FapiParty.register(trial);
      const address = party.rp.endpoint('pushed_authorization_request_endpoint');
      for (const method of ['GET', 'PUT', 'DELETE']) {
        const { status } = await fetch(address, { method });
        assert.ok(status >= 400 && status < 500, `${method} is answered ${status}`);
      }
    },
  },
  {
    id: fapi2('par-without-duplicate-parameters'),
    async run(trial) {
      const party = await FapiParty.register(trial);
      party.rp.codeOf(await party.authorize());
    },
  },
  pushRefused(
    'par-ensure-pkce-required',
    { code_challenge: undefined, code_challenge_method: undefined },
    'invalid_request',
  ),
  pushRefused(
    'par-plain-pkce-rejected',
    { code_challenge: 'x'.repeat(43), code_challenge_method: 'plain' },
    'invalid_request',
  ),
];
