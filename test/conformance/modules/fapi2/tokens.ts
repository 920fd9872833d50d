import assert from 'node:assert/strict';
import { FapiParty, refused } from '../../fapi-party.ts';
import { type Module, notOffered } from '../../module.ts';
import { fapi2 } from './name.ts';

/** The complete flow, and the token endpoint (FAPI 2.0 Security Profile section 5.3.2). */
export const tokens: readonly Module[] = [
  {
    id: fapi2('discovery-end-point-verification'),
    async run(trial) {
      const document = await trial.discovery('fapi2');
      assert.equal(document.issuer, trial.provider.issuer('fapi2'));
      assert.equal(document.authorization_response_iss_parameter_supported, true, 'iss (RFC 9207)');
      assert.ok(URL.canParse(String(document.pushed_authorization_request_endpoint)));
      const holds = (name: string, ...wanted: string[]) => {
        const values = document[name];
        assert.ok(Array.isArray(values), name);
        assert.ok(
          wanted.some((value) => values.includes(value)),
          `${name} has ${wanted.join(' or ')}`,
        );
      };
      holds('code_challenge_methods_supported', 'S256');
      assert.ok(!(document.code_challenge_methods_supported as string[]).includes('plain'), 'no plain PKCE');
      holds('response_types_supported', 'code');
      holds('token_endpoint_auth_methods_supported', 'private_key_jwt', 'tls_client_auth');
      const strong = ['PS256', 'ES256', 'EdDSA', 'Ed25519'];
      holds('token_endpoint_auth_signing_alg_values_supported', ...strong);
      holds('dpop_signing_alg_values_supported', ...strong);
      if (trial.provider.openid) holds('id_token_signing_alg_values_supported', ...strong);
    },
  },
  {
    id: fapi2('happy-flow'),
    async run(trial) {
      const party = await FapiParty.register(trial);
      const made = await party.tokens();
      const { status, body } = await party.resource(made.access_token);
      assert.equal(status, 200);
      if (!trial.provider.openid) return;
      const idToken = await party.rp.verify(made.id_token);
      const { header, claims } = idToken;
      party.rp.warnOfMoreClaims(idToken);
      assert.equal(body.sub, claims.sub);
      assert.match(
        String(header.alg),
        /^(PS256|ES256|EdDSA|Ed25519)$/,
        'the ID token is signed strongly (section 5.4)',
      );
    },
  },
  {
    id: fapi2('user-rejects-authentication'),
    async run(trial) {
      const party = await FapiParty.register(trial);
      const landing = await trial.provider.refusing(() =>
        party.authorize({ prompt: trial.provider.refusable }),
      );
      assert.equal(party.rp.errorOf(landing), 'access_denied');
      const { parameters } = party.rp.callbackOf(landing);
      assert.equal(parameters.get('iss'), party.rp.issuer, 'iss comes with errors, too');
    },
  },
  {
    id: fapi2('ensure-client-id-in-token-endpoint'),
    async run(trial) {
      const [party, other] = [await FapiParty.register(trial), await FapiParty.register(trial)];
      const wrong = await party.redeem(await party.code(), { client_id: other.rp.registered.clientId });
      refused(wrong, 'invalid_client', 'invalid_request', 'invalid_grant');
      const own = party.asserts ? party.rp.registered.clientId : undefined;
      const answer = await party.redeem(await party.code(), { client_id: own });
      if (party.asserts) party.rp.tokensOf(answer);
      else refused(answer, 'invalid_client', 'invalid_request');
    },
  },
  {
    id: fapi2('ensure-authorization-code-is-bound-to-client'),
    async run(trial) {
      const [party, thief] = [await FapiParty.register(trial), await FapiParty.register(trial)];
      const code = await party.code();
      refused(await thief.redeem(code, { code_verifier: party.rp.verifier }), 'invalid_grant');
    },
  },
  {
    id: fapi2('attempt-reuse-authorization-code-after-one-second'),
    async run(trial) {
      const party = await FapiParty.register(trial);
      const code = await party.code();
      const { access_token } = party.rp.tokensOf(await party.redeem(code));
      trial.passTime(1);
      refused(await party.redeem(code), 'invalid_grant');
      // RFC 6749 section 4.1.2 recommends it; the suite warns without it.
      refused(await party.resource(access_token));
    },
  },
  {
    id: fapi2('ensure-token-endpoint-fails-with-expired-auth-code'),
    async run(trial) {
      const party = await FapiParty.register(trial);
      const code = await party.code();
      trial.passTime(61);
      refused(await party.redeem(code), 'invalid_grant');
    },
  },
  {
    id: fapi2('refresh-token'),
    async run(trial) {
      const party = await FapiParty.register(trial);
      const made = await party.tokens({
        scope: `${trial.provider.scopes[0]} offline_access`,
        prompt: trial.provider.openid ? 'consent' : undefined,
      });
      const { refresh_token: refreshToken } = made;
      if (refreshToken === undefined) notOffered('refresh tokens');
      const again = party.rp.tokensOf(await party.rp.refresh(refreshToken, {}, await party.tokenProof()));
      assert.equal((await party.resource(again.access_token)).status, 200);
      // Section 5.3.2.1: refresh tokens are not rotated.
      assert.equal(again.refresh_token ?? refreshToken, refreshToken, 'the refresh token stays the same');
      party.rp.tokensOf(await party.rp.refresh(refreshToken, {}, await party.tokenProof()));
      const thief = await FapiParty.register(trial);
      refused(await thief.rp.refresh(refreshToken, {}, await thief.tokenProof()), 'invalid_grant');
    },
  },
  {
    id: fapi2('ensure-pkce-code-verifier-required'),
    async run(trial) {
      const party = await FapiParty.register(trial);
      const answer = await party.redeem(await party.code(), { code_verifier: undefined });
      refused(answer, 'invalid_grant', 'invalid_request');
    },
  },
  {
    id: fapi2('incorrect-pkce-code-verifier-rejected'),
    async run(trial) {
      const party = await FapiParty.register(trial);
      refused(await party.redeem(await party.code(), { code_verifier: 'x'.repeat(43) }), 'invalid_grant');
    },
  },
];
