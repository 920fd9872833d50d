import { type Html, html } from '@alongside/kernel/html';
import { codeBeside } from '@alongside/kernel/layout';
import { counted } from '@alongside/kernel/operator';
import type { DecodedToken, Journey, Message } from '../../../../journeys/model.ts';
import { cut, duration } from '../../../../journeys/text.ts';
import { foreign } from '../../frame/controls.ts';
import { roleIn } from './roles.ts';

/** The surroundings of a token, from which its claims are explained. */
export interface ClaimContext {
  readonly journey: Pick<Journey, 'person' | 'application' | 'role' | 'messages'>;
  readonly message: Pick<Message, 'startedAt' | 'person' | 'application'>;
  readonly token: DecodedToken;
  /** Names of known issuers and audiences. */
  readonly parties: ReadonlyMap<string, string>;
  /** Milliseconds. */
  readonly now: number;
}

type Meaning = (value: unknown, context: ClaimContext) => Html | string | undefined;

const clockTime = (milliseconds: number): string => {
  const at = new Date(milliseconds);
  return Number.isNaN(at.getTime()) ? 'no valid time' : `${at.toISOString().slice(11, 19)} UTC`;
};

const sentAt = ({ message }: ClaimContext): number => Date.parse(message.startedAt);

/** Reads a NumericDate. Milliseconds instead of seconds are a usual mistake. */
function numericDate(value: unknown): { at: number } | { problem: string } {
  if (typeof value !== 'number') return { problem: 'not a number: RFC 7519 requires seconds since 1970' };
  if (value > 99_999_999_999) return { problem: 'milliseconds: RFC 7519 requires seconds since 1970' };
  return { at: value * 1000 };
}

const timeMeaning =
  (relative: (at: number, context: ClaimContext) => string): Meaning =>
  (value, context) => {
    const read = numericDate(value);
    return 'problem' in read ? read.problem : `${clockTime(read.at)}, ${relative(read.at, context)}`;
  };

/** Returns a duration without the seconds of a long one. */
const rough = (milliseconds: number): string =>
  duration(milliseconds < 120_000 ? milliseconds : Math.round(milliseconds / 60_000) * 60_000);

/** Whether the token was valid when it was sent, and whether it is now. */
function expiry(at: number, context: ClaimContext): string {
  const sent = sentAt(context);
  if (at <= sent) return `expired ${rough(sent - at)} before this request`;
  const { iat } = context.token.claims;
  const lifetime = typeof iat === 'number' ? `valid for ${duration(at - iat * 1000)}, ` : '';
  return at > context.now
    ? `${lifetime}${rough(at - context.now)} from now`
    : `${lifetime}expired ${rough(context.now - at)} ago`;
}

/** Compares a time of the issuer with the time of the request. They may differ by a second. */
function issuedAt(at: number, context: ClaimContext): string {
  const ahead = at - sentAt(context);
  if (ahead > 1_000) return `${duration(ahead)} after this request: the clocks differ`;
  return ahead > -1_000 ? 'at this request' : `${duration(-ahead)} before this request`;
}

const isSmartcard = ({ token }: ClaimContext): boolean =>
  [token.claims.amr].flat().some((method) => String(method).includes('SMARTCARD'));

const signedIn = timeMeaning((at, context) => {
  const { iat } = context.token.claims;
  const act = isSmartcard(context) ? 'when the PIN was given' : 'when the person signed in';
  return typeof iat === 'number' && iat * 1000 > at
    ? `${act}, ${rough(iat * 1000 - at)} before the token was issued`
    : act;
});

const methods: Readonly<Record<string, string>> = {
  N3_SMARTCARD: 'smartcard, first generation',
  CIS2_SMARTCARD: 'smartcard, second generation',
  FIDO2: 'security key, passkey or Windows Hello',
  IOS: 'app on a tablet',
  TOTP: 'code of an authenticator app',
  USERPASS: 'password',
};

const acrMeaning: Meaning = (value) => {
  const [, levels, method] = /^(AAL\d(?:_OR_AAL\d)?)_(\w+)$/.exec(String(value)) ?? [];
  if (!levels) return undefined;
  const level = levels.replace('_OR_', ' or ').replaceAll(/AAL(\d)/g, 'level $1');
  const by =
    method === 'ANY'
      ? 'any authenticator'
      : (methods[method ?? ''] ?? (method === 'SMARTCARD' ? 'smartcard' : cut(method ?? '', 40)));
  return `authentication assurance ${level} with ${by}; what the application asked for`;
};

const named = (value: unknown, { journey, message, parties }: ClaimContext): string | undefined => {
  const { person, application } = journey;
  if (typeof value !== 'string') return undefined;
  for (const known of [message.person, person]) if (known && value === known.uid) return cut(known.name, 80);
  for (const known of [message.application, application])
    if (known && value === known.id) return cut(known.name, 80);
  return parties.get(value);
};

const audience: Meaning = (value, context) => {
  const names = [value].flat().map((one) => named(one, context));
  return names.every((name) => name !== undefined) ? names.join(', ') : undefined;
};

const person: Meaning = (value, context) => named(value, context);

const constantMeaning =
  (meaning: string): Meaning =>
  () =>
    meaning;

const meanings: Readonly<Record<string, Meaning>> = {
  iss: (value, context) =>
    named(value, context) ?? (context.token.signature ? cut(context.token.signature.owner, 80) : undefined),
  sub: person,
  aud: audience,
  azp: audience,
  client_id: audience,
  exp: timeMeaning(expiry),
  iat: timeMeaning(issuedAt),
  nbf: timeMeaning((at, context) =>
    at > sentAt(context)
      ? `not yet valid: ${duration(at - sentAt(context))} after this request`
      : `${duration(sentAt(context) - at)} before this request`,
  ),
  auth_time: signedIn,
  acr: acrMeaning,
  amr: (value) =>
    [value]
      .flat()
      .map((method) => methods[String(method)] ?? cut(String(method), 40))
      .join(', '),
  sid: (_, { token: { claims } }) =>
    typeof claims.sub === 'string'
      ? html`<a href="/sessions?person=${encodeURIComponent(claims.sub)}">the session at CIS2</a>`
      : 'the session at CIS2',
  nonce: constantMeaning('ties the token to one sign-in request'),
  jti: constantMeaning('id of this token; an assertion may be used once'),
  at_hash: constantMeaning('half of the hash of the access token'),
  c_hash: constantMeaning('half of the hash of the code'),
  s_hash: constantMeaning('half of the hash of state'),
  scope: (value) => counted(String(value).split(' ').filter(Boolean).length, 'scope'),
  authentication_assurance_level: (value) => `level ${String(value)} of 3 (NIST SP 800-63B)`,
  id_assurance_level: (value) => `level ${String(value)} of identity proofing (NIST SP 800-63A)`,
  idassurancelevel: constantMeaning('id_assurance_level, under the name of userinfo'),
  selected_roleid: (value, { journey }) => {
    const role = roleIn(journey, value) ?? journey.role;
    if (role) return codeBeside(cut(role, 200));
    return String(value) === '' ? 'no role' : undefined;
  },
  cnf: constantMeaning('the key or certificate to which the token is bound'),
  events: constantMeaning('what happened: a back-channel logout'),
  nhsid_useruid: person,
  uid: person,
};

/** Returns the meaning of a claim in words, or undefined if it needs none. */
export const meaningOf = (name: string, value: unknown, context: ClaimContext): Html | string | undefined =>
  Object.hasOwn(meanings, name) ? meanings[name]?.(value, context) : undefined;

/** Claims that matter in a sign-in, in the order of the page. The others are behind a summary. */
const important = [
  'iss',
  'sub',
  'aud',
  'azp',
  'client_id',
  'exp',
  'iat',
  'nbf',
  'auth_time',
  'acr',
  'amr',
  'authentication_assurance_level',
  'id_assurance_level',
  'selected_roleid',
  'scope',
  'sid',
  'nonce',
  'jti',
  'cnf',
];

const maxValueLength = 2_000;

/** Returns the JSON of a value, in several lines if it has members. */
function written(value: unknown): string {
  if (typeof value === 'string') return value;
  const isDeep =
    typeof value === 'object' && value !== null && Object.values(value).some((v) => typeof v === 'object');
  return JSON.stringify(value, null, isDeep ? 2 : undefined) ?? '';
}

const claim = (name: string, value: unknown, context: ClaimContext): Html => {
  const meaning = meaningOf(name, value, context);
  return html`<div><dt>${cut(name, 80)}</dt><dd><span class="${typeof value === 'number' ? 'number' : 'text'}">${foreign(written(value), maxValueLength)}</span>${meaning ? html`<span class="meaning">${meaning}</span>` : undefined}</dd></div>`;
};

const claimList = (claims: readonly (readonly [string, unknown])[], context: ClaimContext): Html =>
  html`<dl class="claims">${claims.map(([name, value]) => claim(name, value, context))}</dl>`;

/** States whether the signature holds, in text and sign. */
function verdict({ header, signature }: DecodedToken): Html {
  const algorithm = cut(String(header.alg ?? 'no algorithm'), 20);
  if (signature === null) {
    const kid = header.kid === undefined ? 'without a kid' : `kid ${cut(String(header.kid), 80)}`;
    return html`<p class="signed unknown"><span aria-hidden="true">?</span> Signature not checked: ${algorithm}, ${kid}. No key of this installation or its applications has this kid.</p>`;
  }
  const { holds, keyId, owner } = signature;
  return html`<p class="signed ${holds ? 'good' : 'bad'}"><span aria-hidden="true">${holds ? '✓' : '✕'}</span> Signature ${holds ? 'holds' : 'does not hold'}: ${algorithm}, key <code>${cut(keyId, 80)}</code> of ${foreign(owner, 80)}</p>`;
}

/** Shows a token: verdict, the claims that matter with their meaning, then all others and the header. */
export function tokenView(token: DecodedToken, context: Omit<ClaimContext, 'token'>): Html {
  const all = { ...context, token };
  const entries = Object.entries(token.claims);
  const first = important.flatMap((name) => entries.filter(([own]) => own === name));
  const rest = entries.filter(([name]) => !important.includes(name));
  const decoded = JSON.stringify({ header: token.header, payload: token.claims }, null, 2);
  return html`${verdict(token)}<p><button type="button" class="small secondary needs-script" data-copy="${decoded}">Copy decoded</button></p>${claimList(first, all)}${
    rest.length > 0
      ? html`<details><summary>${counted(rest.length, 'more claim')}</summary>${claimList(rest, all)}</details>`
      : undefined
  }<details><summary>Header</summary>${claimList(Object.entries(token.header), all)}</details><p class="quiet">The signature is not stored.</p>`;
}

const tokenNames: Readonly<Record<string, string>> = {
  id_token: 'ID token',
  access_token: 'Access token',
  refresh_token: 'Refresh token',
  client_assertion: 'Client assertion',
  assertion: 'Assertion',
  subject_token: 'ID token to exchange',
  actor_token: 'Actor token',
  logout_token: 'Logout token',
  request: 'Signed request',
  authorization: 'Access token',
  id_token_hint: 'ID token as a hint',
  dpop: 'DPoP proof',
};

/** Returns the kind of a token, from the place where it was. */
export const tokenName = ({ name }: DecodedToken): string => tokenNames[name.toLowerCase()] ?? cut(name, 40);
