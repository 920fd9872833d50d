import type { Refusal } from '@alongside/kernel/errors';
import type { RefusalRecord } from '@alongside/kernel/refusals';
import type { RefusalView } from './model.ts';

const longest = 160;

/** Removes a full stop and the parts of a public description that are for programs. */
function sentence(text: string): string {
  const first =
    text
      .replace(' (Message ID: {messageId})', '')
      .replace(/\{\w+\}/g, '…')
      .split(/\n|(?<=[a-z])\. (?=[A-Z])/, 1)[0]
      ?.trim()
      .replace(/[.:]$/, '') ?? '';
  const word = /^[a-z]+(?=[ ,]|$)/.exec(first)?.[0];
  return (word === undefined ? first : `${first.slice(0, 1).toUpperCase()}${first.slice(1)}`).slice(
    0,
    longest,
  );
}

/** Headlines for errors whose public descriptions are for programs. */
const headlines: Readonly<Record<string, string>> = {
  'authorisation.notFound': 'There is no such path',
  'authorisation.assertionExpired': 'The assertion has expired',
  'authorisation.assertionExpFar': 'The assertion expires more than 5 minutes from now',
  'authorisation.assertionJtiUsed': 'The jti was used before',
  'gateway.unsupportedPath': 'No API has this path',
  'gateway.missingAuthorization': 'The access token is missing',
  'gateway.invalidToken': 'The access token is unknown or was revoked',
  'pds.missingRequestId': 'X-Request-ID is missing',
  'pds.missingVersion': 'If-Match is missing',
};

type Recorded = Pick<
  RefusalRecord,
  'error' | 'description' | 'expected' | 'detail' | 'fix' | 'actor' | 'source' | 'facts'
>;

/** Returns why a request was refused, for people: what its step knows, else the public description and the reason of the log. */
export function refusalViewOf({ record }: { readonly record: Recorded }): RefusalView {
  const { error, description, expected, detail, fix, actor, source, facts = {} } = record;
  const headline = facts.headline ?? headlines[error] ?? sentence(description || detail);
  return {
    error,
    field: facts.field ?? null,
    headline,
    received: facts.received ?? (detail === '' ? headline : sentence(detail)),
    expected: facts.expected ?? (expected || null),
    fix: facts.fix ?? fix,
    actor,
    source,
  };
}

/** Returns the view of a refusal outside requests, such as a wrong PIN. */
export const viewOf = ({ entry, detail, facts }: Refusal): RefusalView =>
  refusalViewOf({ record: { ...entry, error: entry.id, detail, facts } });

/** Short reasons, after a verb, for the errors that are met most. */
const reasons: Readonly<Record<string, string>> = {
  'authorisation.clientOrSecret': 'wrong client secret',
  'cis2.clientUnauthenticated': 'wrong client secret',
  'authorisation.redirectUnknown': 'redirect_uri not registered',
  'cis2.redirectUnknown': 'redirect_uri not registered',
  'gateway.expiredToken': 'token expired',
  'gateway.invalidToken': 'unknown token',
  'gateway.rolesSeveral': 'no role given',
  'gateway.roleInvalid': 'not a role of the person',
  'gateway.missingAuthorization': 'no access token',
  'authorisation.assertionMalformed': 'assertion is no JWT',
  'authorisation.assertionExpired': 'assertion has expired',
  'authorisation.assertionAudience': 'wrong aud',
  'authorisation.assertionKid': 'kid not registered',
  'identity-agent.cardBlocked': 'the card is blocked',
  'identity-agent.cisUnreachable': 'CIS does not respond',
};

/** Returns the reason of a refusal as it follows a verb and a colon. */
export function reasonAfterVerb({ error, headline, received }: RefusalView): string {
  const known =
    error === 'identity-agent.wrongPin' ? received?.replace('a wrong PIN', 'wrong') : reasons[error];
  if (known !== undefined) return known;
  const bare = headline.replace(/^The /, '');
  return /^(?!Identity Agent)[A-Z][a-z]/.test(bare)
    ? `${bare.slice(0, 1).toLowerCase()}${bare.slice(1)}`
    : bare;
}
