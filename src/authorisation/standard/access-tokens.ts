import { seconds } from '@alongside/kernel/clock';
import { type JsonObject, parseOwnJson } from '@alongside/kernel/json';
import type { SigningAlgorithm } from '@alongside/kernel/jws';
import type { PlatformRegistration } from '../../oauth/applications.ts';
import { inGoodStanding } from '../../oauth/developers.ts';
import {
  type Confirmation,
  confirmationAttribute,
  confirmationAttributes,
  confirmationOf,
  type TokenRecord,
  tokenTypeOf,
} from '../../oauth/token-records.ts';
import type { NewToken } from '../../oauth/tokens.ts';
import type { Base } from '../base.ts';
import type { Client } from '../clients.ts';
import { type Attributes, Issuer, type TokenGrant } from '../issue.ts';
import type { PlatformParts } from '../parts.ts';
import { methodsOf } from './id-token.ts';
import { rulesOf } from './profile.ts';
import { audienceAttribute, audienceOf, mayKnowOf } from './resources.ts';

/** Attributes of tokens, as JSON: the actor, and the permitted actor (RFC 8693 sections 4.1 and 4.4). */
export const actorAttribute = 'act';
export const mayActAttribute = 'may_act';
/** Attribute of an application: the client that may act for the users of its tokens. */
const delegateAttribute = 'may-act';

/** The properties of one access token, besides its grant. */
export interface AccessOptions {
  /** Milliseconds. */
  lifetime: number;
  /** Resources at which the token may be used; empty for the whole platform. */
  resources: readonly string[];
  confirmation: Confirmation | null;
  /** Makes a JWT, whatever the client registered. */
  format?: 'jwt';
}

/** Returns a grant without the attributes of a single token. */
function plainGrant(grant: TokenGrant): TokenGrant {
  const { [confirmationAttribute]: _, [audienceAttribute]: __, ...attributes } = grant.attributes;
  return { ...grant, attributes };
}

/**
 * Returns the attributes of a refresh token: the resources of the whole grant, and the key or certificate of a public client, as
 * nothing else proves that client (RFC 9449 section 5, RFC 8705 section 4).
 */
export const refreshBinding = (
  registration: PlatformRegistration,
  resources: readonly string[],
  confirmation: Confirmation | null,
): Attributes => ({
  ...(resources.length === 0 ? {} : { [audienceAttribute]: resources.join(' ') }),
  ...confirmationAttributes(registration.tokenEndpointAuthMethod === 'none' ? confirmation : null),
});

/** Returns `act` or `may_act` of a stored token. */
export function partyOf(
  attributes: Readonly<Record<string, string>>,
  name: typeof actorAttribute | typeof mayActAttribute,
): JsonObject | undefined {
  const text = attributes[name];
  return text === undefined ? undefined : parseOwnJson<JsonObject>(text);
}

/** Returns the algorithm of JWT access tokens: the registered one, where the client's profile allows it. */
const algorithmOf = (registration: PlatformRegistration): SigningAlgorithm => {
  const { signingAlg } = registration.accessToken;
  return rulesOf(registration).algorithms.includes(signingAlg) ? signingAlg : 'PS256';
};

const mayAct = ({ attributes }: PlatformRegistration, of: Attributes): Attributes => {
  const delegate = attributes[delegateAttribute];
  return delegate === undefined || mayActAttribute in of
    ? {}
    : { [mayActAttribute]: JSON.stringify({ sub: delegate }) };
};

/** Makes the access tokens of the standard profile: opaque, or JWTs for a client that registered them. Both are stored, so they can be revoked. */
export class AccessTokens {
  readonly #issuer: Issuer;
  readonly #base: Base;
  readonly #parts: Pick<PlatformParts, 'tokens' | 'keys' | 'clock' | 'urls'>;

  constructor(base: Base, parts: Pick<PlatformParts, 'tokens' | 'keys' | 'clock' | 'urls' | 'audit'>) {
    this.#base = base;
    this.#parts = parts;
    this.#issuer = new Issuer(base, parts);
  }

  async issue(
    registration: PlatformRegistration,
    grant: TokenGrant,
    options: AccessOptions,
  ): Promise<NewToken> {
    const { lifetime, resources, confirmation, format = registration.accessToken.format } = options;
    const plain = plainGrant(grant);
    const attributes = {
      ...plain.attributes,
      ...(grant.uid === null ? {} : mayAct(registration, plain.attributes)),
      ...(resources.length === 0 ? {} : { [audienceAttribute]: resources.join(' ') }),
      ...confirmationAttributes(confirmation),
    };
    if (format !== 'jwt') return this.#issuer.access({ ...plain, attributes }, lifetime);
    // Claims the row first, so that the token contains its place.
    const jti = this.#parts.tokens.newAccessToken(grant);
    const described = { ...plain, attributes: { ...attributes, jti: jti.token } };
    const issuedAt = this.#parts.clock.now();
    const claims = this.#claims(described, jti.token, confirmation, lifetime);
    const jwt = await this.#parts.keys.sign(claims, {
      algorithm: algorithmOf(registration),
      typ: 'at+jwt',
    });
    return this.#issuer.made(this.#parts.tokens.asJwt(jti, jwt), described, issuedAt, lifetime);
  }

  /** Returns the claims of a JWT (RFC 9068 section 2.2). A resource server that only verifies it does not notice its revocation. */
  #claims(
    grant: TokenGrant,
    jti: string,
    cnf: Confirmation | null,
    lifetime: number,
  ): Record<string, unknown> {
    const now = seconds(this.#parts.clock);
    const { attributes } = grant;
    const audience = audienceOf(attributes);
    const amr = methodsOf(attributes);
    const [act, may] = [partyOf(attributes, actorAttribute), partyOf(attributes, mayActAttribute)];
    return {
      jti,
      iss: this.#base.issuer,
      sub: grant.uid ?? grant.clientId,
      aud: audience.length > 1 ? audience : (audience[0] ?? this.#parts.urls.api),
      client_id: grant.clientId,
      iat: now,
      exp: now + Math.floor(lifetime / 1_000),
      scope: grant.scope.join(' '),
      ...(attributes['id_token-acr'] === undefined ? {} : { acr: attributes['id_token-acr'] }),
      ...(amr === undefined ? {} : { amr }),
      ...(act ? { act } : {}),
      ...(may ? { may_act: may } : {}),
      ...(cnf === null ? {} : { cnf }),
    };
  }
}

/** Returns the token response (RFC 6749 section 5.1), without a refresh token where none is issued. */
export const tokensAnswer = (
  issuer: Issuer,
  {
    access,
    refresh,
    scope,
    confirmation,
  }: {
    access: Pick<NewToken, 'token' | 'expiresAt'>;
    refresh?: Pick<NewToken, 'token' | 'expiresAt'> | undefined;
    scope: string;
    confirmation: Confirmation | null;
  },
): Record<string, unknown> => ({
  access_token: access.token,
  token_type: tokenTypeOf(confirmation),
  expires_in: issuer.secondsLeft(access.expiresAt),
  scope,
  ...(refresh
    ? {
        refresh_token: refresh.token,
        refresh_token_expires_in: issuer.secondsLeft(refresh.expiresAt),
      }
    : {}),
});

/**
 * Returns whether a client may inspect a token: a resource server an access token of any base path whose application is active, and
 * every client its own tokens.
 */
export const mayInspect =
  (
    issuers: readonly string[],
    { applications, developers }: Pick<PlatformParts, 'applications' | 'developers'>,
  ) =>
  async ({ registration }: Client, record: TokenRecord): Promise<boolean> => {
    const isOwn = record.clientId === registration.clientId;
    if (!issuers.includes(record.issuer)) return false;
    if (!isOwn && (record.kind !== 'access' || !mayKnowOf(registration, record))) return false;
    const owner = await applications.get(record.applicationId);
    return owner?.platform?.clientId === record.clientId && (await inGoodStanding(owner, developers));
  };

const defined = (members: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));

/** Returns the actor of a token of the `nhs` profile, which has the published name. */
const publishedActor = ({ actor_user_id: sub }: TokenRecord['attributes']) =>
  sub === undefined ? undefined : { sub };

/** Returns the members of a live token (RFC 7662 section 2.2). */
export function describeToken(record: TokenRecord, api: string): Record<string, unknown> {
  const { attributes } = record;
  const confirmation = confirmationOf(record);
  const audience = audienceOf(attributes);
  return defined({
    iss: record.issuer,
    sub: record.uid ?? record.clientId,
    aud: audience.length > 1 ? audience : (audience[0] ?? api),
    client_id: record.clientId,
    scope: record.scope,
    token_type: record.kind === 'access' ? tokenTypeOf(confirmation) : undefined,
    iat: Math.floor(record.issuedAt / 1_000),
    exp: Math.floor(record.expiresAt / 1_000),
    jti: attributes.jti,
    acr: attributes['id_token-acr'],
    act: partyOf(attributes, actorAttribute) ?? publishedActor(attributes),
    may_act: partyOf(attributes, mayActAttribute),
    cnf: confirmation ?? undefined,
  });
}
