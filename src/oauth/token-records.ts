import { isObject } from '@alongside/kernel/json';
import { z } from 'zod';
import type { Row } from '../storage/database.ts';
import { computed, integer, json, nullable, row, storedJson, text } from '../storage/row.ts';

/** The data of one authorization, which its tokens share. */
export interface Authorization {
  /** Issuer or base path. */
  issuer: string;
  /** Names the authorization, and so all of its tokens. */
  family: string;
  applicationId: string;
  clientId: string;
  uid: string | null;
  /** CIS2 session. */
  sid: string | null;
  /** Space separated. */
  scope: string;
  /** With the published names of the API platform: `auth_type`, `id_token-subject` and so on. */
  attributes: Readonly<Record<string, string>>;
}

/** A stored authorization. */
export interface TokenGrant {
  readonly data: Authorization;
  /** Number of times that a refresh revoked the earlier access tokens. */
  readonly generation: number;
}

/** The record of an access or refresh token. Only the hash of the token is stored. */
export interface TokenRecord extends Authorization {
  kind: 'access' | 'refresh';
  issuedAt: number;
  expiresAt: number;
  /** Time of the use of a refresh token. */
  usedAt: number | null;
  /** Of the token or of its grant. */
  revokedAt: number | null;
  /** The token may differ from it. */
  grant: TokenGrant;
}

/** The values of an object. A shape of Zod would copy each of them, at every read of a token. */
const valuesAre = <T>(fits: (value: unknown) => boolean) =>
  z.custom<Record<string, T>>((found) => isObject(found) && Object.values(found).every(fits));
const isText = (value: unknown): boolean => typeof value === 'string';
export const attributesShape = valuesAre<string>(isText);

/** What an authorization is, which never changes. */
const authorizationRow = row('token_grant', {
  family: text,
  issuer: text,
  application_id: text,
  client_id: text,
  uid: nullable(text),
  sid: nullable(text),
  scope: text,
  attributes: json(attributesShape),
});

/** The columns of a grant `g` in every statement that finds a token. PostgreSQL prepares no statement with `*`. */
const grantList = (attributes = 'g.attributes') =>
  `g.family, g.issuer, g.application_id, g.client_id, g.uid, g.sid, g.scope, ${attributes},
  g.generation AS current_generation, g.generation_at, g.revoked_at AS grant_revoked_at`;

const ownShape = z.object({
  issuer: z.string().optional(),
  applicationId: z.string().optional(),
  clientId: z.string().optional(),
  uid: z.string().nullable().optional(),
  sid: z.string().nullable().optional(),
  scope: z.string().optional(),
  /** Null for an attribute that the token lacks. */
  attributes: valuesAre<string | null>((value) => value === null || isText(value)).optional(),
});
type Own = z.infer<typeof ownShape>;
const members = ['issuer', 'applicationId', 'clientId', 'uid', 'sid'] as const;

/** The state of a token and its grant. */
const stateRow = row('access_token refresh_token token_grant', {
  current_generation: computed(integer),
  generation_at: nullable(integer),
  grant_revoked_at: computed(nullable(integer)),
  own: computed(nullable(json(ownShape))),
  generation: integer,
  issued_at: integer,
  expires_at: computed(integer),
  revoked_at: nullable(integer),
  used_at: computed(nullable(integer)),
});

/** Finds the first access token of a grant, by id and hash. */
export const findFirstAccess = `SELECT ${grantList()}, g.access_own AS own, 0 AS generation, g.issued_at,
  g.access_expires_at AS expires_at, g.access_revoked_at AS revoked_at, NULL AS used_at
  FROM token_grant g WHERE g.id = ? AND g.access_hash = ?`;

const joined =
  'JOIN token_grant g ON g.id = t.grant_id AND g.part = t.grant_part WHERE t.id = ? AND t.hash = ?';

/** Finds a later access token, by id and hash. */
export const findAccess = `SELECT ${grantList()}, t.own, t.generation, t.issued_at, t.expires_at, t.revoked_at, NULL AS used_at
  FROM access_token t ${joined}`;

/** Finds a refresh token, by id and hash, without the attributes if its authorization has the first value as its family. */
export const findRefresh = `SELECT ${grantList('CASE WHEN g.family = ? THEN NULL ELSE g.attributes END AS attributes')}, t.own, g.generation, t.issued_at, t.expires_at, t.revoked_at, t.used_at
  FROM refresh_token t ${joined}`;

const merged = (
  shared: Authorization['attributes'],
  own: NonNullable<Own['attributes']>,
): Authorization['attributes'] => {
  const attributes: Record<string, string> = { ...shared };
  for (const [name, value] of Object.entries(own))
    if (value === null) delete attributes[name];
    else attributes[name] = value;
  return Object.freeze(attributes);
};

/** Returns the authorization alone of an object that has more members. */
export const authorizationIn = (source: Authorization): Authorization =>
  Object.freeze({
    issuer: source.issuer,
    family: source.family,
    applicationId: source.applicationId,
    clientId: source.clientId,
    uid: source.uid,
    sid: source.sid,
    scope: source.scope,
    attributes: Object.freeze({ ...source.attributes }),
  });

/** Returns the authorization of a row that has its attributes. */
function authorizationOf(stored: Row): Authorization {
  const { application_id: applicationId, client_id: clientId, ...found } = authorizationRow.read(stored);
  return authorizationIn({ ...found, applicationId, clientId });
}

/** @param data the authorization of the token, read from the row by default */
export function readRecord(
  kind: TokenRecord['kind'],
  stored: Row,
  data: Authorization = authorizationOf(stored),
): TokenRecord {
  const found = stateRow.read(stored);
  const { attributes, ...own } = found.own ?? {};
  const isEarlier = found.generation < found.current_generation;
  return Object.freeze({
    ...data,
    ...own,
    attributes: attributes ? merged(data.attributes, attributes) : data.attributes,
    kind,
    issuedAt: found.issued_at,
    expiresAt: found.expires_at,
    usedAt: found.used_at,
    revokedAt: found.revoked_at ?? found.grant_revoked_at ?? (isEarlier ? found.generation_at : null),
    grant: Object.freeze({ data, generation: found.current_generation }),
  });
}

const isEmpty = (value: object): boolean => Object.keys(value).length === 0;

/**
 * Returns the members of a token that differ from its grant, as JSON; null if none does.
 * @param source has the other members of the token
 */
export function differenceOf(
  grant: Authorization,
  source: Authorization,
  { scope, attributes: tokens }: Pick<Authorization, 'scope' | 'attributes'>,
): string | null {
  const own: Own = {};
  for (const member of members)
    if (source[member] !== grant[member]) Object.assign(own, { [member]: source[member] });
  if (scope !== grant.scope) own.scope = scope;
  const attributes: Record<string, string | null> = {};
  for (const name of Object.keys(tokens))
    if (grant.attributes[name] !== tokens[name]) attributes[name] = tokens[name] ?? null;
  for (const name of Object.keys(grant.attributes)) if (tokens[name] === undefined) attributes[name] = null;
  if (!isEmpty(attributes)) own.attributes = attributes;
  return isEmpty(own) ? null : JSON.stringify(own);
}

export const confirmationShape = z.object({
  /** Thumbprint of the key of the DPoP proof. */
  jkt: z.string().optional(),
  /** Thumbprint of the client certificate. */
  'x5t#S256': z.string().optional(),
});
/** Key (RFC 9449 section 6.1) and certificate (RFC 8705 section 3.1) to which a token is bound: `cnf` of RFC 7800. */
export type Confirmation = z.infer<typeof confirmationShape>;

/** Attribute of a token record with the confirmation as JSON. */
export const confirmationAttribute = 'cnf';

/** Returns the attributes for a token record; none for an unbound token. */
export const confirmationAttributes = (confirmation: Confirmation | null): Record<string, string> =>
  confirmation === null ? {} : { [confirmationAttribute]: JSON.stringify(confirmation) };

/** Returns the confirmation of a token record; null for an unbound token. */
export function confirmationOf({ attributes }: Pick<TokenRecord, 'attributes'>): Confirmation | null {
  const text = attributes[confirmationAttribute];
  return text === undefined ? null : storedJson(confirmationShape, text, 'attribute cnf');
}

export const isSameConfirmation = (one: Confirmation | null, other: Confirmation | null): boolean =>
  one?.jkt === other?.jkt && one?.['x5t#S256'] === other?.['x5t#S256'];

/** `token_type` of an access token (RFC 6750, RFC 9449 section 5). */
export const tokenTypeOf = (confirmation: Confirmation | null): 'Bearer' | 'DPoP' =>
  confirmation?.jkt === undefined ? 'Bearer' : 'DPoP';
