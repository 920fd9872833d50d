import type { KeyObject } from 'node:crypto';
import { type Clock, seconds } from '@alongside/kernel/clock';
import { reasonOf } from '@alongside/kernel/errors';
import {
  type DecodedJwt,
  decodeJwt,
  type JsonWebKey,
  keyFits,
  publicKeyOf,
  verifySignature,
} from '@alongside/kernel/jws';
import { errors } from '../errors.ts';
import { type HandOffRequest, handOffLifetime, requestType } from '../protocol.ts';
import { ServerCallError, type Servers } from '../server-call.ts';
import type { AskingApplication } from '../session/live-session.ts';

/** Allowed clock difference between CIS2 and the workstation in seconds, for the time of a request. */
const skew = 10;
const bytes32 = /^[A-Za-z0-9_-]{43}$/;

type Check = (value: unknown) => boolean;
const text =
  (pattern: RegExp): Check =>
  (value) =>
    typeof value === 'string' && pattern.test(value);
const printable =
  (longest: number): Check =>
  (value) =>
    typeof value === 'string' && value.length <= longest && /^\P{C}+$/u.test(value);
const time: Check = (value) => Number.isSafeInteger(value) && (value as number) > 0;
const yesOrNo: Check = (value) => typeof value === 'boolean';

const claimChecks: Record<keyof HandOffRequest, Check> = {
  iss: printable(500),
  aud: (value) => value === 'identity-agent',
  jti: text(/^[\x21-\x7e]{8,128}$/),
  iat: time,
  exp: time,
  nonce: text(bytes32),
  txn_h: text(bytes32),
  response_uri: printable(2_000),
  client_name: printable(200),
  client_id: (value) => value === undefined || printable(500)(value),
  interactive: yesOrNo,
  prompt_login: yesOrNo,
  max_age: (value) => value === undefined || (Number.isSafeInteger(value) && (value as number) >= 0),
  listener_port: (value) => value === undefined || (time(value) && (value as number) <= 65_535),
};

/** Refuses claims that are missing or wrong. */
function requireClaims(claims: Record<string, unknown>): asserts claims is typeof claims & HandOffRequest {
  const wrong = Object.entries(claimChecks).find(([name, check]) => !check(claims[name]));
  if (wrong) throw errors.requestInvalid(`claim ${wrong[0]} is missing or wrong`);
}

/** The trusted CIS2. */
export interface PinnedIssuer {
  keys: PinnedKeys;
  clock: Clock;
  /** The trusted issuer, byte for byte. */
  issuer: string;
}

/** Returns the application that a request asks for. Its name is for people; other applications may have the same. */
export const applicationOf = ({ client_name: name, client_id: id }: HandOffRequest): AskingApplication => ({
  key: `client ${id ?? name}`,
  name,
});

/** A verified hand-off request and its encoded form. */
export interface TrustedRequest {
  claims: HandOffRequest;
  jws: string;
}

/** A request of CIS2 as sent. */
export interface SentRequest {
  jws: string;
  jwt: DecodedJwt;
}

/** Decodes the request. @param values of the parameter; exactly one is valid */
export function decodeRequest(values: readonly string[]): SentRequest {
  const [jws] = values;
  const jwt = jws === undefined || values.length > 1 ? undefined : decodeJwt(jws);
  if (jws === undefined || !jwt)
    throw errors.requestInvalid(`${values.length} request parameters, or no JWS`);
  if (jwt.header.typ !== requestType) throw errors.requestInvalid(`the type is ${String(jwt.header.typ)}`);
  // RFC 8725 section 3.1: we choose the algorithm, never the request.
  if (jwt.header.alg !== 'ES256') throw errors.requestInvalid(`the algorithm is ${String(jwt.header.alg)}`);
  return { jws, jwt };
}

export async function checkSignature({
  jwt,
  cis2,
}: Pick<SentRequest, 'jwt'> & { cis2: PinnedIssuer }): Promise<void> {
  const { kid } = jwt.header;
  if (jwt.claims.iss !== cis2.issuer)
    throw errors.requestUnpinned(`the issuer is ${String(jwt.claims.iss).slice(0, 200)}`);
  if (typeof kid !== 'string' || kid.length > 200) throw errors.requestUnpinned('it names no key');
  const key = await cis2.keys.key(kid).catch((error: unknown) => {
    throw errors.keysUnreachable(reasonOf(error), {}, error);
  });
  if (!key || !(await verifySignature(jwt, 'ES256', key)))
    throw errors.requestUnpinned(key ? 'the signature is wrong' : 'the key is unknown');
}

export function checkClaims({ jwt, jws, cis2 }: SentRequest & { cis2: PinnedIssuer }): {
  trusted: TrustedRequest;
} {
  const { claims } = jwt;
  requireClaims(claims);
  const now = seconds(cis2.clock);
  if (claims.exp <= now) throw errors.requestInvalid(`it ended ${now - claims.exp} s ago`);
  if (claims.exp - claims.iat > handOffLifetime || claims.exp > now + handOffLifetime + skew)
    throw errors.requestInvalid('it lives too long');
  if (claims.iat > now + skew) throw errors.requestInvalid(`it is ${claims.iat - now} s early`);
  return { trusted: { claims, jws } };
}

/** The browser may return only to the origin that sent the request. */
export function checkResponseUri({
  trusted,
  cis2,
}: {
  trusted: TrustedRequest;
  cis2: Pick<PinnedIssuer, 'issuer'>;
}): void {
  const uri = URL.parse(trusted.claims.response_uri);
  const plain =
    uri && uri.username === '' && uri.password === '' && uri.hash === '' && /^https?:$/.test(uri.protocol);
  if (!plain || uri.origin !== new URL(cis2.issuer).origin)
    throw errors.responseForeign(`its origin is ${uri?.origin}`);
}

const cacheTime = 3_600_000;
/** Maximum number of fetches a minute for unknown kids, so that no one can make us flood CIS2. */
const fetchesPerMinute = 20;
const maxKeys = 100;

/** The public keys of the trusted CIS2, only from the configured address. */
export class PinnedKeys {
  readonly #url: string;
  readonly #servers: Servers;
  readonly #clock: Clock;
  #keys: ReadonlyMap<string, KeyObject> | undefined;
  #fetchedAt = 0;
  #minute = 0;
  #fetches = 0;
  #fetching: Promise<ReadonlyMap<string, KeyObject>> | undefined;

  constructor(url: string, servers: Servers, clock: Clock) {
    this.#url = url;
    this.#servers = servers;
    this.#clock = clock;
  }

  /** Returns the key with this kid. @throws ServerCallError if no key set is available */
  async key(kid: string): Promise<KeyObject | undefined> {
    const now = this.#clock.now();
    const fresh = this.#keys && Math.abs(now - this.#fetchedAt) < cacheTime;
    const found = fresh ? this.#keys?.get(kid) : undefined;
    if (found || (fresh && !this.#mayFetch(now))) return found;
    this.#fetching ??= this.#fetch().finally(() => {
      this.#fetching = undefined;
    });
    return (await this.#fetching).get(kid);
  }

  #mayFetch(now: number): boolean {
    const minute = Math.floor(now / 60_000);
    if (minute !== this.#minute) this.#fetches = 0;
    this.#minute = minute;
    this.#fetches += 1;
    return this.#fetches <= fetchesPerMinute;
  }

  async #fetch(): Promise<ReadonlyMap<string, KeyObject>> {
    const { status, body } = await this.#servers.call({ method: 'GET', url: this.#url });
    const list = (body as { keys?: unknown } | undefined)?.keys;
    if (status !== 200 || !Array.isArray(list))
      throw new ServerCallError(`there is no key set at ${this.#url}: status ${status}`);
    const keys = new Map<string, KeyObject>();
    for (const jwk of list.slice(0, maxKeys) as JsonWebKey[]) {
      const key = publicKeyOf(jwk);
      if (key && typeof jwk.kid === 'string' && jwk.use !== 'enc' && keyFits('ES256', key))
        keys.set(jwk.kid, key);
    }
    this.#keys = keys;
    this.#fetchedAt = this.#clock.now();
    return keys;
  }
}
