import type { RefusalRecord } from '@alongside/kernel/refusals';
import type { RefusalView } from './model.ts';

const longest = 160;

/** Removes a full stop and the parts of a public description that are for programs. */
function sentence(text: string): string {
  const first =
    text
      .replace(/\{\w+\}/g, '…')
      .split('\n', 1)[0]
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
  'gateway.unsupportedPath': 'No API has this path',
  'gateway.missingAuthorization': 'The access token is missing',
  'gateway.invalidToken': 'The access token is unknown or was revoked',
};

/** Returns why a request was refused, for people: what its step knows, else the public description and the reason of the log. */
export function refusalViewOf({ record }: { readonly record: RefusalRecord }): RefusalView {
  const { error, description, detail, fix, actor, source, facts = {} } = record;
  return {
    error,
    field: facts.field ?? null,
    headline: facts.headline ?? headlines[error] ?? sentence(description || detail),
    came: facts.came ?? (facts.expected === undefined && detail !== '' ? sentence(detail) : null),
    expected: facts.expected ?? null,
    mend: fix,
    actor,
    source,
  };
}

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
};

/** Returns the reason of a refusal as it follows a verb and a colon. */
export function reasonAfterVerb({ error, headline }: RefusalView): string {
  const known = reasons[error];
  if (known !== undefined) return known;
  const bare = headline.replace(/^The /, '');
  return /^[A-Z][a-z]/.test(bare) ? `${bare.slice(0, 1).toLowerCase()}${bare.slice(1)}` : bare;
}
