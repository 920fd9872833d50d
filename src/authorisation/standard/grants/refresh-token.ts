import { type Answer, json } from '@alongside/kernel/answer';
import { steps } from '@alongside/kernel/steps';
import {
  type Confirmation,
  confirmationOf,
  isSameConfirmation,
  tokenTypeOf,
} from '../../../oauth/confirmation.ts';
import type { TokenRecord } from '../../../oauth/tokens.ts';
import type { Base } from '../../base.ts';
import { accessLifetime, Issuer } from '../../issue.ts';
import { lifetimesOf } from '../../lifetimes.ts';
import type { Parts } from '../../parts.ts';
import { revoking } from '../../revoking.ts';
import { endOfRefreshing, type Rotated, Rotation, scopesLeft, upstreamOf } from '../../rotation.ts';
import { AccessTokens } from '../access-tokens.ts';
import { errors } from '../errors.ts';
import { readScope } from '../incoming.ts';
import { rulesOf } from '../profile.ts';
import { audienceOf, readResources } from '../resources.ts';
import { type FromClient, grant } from './grant.ts';

interface WithToken {
  token: string;
  record: TokenRecord;
}
type Repeated = WithToken & Pick<FromClient, 'client'>;
interface WithScopes {
  scope: string[];
  accessScope: string[];
}
type Valid = FromClient & WithToken & WithScopes & { resources: string[] };

const findToken = ({ tokens, clock }: Pick<Parts, 'tokens' | 'clock'>, base: Base) =>
  async function findToken({ parameters, client, confirmation }: FromClient): Promise<WithToken> {
    const token = parameters.get('refresh_token');
    if (token === undefined) throw errors.refreshMissing('refresh_token is missing');
    const record = await tokens.find(token);
    if (record?.kind !== 'refresh' || record.issuer !== base.issuer)
      throw errors.refreshInvalid(`no refresh token of ${base.path} is like this`);
    if (record.clientId !== client.registration.clientId)
      throw errors.refreshInvalid(`the token was given to ${record.clientId}`);
    const bound = confirmationOf(record);
    if (bound !== null && !isSameConfirmation(bound, confirmation))
      throw errors.proofInvalid(
        `the token is bound to ${JSON.stringify(bound)}, proven is ${JSON.stringify(confirmation)}`,
      );
    if (record.revokedAt !== null) throw errors.refreshInvalid('the token was revoked');
    if (record.expiresAt <= clock.now())
      throw errors.refreshInvalid(`the token ran out ${clock.now() - record.expiresAt} ms ago`);
    return { token, record };
  };

const answer = (rotation: Rotation, rotated: Rotated, confirmation: Confirmation | null): Answer =>
  json(200, {
    access_token: rotated.accessToken,
    token_type: tokenTypeOf(confirmation),
    expires_in: rotation.secondsLeft(rotated.accessExpiresAt),
    scope: rotated.scope,
    refresh_token: rotated.refreshToken,
    refresh_token_expires_in: rotation.secondsLeft(rotated.refreshExpiresAt),
  });

/** Whether nothing but the token itself shows who repeats: a thief could do so as well as the client. */
const isBearerOfPublicClient = ({ client, record }: Repeated): boolean =>
  client.registration.tokenEndpointAuthMethod === 'none' && confirmationOf(record) === null;

/**
 * Answers a used token with the same successor, for an answer that was lost. Any later use, and every one of a public client
 * whose tokens are bound to no key, ends the family (RFC 9700 section 4.14.2).
 */
async function answerRepeat(
  parts: Parts,
  base: Base,
  rotation: Rotation,
  repeated: Repeated,
): Promise<Answer> {
  const { token, record } = repeated;
  const rotated = isBearerOfPublicClient(repeated) ? undefined : await rotation.repeat(token, record);
  if (rotated) {
    // The key is the one of the first answer, whatever the repeat proved.
    const access = await parts.tokens.find(rotated.accessToken);
    return answer(rotation, rotated, access ? confirmationOf(access) : null);
  }
  await revoking(parts, base)(record, 'refresh-token-reused');
  throw errors.refreshInvalid('the token was used before; all tokens of its family are revoked');
}

const handleUsed = (parts: Parts, base: Base, rotation: Rotation) =>
  async function handleUsed(known: Repeated): Promise<Answer | undefined> {
    return known.record.usedAt === null ? undefined : answerRepeat(parts, base, rotation, known);
  };

async function checkScope({ parameters, record, products }: FromClient & WithToken): Promise<WithScopes> {
  const scope = scopesLeft(record, products);
  if (scope.length === 0) throw errors.noScope('no scope of the token is one of the application any more');
  const text = parameters.get('scope');
  if (text === undefined) return { scope, accessScope: scope };
  const asked = readScope(text);
  if (!asked?.every((value) => scope.includes(value)))
    throw errors.tokenScope(`${text} was asked for, ${scope.join(' ')} is granted`);
  return { scope, accessScope: asked };
}

/** Fewer resources for this access token alone; the refresh token keeps all of the grant (RFC 8707 section 2.2). */
const keepResources = (api: string) =>
  async function keepResources(known: FromClient & WithToken): Promise<{ resources: string[] }> {
    const granted = audienceOf(known.record.attributes);
    const resources = readResources(known.parameters, api, known, granted);
    if (!resources) throw errors.tokenTarget(`${known.parameters.all('resource').join(' ')} was asked for`);
    return { resources };
  };

/** A new access token alone: the refresh token of a bound confidential client stays (FAPI 2.0 section 5.3.2.1). */
const keepRefreshing = (base: Base, parts: Parts, accessTokens: AccessTokens) => {
  const issuer = new Issuer(base, parts);
  return async function keepRefreshing(known: Valid): Promise<Answer> {
    const { client, token, record, accessScope: scope, resources, confirmation, parameters } = known;
    const usual = { access: accessLifetime, refresh: 0 };
    const { access: lifetime } = lifetimesOf(base, parameters, usual);
    const { refresh_count: _, _refresh_tokens_validity_ms: __, ...attributes } = record.attributes;
    const granted = { ...record, scope, attributes, refreshed: true };
    const access = await accessTokens.issue(client.registration, granted, {
      lifetime,
      resources,
      confirmation,
    });
    const { done } = await parts.database.batch([parts.tokens.requireLiveStatement(token), ...access.writes]);
    if (!done) throw errors.refreshInvalid('the token was revoked at the same time');
    return json(200, {
      access_token: access.token,
      token_type: tokenTypeOf(confirmation),
      expires_in: issuer.secondsLeft(access.expiresAt),
      scope: scope.join(' '),
    });
  };
};

const rotate = (base: Base, parts: Parts, accessTokens: AccessTokens) => {
  const rotation = new Rotation(base, parts);
  return async function rotate(known: Valid): Promise<Answer> {
    const { parameters, client, token, record, scope, accessScope, resources, confirmation } = known;
    const usual = { access: accessLifetime, refresh: upstreamOf(base, record).refreshLifetime };
    const { access, refresh, validity } = lifetimesOf(base, parameters, usual);
    const refreshExpiresAt = Math.min(parts.clock.now() + refresh, endOfRefreshing(record, validity));
    const rotated = await rotation.rotate(
      token,
      record,
      scope,
      { accessLifetime: access, refreshExpiresAt },
      accessScope,
      (grant, lifetime) =>
        accessTokens.issue(client.registration, grant, { lifetime, resources, confirmation }),
    );
    if (rotated) return answer(rotation, rotated, confirmation);
    const used = await parts.tokens.find(token);
    if (!used || used.revokedAt !== null)
      throw errors.refreshInvalid('the token was revoked at the same time');
    return answerRepeat(parts, base, rotation, { client, token, record: used });
  };
};

/** RFC 6749 section 6, with rotation where the client's profile has it. */
export const refreshToken = grant('refresh_token', {
  validate: (base, parts) =>
    steps<FromClient>()
      .step(findToken(parts, base))
      .step(handleUsed(parts, base, new Rotation(base, parts)))
      .step(checkScope)
      .step(keepResources(parts.urls.api)),
  issue(base, parts) {
    const accessTokens = new AccessTokens(base, parts);
    const rotated = rotate(base, parts, accessTokens);
    const kept = keepRefreshing(base, parts, accessTokens);
    return async function issue(known: Valid): Promise<Answer> {
      const { client, record } = known;
      const given = await (rulesOf(client.registration).rotation ? rotated : kept)(known);
      parts.recorder.record({
        keys: [record.family],
        from: 'application',
        to: 'authorisation',
        name: 'authorisation.refresh',
        detail: { client: client.application.name, count: Number(record.attributes.refresh_count ?? 0) + 1 },
      });
      return given;
    };
  },
});
