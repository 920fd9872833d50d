import { type SignIn, signInClaims } from '../../oauth/openid/claims.ts';
import { openIdProviders } from '../../oauth/openid/providers.ts';
import type { TokenResponse } from '../../oauth/server/grant.ts';
import type { Client } from '../clients.ts';
import { type Attributes, authTimeAttribute, type TokenGrant } from '../issue.ts';
import type { PlatformParts } from '../parts.ts';

/** Algorithms of ID tokens. */
export const { algorithms: idTokenAlgorithms } = openIdProviders.platform;

/** FAPI 2.0 Security Profile section 5.4 excludes RS256, the default of OpenID Connect. */
const algorithmOf = ({ registration }: Client) => (registration.profile === 'fapi2' ? 'PS256' : 'RS256');

/** Returns `amr` of a stored sign-in; undefined if the provider sent no list. */
export function methodsOf({ 'id_token-amr': text }: Readonly<Attributes>): string[] | undefined {
  if (text === undefined) return undefined;
  try {
    const amr: unknown = JSON.parse(text);
    return Array.isArray(amr) ? (amr as string[]) : undefined;
  } catch {
    return undefined;
  }
}

const signInOf = ({
  uid,
  sid,
  attributes,
}: Pick<TokenGrant, 'sid' | 'attributes'> & { uid: string }): SignIn => ({
  uid,
  sid: sid ?? undefined,
  authTime: attributes[authTimeAttribute] === undefined ? undefined : Number(attributes[authTimeAttribute]),
  acr: attributes['id_token-acr'],
  methods: methodsOf(attributes),
});

/** Adds an ID token about the sign-in to a response with the scope `openid`, and with no other claims (docs/adr/0091). */
export async function withIdToken(
  {
    issuer,
    parts: { keys, clock },
  }: { readonly issuer: string; readonly parts: Pick<PlatformParts, 'keys' | 'clock'> },
  client: Client,
  { uid, sid, attributes }: Pick<TokenGrant, 'uid' | 'sid' | 'attributes'>,
  response: TokenResponse,
  nonce: string | null = null,
): Promise<TokenResponse> {
  const { scope, access_token: accessToken } = response as { scope: string; access_token: string };
  if (uid === null || !scope.split(' ').includes('openid')) return response;
  const { clientId } = client.registration;
  const claims = signInClaims(signInOf({ uid, sid, attributes }), {
    issuer,
    clock,
    clientId,
    accessToken,
    nonce,
  });
  const idToken = await keys.sign(claims, { algorithm: algorithmOf(client) });
  return { ...response, id_token: idToken };
}
