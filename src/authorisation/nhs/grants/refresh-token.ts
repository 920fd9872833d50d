import { json } from '@alongside/kernel/answer';
import { steps } from '@alongside/kernel/steps';
import { limitFailures } from '../../../oauth/limit-failures.ts';
import type { TokenRecord } from '../../../oauth/tokens.ts';
import {
  limitRate,
  readProducts,
  refuseOverLimit,
  requireActiveDeveloper,
  requireApproval,
  requireSubscription,
  type WithClient,
  type WithProducts,
} from '../../application/client.ts';
import { checkSecret, identifyByForm } from '../../application/secret.ts';
import type { Base } from '../../base.ts';
import { errors } from '../../errors.ts';
import { type Incoming, refuseRepeated } from '../../incoming.ts';
import { accessLifetime } from '../../issue.ts';
import { lifetimesOf } from '../../lifetimes.ts';
import type { Parts } from '../../parts.ts';
import { noteProven } from '../../refused-tokens.ts';
import { endOfRefreshing, type Rotated, Rotation, scopesLeft, upstreamOf } from '../../rotation.ts';
import { grant, grantTypes } from './grant.ts';

interface WithToken {
  token: string;
  record: TokenRecord;
}

export const findToken = ({ tokens }: Pick<Parts, 'tokens'>, base: Base) =>
  async function findToken({ form, client }: Incoming & WithClient): Promise<WithToken> {
    const token = form.get('refresh_token');
    if (token === undefined) throw errors.refreshMissing('refresh_token is missing');
    const record = await tokens.find(token);
    if (record?.kind !== 'refresh' || record.issuer !== base.issuer)
      throw errors.refreshInvalid(`it is not a refresh token of ${base.path}`);
    if (record.clientId !== client.registration.clientId)
      throw errors.refreshInvalid(`the token was issued to ${record.clientId}`);
    if (record.revokedAt !== null) throw errors.refreshInvalid('the token was revoked');
    return { token, record };
  };

/** Rejects a used token, unless retries are switched on. Its family stays valid, as published. */
export const refuseUsed = (base: Base, rotation: Rotation, parts: Parts) =>
  async function refuseUsed({ token, record, client }: WithToken & WithClient) {
    if (record.usedAt === null) return undefined;
    const rotated = await rotation.repeat(token, record);
    if (rotated) return answer(rotation, rotated);
    throw errors.refreshInvalid(
      `${client.application.name} used the token ${parts.clock.now() - record.usedAt} ms ago at ${base.path}`,
    );
  };

export const checkPeriod = ({ clock }: Pick<Parts, 'clock'>, base: Base) =>
  async function checkPeriod({
    form,
    record,
  }: Incoming & WithToken): Promise<{ ends: { accessLifetime: number; refreshExpiresAt: number } }> {
    const usual = { access: accessLifetime, refresh: upstreamOf(base, record).refreshLifetime };
    const { access, refresh, validity } = lifetimesOf(base, form, usual);
    const now = clock.now();
    const end = endOfRefreshing(record, validity);
    if (record.expiresAt <= now)
      throw errors.refreshExpired(`the token expired ${now - record.expiresAt} ms ago`);
    if (end <= now) throw errors.refreshExpired(`refreshing ended ${now - end} ms ago`);
    return { ends: { accessLifetime: access, refreshExpiresAt: Math.min(now + refresh, end) } };
  };

async function keepScopes({ record, products }: WithToken & WithProducts): Promise<{ scope: string[] }> {
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

/** Exchanges a refresh token, in both patterns, for new tokens. Requires the secret; each token is used once. */
export const refreshToken = grant(
  'authorisation.refresh',
  ({ form }) => form.get('grant_type') === grantTypes.refreshToken,
  {
    validate(base, parts) {
      const { applications, products, developers, limiter, failures } = parts;
      return steps<Incoming>()
        .step(refuseRepeated)
        .step(limitFailures(failures, errors.networkBusy, identifyByForm(applications, base)))
        .step(readProducts(products))
        .step(refuseOverLimit(limiter, base))
        .step(limitFailures(failures, errors.networkBusy, checkSecret(applications)))
        .step(noteProven)
        .step(limitRate(limiter, base))
        .step(requireApproval)
        .step(requireSubscription(base))
        .step(requireActiveDeveloper(developers))
        .step(findToken(parts, base))
        .step(refuseUsed(base, new Rotation(base, parts), parts))
        .step(checkPeriod(parts, base))
        .step(keepScopes);
    },
    issue(base, parts) {
      const rotation = new Rotation(base, parts);
      return async function issue(
        known: WithToken &
          WithClient & { scope: string[]; ends: { accessLifetime: number; refreshExpiresAt: number } },
      ) {
        const { token, record, scope, ends, client } = known;
        const rotated =
          (await rotation.rotate(token, record, scope, ends)) ?? (await repeated(parts, rotation, token));
        if (!rotated) throw errors.refreshInvalid('the token was used by another request at the same time');
        parts.recorder.record({
          keys: [record.family],
          from: 'application',
          to: 'authorisation',
          name: 'authorisation.refresh',
          detail: { client: client.application.name, count: rotated.count },
        });
        return answer(rotation, rotated);
      };
    },
  },
);

/** Returns the winner's tokens to the loser of a race, if retries are switched on. */
async function repeated(
  { tokens }: Pick<Parts, 'tokens'>,
  rotation: Rotation,
  token: string,
): Promise<Rotated | undefined> {
  const record = await tokens.find(token);
  return record && rotation.repeat(token, record);
}
