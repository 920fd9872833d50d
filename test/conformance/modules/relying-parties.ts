import type { Behaviour } from '../relying-parties/provider.ts';

/** One test of the foundation's Basic plan for relying parties. */
export interface PartyModule {
  id: string;
  behaviour: Behaviour;
  /** What the reason of the refusal names; absent if the sign-in succeeds. */
  refused?: RegExp;
  /** Whether the plan allows both results. */
  either?: true;
  /** The party that it concerns; both if absent. */
  only?: string;
}

const of = (name: string): string => (name === '' ? 'oidcc-client-test' : `oidcc-client-test-${name}`);

/** OpenID Connect Core sections 3.1.3.7 and 5.3.4. */
// biome-ignore format: a table, one module a line
export const partyModules: readonly PartyModule[] = [
  { id: of(''), behaviour: {} },
  { id: of('invalid-iss'), behaviour: { claims: { iss: 'https://other.example/' } }, refused: /iss/ },
  { id: of('missing-sub'), behaviour: { claims: { sub: undefined } }, refused: /sub/ },
  { id: of('invalid-aud'), behaviour: { claims: { aud: 'another' } }, refused: /aud/ },
  { id: of('missing-iat'), behaviour: { claims: { iat: undefined } }, refused: /iat/ },
  { id: of('kid-absent-single-jwks'), behaviour: { header: { kid: undefined } } },
  { id: of('kid-absent-multiple-jwks'), behaviour: { header: { kid: undefined }, more: true }, refused: /key|kid/, either: true },
  { id: of('idtoken-sig-rs256'), behaviour: { header: { alg: 'RS256' } } },
  { id: of('idtoken-sig-none'), behaviour: { signs: 'none' }, refused: /alg|signature/i },
  { id: of('invalid-sig-rs256'), behaviour: { signs: 'of another' }, refused: /signature/i },
  { id: of('userinfo-invalid-sub'), behaviour: { userinfo: { sub: 'another' } }, refused: /\bsub\b|another person/ },
  { id: of('nonce-invalid'), behaviour: { claims: { nonce: 'another' } }, refused: /nonce|not belong to this sign-in/ },
  { id: of('scope-userinfo-claims'), behaviour: { userinfo: { email: 'test@example.com', email_verified: true } } },
  // The platform sends its secret in the form, as published.
  { id: of('client-secret-basic'), behaviour: { basicAlone: true }, only: 'client library' },
];
