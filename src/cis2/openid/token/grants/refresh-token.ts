import type { Recorder } from '@alongside/kernel/events';
import { sha256 } from '@alongside/kernel/secrets';
import { type Confirmation, isSameConfirmation, tokenTypeOf } from '../../../../oauth/confirmation.ts';
import type { RefreshSuccessors } from '../../../../oauth/refresh-successors.ts';
import type { TokenRecord, Tokens } from '../../../../oauth/tokens.ts';
import type { Urls } from '../../../../service.ts';
import type { AuditLog } from '../../../../storage/audit.ts';
import { type Database, must, type Statement, sql } from '../../../../storage/database.ts';
import { tokenErrors } from '../../../errors/token.ts';
import type { CisClient } from '../../../model/cis-client.ts';
import { partyOf } from '../../../model/relying-party.ts';
import { readScope } from '../../../model/scopes.ts';
import { choiceOf } from '../../../model/settle-role.ts';
import { factsOf, type SignInFacts } from '../../../model/token-facts.ts';
import type { Sessions } from '../../../sessions/sessions.ts';
import { type IdTokenParts, signIdToken } from '../../claims/id-token.ts';
import { namedClaims } from '../../claims/person.ts';
import type { TokenIssuer } from '../issuer.ts';
import { refreshRules } from '../refreshing.ts';
import { revocationStatement } from '../revocation-record.ts';
import type { Grant, GrantRequest } from './grant.ts';

/** The tokens of one refresh, kept for a client that lost the response. */
export interface Successor {
  accessToken: string;
  /** Milliseconds. */
  accessExpiresAt: number;
  refreshToken: string;
  scope: string;
  /** Of the access token; absent in successors of earlier versions. */
  confirmation?: Confirmation | null;
}

/** Purpose under which successors are sealed. */
export const successorPurpose = 'cis2-refresh-successor';

interface Parts extends IdTokenParts {
  database: Database;
  audit: AuditLog;
  tokens: Tokens;
  sessions: Sessions;
  cis: CisClient;
  recorder: Recorder;
  urls: Urls;
  issuing: TokenIssuer;
  successors: RefreshSuccessors<Successor>;
}

interface Valid {
  token: string;
  record: TokenRecord;
  /** Of the fresh access token. */
  scope: string[];
  facts: SignInFacts;
  /** Claims that the client wants in the ID token, by name. */
  more: Record<string, unknown>;
}

async function findToken(
  { tokens, issuer, clock }: Parts,
  { parameters, client }: GrantRequest,
): Promise<{ token: string; record: TokenRecord }> {
  const token = parameters.get('refresh_token');
  if (token === undefined) throw tokenErrors.refreshMissing('refresh_token is missing');
  const record = await tokens.find(token);
  if (record?.kind !== 'refresh' || record.issuer !== issuer)
    throw tokenErrors.refreshInvalid('no refresh token is like this');
  if (record.clientId !== client.registration.clientId)
    throw tokenErrors.refreshInvalid(`it was given to ${record.clientId}`);
  if (record.revokedAt !== null) throw tokenErrors.refreshInvalid('it was revoked, or its session has ended');
  if (record.expiresAt <= clock.now()) throw tokenErrors.refreshInvalid('it has run out');
  return { token, record };
}

/** Never more than what was granted (RFC 6749 section 6). */
function scopeOf({ parameters }: GrantRequest, record: TokenRecord): string[] {
  const granted = record.scope.split(' ');
  const text = parameters.get('scope');
  if (text === undefined) return granted;
  const asked = readScope(text);
  if (!asked?.every((value) => granted.includes(value)))
    throw tokenErrors.tokenScope(`${text} was asked for, ${record.scope} is granted`);
  return asked;
}

/** The sign-in as it counts now: the person lives, and has the role still. */
async function factsNow(
  { cis, assuranceAsNumbers }: Parts,
  record: TokenRecord,
): Promise<Pick<Valid, 'facts' | 'more'>> {
  const facts = factsOf(record);
  const person = await cis.person(facts.uid);
  if (!person || person.disabled) throw tokenErrors.refreshInvalid('the person is gone or disabled');
  const roleId = choiceOf(person, facts.roleId ?? undefined) ?? null;
  return {
    facts: { ...facts, roleId },
    more: namedClaims(person, facts.claims.idToken, roleId, assuranceAsNumbers),
  };
}

/** The conditional write that only asks whether a refresh token that stays may be used still. */
const requireLiveStatement = (token: string): Statement =>
  must(sql('UPDATE token SET used_at = used_at WHERE hash = ? AND revoked_at IS NULL', sha256(token)));

async function answer(parts: Parts, { client }: GrantRequest, valid: Valid, successor: Successor) {
  const { accessToken, refreshToken, accessExpiresAt, scope } = successor;
  const openid = scope.split(' ').includes('openid');
  // The nonce was of the first answer (OpenID Connect Core section 12.2).
  const made = { facts: valid.facts, accessToken, more: valid.more, nonce: null, hashes: {} };
  return {
    access_token: accessToken,
    ...(openid ? { id_token: await signIdToken(parts, client.registration, made) } : {}),
    expires_in: parts.issuing.secondsLeft(accessExpiresAt),
    scope,
    token_type: tokenTypeOf(successor.confirmation ?? null),
    refresh_token: refreshToken,
  };
}

/** The retry of an answer that was lost comes with the same key (RFC 9449 section 5). */
const isSameSender = ({ confirmation }: GrantRequest, successor: Successor): boolean =>
  isSameConfirmation(confirmation, successor.confirmation ?? null);

/** A used token again: its successor for an answer that was lost; else it is refused, and where it may be stolen all end. */
async function answerAgain(parts: Parts, asked: GrantRequest, valid: Valid) {
  const { profile, tokenEndpointAuthMethod: method } = asked.client.registration;
  // Who repeats the token of a public client that no key binds may be anybody (RFC 9700 section 4.14).
  const isUnproven = method === 'none' && asked.confirmation === null;
  const { rotates, retryTime: usual } = refreshRules[profile];
  const retryTime = isUnproven ? 0 : usual;
  const successor = await parts.successors.find(valid.token, valid.record, retryTime);
  if (successor && isSameSender(asked, successor)) return answer(parts, asked, valid, successor);
  const ends = usual > 0 && rotates;
  if (ends) {
    const audited = revocationStatement(parts, valid.record, 'refresh-token-reused');
    await parts.tokens.revokeFamily(valid.record.family, audited);
  }
  throw tokenErrors.refreshInvalid(
    `it was used before${ends ? '; all that came from its sign-in is revoked' : ''}`,
  );
}

/** Refresh tokens (RFC 6749 section 6). They end with the session at CIS2. */
export const refreshToken = (parts: Parts): Grant<Valid> => ({
  type: 'refresh_token',

  async validate(asked) {
    if (!asked.client.registration.refreshTokens)
      throw tokenErrors.refreshOff('the client is registered without');
    const { token, record } = await findToken(parts, asked);
    return { token, record, scope: scopeOf(asked, record), ...(await factsNow(parts, record)) };
  },

  async issue(asked, valid) {
    const { token, record, facts, scope } = valid;
    const { client } = asked;
    if (record.usedAt !== null) return answerAgain(parts, asked, valid);
    const session = await parts.sessions.get(facts.sid);
    if (!session) throw tokenErrors.refreshInvalid('its session has ended');
    const { rotates } = refreshRules[client.registration.profile];
    const grant = { client, facts, family: record.family, confirmation: asked.confirmation, refreshed: true };
    const access = parts.issuing.access({ ...grant, scope });
    const next = rotates
      ? parts.issuing.refresh({ ...grant, scope: record.scope.split(' ') }, session.endsAt)
      : undefined;
    const successor: Successor = {
      accessToken: access.token,
      accessExpiresAt: access.expiresAt,
      refreshToken: next?.token ?? token,
      scope: scope.join(' '),
      confirmation: asked.confirmation,
    };
    const { done } = await parts.database.batch([
      next
        ? parts.tokens.spendStatement(token, parts.successors.seal(successor))
        : requireLiveStatement(token),
      parts.sessions.requireLiveStatement(facts.sid),
      ...access.statements,
      ...(next?.statements ?? []),
    ]);
    if (!done) {
      const now = await parts.tokens.find(token);
      if (!now || now.revokedAt !== null || now.usedAt === null)
        throw tokenErrors.refreshInvalid('it or its session ended at the same time');
      return answerAgain(parts, asked, { ...valid, record: now });
    }
    parts.recorder.record({
      keys: [token, successor.refreshToken, successor.accessToken],
      from: partyOf(client.registration, parts.urls),
      to: 'cis2',
      name: 'cis2.refresh',
      detail: { client: client.application.name, scope: successor.scope },
    });
    return answer(parts, asked, valid, successor);
  },
});
