import { FapiParty, refused } from '../../fapi-party.ts';
import { newKeyPair } from '../../keys.ts';
import type { Module } from '../../module.ts';
import { now } from '../../time.ts';
import { fapi2 } from './name.ts';

type Claims = Record<string, unknown>;

/** A module: the token endpoint refuses an assertion with these claims. */
const refusedAtToken = (name: string, claims: () => Claims): Module => ({
  id: fapi2(name),
  async run(trial) {
    const party = await FapiParty.register(trial);
    const code = await party.code();
    const assertion = await party.rp.assertion(claims());
    refused(await party.redeem(code, { client_assertion: assertion }), 'invalid_client');
  },
});

/** A module: a pushed request with these assertion claims is refused or accepted. */
const atPush = (name: string, claims: (party: FapiParty) => Claims, taken: boolean): Module => ({
  id: fapi2(name),
  async run(trial) {
    const party = await FapiParty.register(trial);
    const answer = await party.push({ client_assertion: await party.rp.assertion(claims(party)) });
    if (taken) party.requestUriOf(answer);
    else refused(answer, 'invalid_client');
  },
});

/** Client assertions (FAPI 2.0 Security Profile sections 5.3.2.1 and 5.4). */
export const assertions: readonly Module[] = [
  {
    id: fapi2('ensure-signed-client-assertion-with-RS256-fails'),
    async run(trial) {
      const weak = await newKeyPair('RS256', 'weak');
      const strong = await newKeyPair('ES256', 'strong');
      const party = await FapiParty.register(trial, { jwks: { keys: [strong.publicJwk, weak.publicJwk] } });
      party.requestUriOf(await party.push({ client_assertion: await party.rp.assertion({}, strong) }));
      refused(await party.push({ client_assertion: await party.rp.assertion({}, weak) }), 'invalid_client');
    },
  },
  {
    id: fapi2('ensure-client-assertion-in-token-endpoint'),
    async run(trial) {
      const party = await FapiParty.register(trial);
      const none = { client_assertion: undefined, client_assertion_type: undefined };
      const named = { ...none, client_id: party.rp.registered.clientId };
      refused(await party.redeem(await party.code(), named), 'invalid_client', 'invalid_request');
    },
  },
  refusedAtToken('ensure-client-assertion-with-exp-is-5-minutes-in-past-fails', () => ({
    iat: now() - 360,
    exp: now() - 300,
  })),
  refusedAtToken('ensure-client-assertion-with-wrong-aud-fails', () => ({ aud: 'https://other.example' })),
  refusedAtToken('ensure-client-assertion-with-no-sub-fails', () => ({ sub: undefined })),
  atPush(
    'par-ensure-jwt-client-assertions-nbf-8-seconds-in-the-future-is-accepted',
    () => ({ nbf: now() + 8 }),
    true,
  ),
  atPush(
    'par-ensure-jwt-client-assertions-nbf-over-60-seconds-in-the-future-fails',
    () => ({ nbf: now() + 70, exp: now() + 130 }),
    false,
  ),
  atPush(
    'par-test-array-as-audience-fails',
    ({ rp }) => ({ aud: [rp.issuer, 'https://other.example'] }),
    false,
  ),
  atPush(
    'par-test-par-endpoint-url-as-audience-fails',
    ({ rp }) => ({ aud: rp.endpoint('pushed_authorization_request_endpoint') }),
    false,
  ),
  atPush(
    'par-test-token-endpoint-url-as-audience-fails',
    ({ rp }) => ({ aud: rp.endpoint('token_endpoint') }),
    false,
  ),
];
