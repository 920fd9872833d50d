import { type Answer, json } from '@alongside/kernel/answer';
import { steps } from '@alongside/kernel/steps';
import type { TokenRecord } from '../../../oauth/tokens.ts';
import type { Base } from '../../base.ts';
import { accessLifetime } from '../../issue.ts';
import { lifetimesOf } from '../../lifetimes.ts';
import type { Parts } from '../../parts.ts';
import { endOfRefreshing, type Rotated, Rotation, scopesLeft, upstreamOf } from '../../rotation.ts';
import { AccessTokens, boundKeyOf, tokenTypeOf } from '../access-tokens.ts';
import { errors } from '../errors.ts';
import { readScope } from '../incoming.ts';
import { audienceOf, readResources } from '../resources.ts';
import { type FromClient, grant } from './grant.ts';

interface WithToken {
  token: string;
  record: TokenRecord;
}
interface WithScopes {
  scope: string[];
  accessScope: string[];
}

const findToken = ({ tokens, clock }: Pick<Parts, 'tokens' | 'clock'>, base: Base) =>
  async function findToken({ parameters, client, jkt }: FromClient): Promise<WithToken> {
    const token = parameters.get('refresh_token');
    if (token === undefined) throw errors.refreshMissing('refresh_token is missing');
    const record = await tokens.find(token);
    if (record?.kind !== 'refresh' || record.issuer !== base.issuer)
      throw errors.refreshInvalid(`no refresh token of ${base.path} is like this`);
    if (record.clientId !== client.half.clientId)
      throw errors.refreshInvalid(`the token was given to ${record.clientId}`);
    const key = boundKeyOf(record.attributes);
    if (key !== null && key !== jkt)
      throw errors.proofInvalid(`the token is bound to ${key}, proven is ${jkt ?? 'none'}`);
    if (record.revokedAt !== null) throw errors.refreshInvalid('the token was revoked');
    if (record.expiresAt <= clock.now())
      throw errors.refreshInvalid(`the token ran out ${clock.now() - record.expiresAt} ms ago`);
    return { token, record };
  };

const answer = (rotation: Rotation, rotated: Rotated, jkt: string | null): Answer =>
  json(200, {
    access_token: rotated.accessToken,
    token_type: tokenTypeOf(jkt),
    expires_in: rotation.secondsLeft(rotated.accessExpiresAt),
    scope: rotated.scope,
    refresh_token: rotated.refreshToken,
    refresh_token_expires_in: rotation.secondsLeft(rotated.refreshExpiresAt),
  });

/** The same successor again for a lost answer; any later use ends the family (RFC 9700 section 4.14.2). */
async function answerRepeat(
  { tokens }: Pick<Parts, 'tokens'>,
  rotation: Rotation,
  { token, record }: WithToken,
): Promise<Answer> {
  const rotated = await rotation.repeat(token, record);
  if (rotated) {
    // The key is the one of the first answer, whatever the repeat proved.
    const access = await tokens.find(rotated.accessToken);
    return answer(rotation, rotated, access ? boundKeyOf(access.attributes) : null);
  }
  await tokens.revokeFamily(record.family);
  throw errors.refreshInvalid('the token was used before; all tokens of its family are revoked');
}

const handleUsed = (parts: Parts, rotation: Rotation) =>
  async function handleUsed(known: WithToken): Promise<Answer | undefined> {
    return known.record.usedAt === null ? undefined : answerRepeat(parts, rotation, known);
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

/** RFC 6749 section 6, with rotation. */
export const refreshToken = grant('refresh_token', {
  validate: (base, parts) =>
    steps<FromClient>()
      .step(findToken(parts, base))
      .step(handleUsed(parts, new Rotation(base, parts)))
      .step(checkScope)
      .step(keepResources(parts.urls.api)),
  issue(base, parts) {
    const { clock, tokens, recorder } = parts;
    const rotation = new Rotation(base, parts);
    const accessTokens = new AccessTokens(base, parts);
    return async function issue({
      parameters,
      client,
      token,
      record,
      scope,
      accessScope,
      resources,
      jkt,
    }: FromClient & WithToken & WithScopes & { resources: string[] }) {
      const usual = { access: accessLifetime, refresh: upstreamOf(base, record).refreshLifetime };
      const { access, refresh, validity } = lifetimesOf(base, parameters, usual);
      const refreshExpiresAt = Math.min(clock.now() + refresh, endOfRefreshing(record, validity));
      const rotated = await rotation.rotate(
        token,
        record,
        scope,
        { accessLifetime: access, refreshExpiresAt },
        accessScope,
        (grant, lifetime) => accessTokens.issue(client.half, grant, { lifetime, resources, jkt }),
      );
      if (!rotated) {
        const used = await tokens.find(token);
        if (!used || used.revokedAt !== null)
          throw errors.refreshInvalid('the token was revoked at the same time');
        return answerRepeat(parts, rotation, { token, record: used });
      }
      recorder.record({
        keys: [record.family],
        from: 'application',
        to: 'authorisation',
        name: 'authorisation.refresh',
        detail: { client: client.application.name, count: rotated.count },
      });
      return answer(rotation, rotated, jkt);
    };
  },
});
