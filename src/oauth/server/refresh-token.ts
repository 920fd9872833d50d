import { timeAt } from '@alongside/kernel/clock';
import { check, type Passed } from '@alongside/kernel/steps';
import type { Statement } from '../../storage/database.ts';
import { readScope } from '../parameters.ts';
import { unknownScope } from '../products.ts';
import type { WithBatch } from '../request-batch.ts';
import { confirmationOf, isSameConfirmation, type TokenRecord } from '../token-records.ts';
import type { WithConfirmation } from './sender-constraint.ts';
import type { ClientCall, WithClient } from './server.ts';

// The refresh token grant, as far as it is the same for every server (RFC 6749 section 6).

/** A refresh token of the client that is neither revoked nor expired. It may be used. */
export interface WithRefreshToken {
  readonly token: string;
  readonly record: TokenRecord;
}

export const findRefreshToken = check(
  'refresh-token',
  async function findRefreshToken(
    call: ClientCall & WithClient & WithConfirmation & Passed<'client-authentication'>,
  ): Promise<WithRefreshToken> {
    const { server, client, parameters, confirmation } = call;
    const { clock, errors, issuer, tokens } = server;
    const token = parameters.get('refresh_token');
    if (token === undefined) throw errors.refreshMissing('refresh_token is missing');
    const record = await tokens.findRefresh(token);
    if (record?.issuer !== issuer) throw errors.refreshInvalid('the refresh token is unknown');
    if (record.clientId !== client.registration.clientId)
      throw errors.refreshInvalid(`the token was issued to ${record.clientId}`);
    const bound = confirmationOf(record);
    if (bound !== null && !isSameConfirmation(bound, confirmation))
      throw errors.dpopProofInvalid(
        `the token is bound to ${JSON.stringify(bound)}, proven is ${JSON.stringify(confirmation)}`,
      );
    if (record.revokedAt !== null)
      throw errors.refreshInvalid('the token was revoked, or its session has ended');
    if (record.expiresAt <= clock.now())
      throw errors.refreshInvalid(`the token expired at ${timeAt(record.expiresAt, clock.now())}`);
    return { token, record };
  },
);

/** Returns the requested scope; the granted one when the request names none. Refuses more than was granted. */
export function narrowScope({ server, parameters }: ClientCall, granted: readonly string[]): string[] {
  const text = parameters.get('scope');
  if (text === undefined) return [...granted];
  const requested = readScope(text);
  if (!requested?.every((value) => granted.includes(value)))
    throw server.errors
      .tokenScope(`scope is ${text}, granted is ${granted.join(' ')}`)
      .about({ ...unknownScope(text, granted), headline: 'scope exceeds the granted scope' });
  return requested;
}

/**
 * Writes the tokens of a refresh in one batch that uses the refresh token up, or keeps it without a successor. Returns the
 * record of a token that another request used at the same time.
 * @param successor sealed, for a client that lost the response; null when it is not stored, undefined when the token stays.
 */
export async function useRefreshToken(
  { server, batch, token }: ClientCall & WithBatch & WithRefreshToken & Passed<'refresh-token'>,
  successor: string | null | undefined,
  writes: readonly Statement[],
): Promise<TokenRecord | undefined> {
  const { errors, tokens } = server;
  const condition =
    successor === undefined ? tokens.requireLiveStatement(token) : tokens.spendStatement(token, successor);
  if (await batch.commit([condition, ...writes])) return undefined;
  const record = await tokens.findRefresh(token);
  if (!record || record.revokedAt !== null || record.usedAt === null)
    throw errors.refreshInvalid('the token was revoked, or its session ended, at the same time');
  return record;
}

/** Revokes all tokens of an authorization after a second use of its refresh token (RFC 9700 section 4.14.2). */
export async function revokeReused(call: ClientCall & WithBatch & WithRefreshToken): Promise<void> {
  const { server, batch, record } = call;
  await batch.settle();
  const audited = server.revocationStatement(record, 'refresh-token-reused');
  await server.tokens.revokeFamily(record.family, audited);
}
