import { type Answer, json } from '@alongside/kernel/answer';
import { timeAt } from '@alongside/kernel/clock';
import { check, type Passed, steps } from '@alongside/kernel/steps';
import type { TokenRecord } from '../../../oauth/token-records.ts';
import type { WithClient, WithProducts } from '../../application/client.ts';
import { errors } from '../../errors.ts';
import { accessLifetime, lifetimesOf } from '../../issue.ts';
import { endOfRefreshing, type Rotated, type Rotation, scopesLeft, upstreamOf } from '../../rotation.ts';
import { authenticateBySecret, type CheckedClient } from '../application-checks.ts';
import type { NhsCall, NhsServer } from '../server.ts';
import { grant, grantTypes } from './grant.ts';

interface WithEnds {
  ends: { accessLifetime: number; refreshExpiresAt: number };
}

interface WithToken {
  token: string;
  record: TokenRecord;
}

export async function findToken({ server, form, client, proven }: NhsCall & WithClient): Promise<WithToken> {
  const { base } = server;
  const { tokens } = server.parts;
  const token = form.get('refresh_token');
  if (token === undefined) throw errors.refreshMissing('refresh_token is missing');
  const record = await tokens.findRefresh(token);
  if (record?.issuer !== base.issuer)
    throw errors.refreshInvalid(`it is not a refresh token of ${base.path}`);
  proven.family = record.family;
  if (record.clientId !== client.registration.clientId)
    throw errors.refreshInvalid(`the token was issued to ${record.clientId}`);
  if (record.revokedAt !== null) throw errors.refreshInvalid('the token was revoked');
  return { token, record };
}

/** Rejects a used token, unless retries are switched on. Its family stays valid, as published. */
export async function refuseUsed({ server, token, record, client }: NhsCall & WithToken & WithClient) {
  if (record.usedAt === null) return undefined;
  const { base, parts, rotation } = server;
  const rotated = await rotation.repeat(token, record);
  if (rotated) return answer(rotation, rotated);
  throw errors.refreshInvalid(
    `${client.application.name} used the token at ${base.path} at ${timeAt(record.usedAt, parts.clock.now())}`,
  );
}

export function checkPeriod({ server, form, record }: NhsCall & WithToken): WithEnds {
  const { base } = server;
  const { clock } = server.parts;
  const usual = { access: accessLifetime, refresh: upstreamOf(base, record).refreshLifetime };
  const { access, refresh, validity } = lifetimesOf(base, form, usual);
  const now = clock.now();
  const end = endOfRefreshing(record, validity);
  if (record.expiresAt <= now)
    throw errors.refreshExpired(`the token expired at ${timeAt(record.expiresAt, now)}`);
  if (end <= now) throw errors.refreshExpired(`refreshing ended at ${timeAt(end, now)}`);
  return { ends: { accessLifetime: access, refreshExpiresAt: Math.min(now + refresh, end) } };
}

function keepScopes({ record, products }: WithToken & WithProducts): { scope: string[] } {
  const scope = scopesLeft(record, products);
  if (scope.length === 0) throw errors.noScope('the application no longer has a scope of the token');
  return { scope };
}

const answer = (rotation: Rotation, rotated: Rotated) =>
  json(200, {
    access_token: rotated.accessToken,
    expires_in: String(rotation.secondsLeft(rotated.accessExpiresAt)),
    refresh_token: rotated.refreshToken,
    refresh_token_expires_in: String(rotation.secondsLeft(rotated.refreshExpiresAt)),
    refresh_count: String(rotated.count),
    token_type: 'Bearer',
  });

/** Returns the winner's tokens to the loser of a race, if retries are switched on. */
async function repeated({ parts, rotation }: NhsServer, token: string): Promise<Rotated | undefined> {
  const record = await parts.tokens.findRefresh(token);
  return record && rotation.repeat(token, record);
}

const validate = steps<NhsCall>('oauth2.token.refresh_token')
  .use(authenticateBySecret)
  .step(check('refresh-token', findToken))
  .step(check('refresh-token-unused', refuseUsed))
  .step(check('period', checkPeriod))
  .step(check('scope', keepScopes));

type CheckedCall = NhsCall &
  WithToken &
  WithClient &
  WithEnds & { scope: string[] } & CheckedClient &
  Passed<'refresh-token' | 'refresh-token-unused' | 'period' | 'scope'>;

async function issue({
  server,
  batch,
  request,
  token,
  record,
  scope,
  ends,
  client,
}: CheckedCall): Promise<Answer> {
  const { parts, rotation } = server;
  const rotated =
    (await rotation.rotate(batch, token, request, record, scope, ends)) ?? (await repeated(server, token));
  if (!rotated) throw errors.refreshInvalid('the token was used by another request at the same time');
  parts.recorder.record(
    {
      lasting: record.family,
      from: 'application',
      to: 'authorisation',
      name: 'authorisation.refresh',
      detail: { client: client.application.name, count: rotated.count },
    },
    request.activity,
  );
  return answer(rotation, rotated);
}

/** Exchanges a refresh token, in both patterns, for new tokens. Requires the secret; each token is used once. */
export const refreshToken = grant(
  'authorisation.refresh',
  ({ form }) => form.get('grant_type') === grantTypes.refreshToken,
  validate,
  issue,
);
