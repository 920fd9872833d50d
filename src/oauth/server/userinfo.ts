import { timeAt } from '@alongside/kernel/clock';
import type { HttpRequest } from '@alongside/kernel/http';
import { check } from '@alongside/kernel/steps';
import { proofAlgorithmsOf } from '../dpop.ts';
import { readCertificate } from '../mutual-tls.ts';
import { isForm, parseParameters } from '../parameters.ts';
import { type Confirmation, confirmationOf, type TokenRecord, tokenTypeOf } from '../token-records.ts';
import { readProof } from './sender-constraint.ts';
import type { AuthorizationServer, WithClient } from './server.ts';

// The checks of an access token at userinfo (OpenID Connect Core section 5.3), as far as they are the same for every server.

interface ResourceCall<K extends WithClient = WithClient> {
  readonly server: AuthorizationServer<K>;
  readonly request: HttpRequest;
}
interface WithToken {
  readonly token: string;
  readonly scheme: Scheme;
}
/** The access token of a request at userinfo. */
export interface WithRecord {
  readonly record: TokenRecord;
}

type Scheme = 'bearer' | 'dpop';

const headerForm = /^(bearer|dpop) +([A-Za-z0-9\-._~+/]+=*)$/i;

/** Reads the token from the header, or from the form of a POST; never from the address, and never twice (RFC 6750 section 2). */
export function readToken({ server: { errors }, request }: ResourceCall): WithToken {
  const header = request.headers.authorization;
  const form =
    request.method === 'POST' && isForm(request.headers['content-type'])
      ? parseParameters(request.body)
      : undefined;
  const posted = form?.all('access_token') ?? [];
  if (posted.length > 1 || (posted.length === 1 && header !== undefined))
    throw errors.accessTokenTwice('the request has more than one token');
  if (posted[0]) return { token: posted[0], scheme: 'bearer' };
  // RFC 6750 section 3.1: another scheme is no authentication information, so the challenge names no error.
  if (!/^(bearer|dpop)(?: |$)/i.test(header ?? ''))
    throw errors.accessTokenMissing('there is no Authorization header with Bearer or DPoP');
  const [, scheme, token] = headerForm.exec(header ?? '') ?? [];
  if (scheme === undefined || token === undefined)
    throw errors.accessTokenInvalid('the Authorization header has not exactly one token');
  return { token, scheme: scheme.toLowerCase() as Scheme };
}

/** Finds a live access token of this issuer with the scope `openid`. */
export const findToken = check(
  'access-token',
  async function findToken({
    token,
    request,
    server: { tokens, issuer, clock, errors },
  }: ResourceCall & WithToken): Promise<WithRecord> {
    const record = await tokens.findAccess(token);
    if (!record || record.issuer !== issuer || record.kind !== 'access')
      throw errors.accessTokenInvalid('the token is unknown');
    if (!tokens.isLive(record)) {
      request.activity?.join({ lasting: record.family });
      throw errors
        .accessTokenInvalid(record.revokedAt === null ? 'the token has expired' : 'the token was revoked')
        .about({
          field: 'authorization',
          headline: `The access token ${record.revokedAt === null ? 'has expired' : 'was revoked'}`,
          received: `a token that ${record.revokedAt === null ? 'expired' : 'was revoked'} at ${timeAt(record.revokedAt ?? record.expiresAt, clock.now())}`,
          expected: 'a token that is still valid',
        });
    }
    // A refresh may ask for less than was granted.
    if (!record.scope.split(' ').includes('openid'))
      throw errors.accessTokenScope(`the scope of the token is ${record.scope}`);
    return { record };
  },
);

/** Finds the client of the token again, because it may have changed. */
export const findTokenClient = check('client', async function findTokenClient<
  K extends WithClient,
>({ record, server, request }: ResourceCall<K> & WithRecord): Promise<K> {
  const found = await server.findClient(record.clientId, request.activity);
  if (!found) throw server.errors.accessTokenInvalid('its client was revoked');
  return found;
});

type SenderCall = ResourceCall & WithToken & WithRecord & WithClient;

/** Requires a proof of the key (RFC 9449 section 7) and the certificate (RFC 8705 section 3) that the token is bound to. */
export const checkSender = check(
  'sender-constraint',
  function checkSender(call: SenderCall): void | Promise<void> {
    const { server, scheme, client, record } = call;
    const confirmation = confirmationOf(record);
    const wanted = tokenTypeOf(confirmation);
    // The challenge names the right scheme.
    if (wanted.toLowerCase() !== scheme)
      throw server.errors.accessTokenInvalid(`the scheme is ${scheme}, the token is ${wanted}`, {
        scheme: wanted,
        algs: proofAlgorithmsOf(client.registration.profile).join(' '),
      });
    return confirmation === null ? undefined : checkBinding(call, confirmation);
  },
);

async function checkBinding(
  { server, request, token, client: { registration } }: SenderCall,
  confirmation: Confirmation,
): Promise<void> {
  const algs = { algs: proofAlgorithmsOf(registration.profile).join(' ') };
  if (confirmation.jkt !== undefined) {
    const proof = await readProof(server, request, registration.profile, server.addresses.userinfo, token);
    if (proof && 'fault' in proof && proof.needsNonce)
      throw server.errors.resourceNonceNeeded(proof.fault, algs);
    if (!proof || 'fault' in proof)
      throw server.errors.resourceProofInvalid(proof ? proof.fault : 'there is no DPoP header', algs);
    if (proof.jkt !== confirmation.jkt)
      throw server.errors.accessTokenInvalid(
        `it is bound to ${confirmation.jkt}, proven is ${proof.jkt}`,
        algs,
      );
  }
  const bound = confirmation['x5t#S256'];
  const thumbprint = readCertificate(request.certificate)?.thumbprint;
  if (bound !== undefined && bound !== thumbprint)
    throw server.errors.accessTokenInvalid(
      `it is bound to the certificate ${bound}, the connection has ${thumbprint ?? 'none'}`,
    );
}
