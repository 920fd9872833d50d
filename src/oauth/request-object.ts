import { type Clock, seconds, shownTime } from '@alongside/kernel/clock';
import { decodeJwt, isSigningAlgorithm, type JwtClaims, type SigningAlgorithm } from '@alongside/kernel/jws';
import { OutboundError } from '@alongside/kernel/outbound';
import { shown } from './check.ts';
import { type KeySource, signedByNamedOrLone } from './key-source.ts';
import { Parameters } from './parameters.ts';
import type { RemoteKeys } from './remote-keys.ts';

/** Requirements for a request object. */
export interface RequestObjectRules {
  clientId: string;
  /** The audience is or contains the issuer (RFC 9101 section 4). */
  issuer: string;
  algorithms: readonly SigningAlgorithm[];
}

/** The authorization request in a valid object, or the reason for the log. */
export type RequestObjectResult = { parameters: Parameters } | { fault: string };

/** Seconds: maximum lifetime of an object, and tolerance for clocks (FAPI 2.0 Message Signing section 5.3.1). */
const longest = 3_600;
const skew = 10;
const typ = 'oauth-authz-req+jwt';

/** Claims of the JWT itself; `aud` of the object is not `audience` of the request. */
const own = ['iss', 'aud', 'exp', 'nbf', 'iat', 'jti', 'sub'];
/** An object must not contain another one (RFC 9101 section 4). */
const forbidden = ['request', 'request_uri'];

const fault = (reason: string): RequestObjectResult => ({ fault: reason });

function timesFault({ exp, nbf, iat }: JwtClaims, now: number): string | undefined {
  if (typeof exp !== 'number' || exp + skew <= now) return `exp is ${shownTime(exp, now)}`;
  if (nbf !== undefined && (typeof nbf !== 'number' || nbf > now + skew))
    return `nbf is ${shownTime(nbf, now)}`;
  if (iat !== undefined && (typeof iat !== 'number' || iat > now + skew))
    return `iat is ${shownTime(iat, now)}`;
  const begins = nbf ?? iat ?? now;
  return exp - begins > longest + skew ? `it lasts ${exp - begins} s, ${longest} are allowed` : undefined;
}

/** Converts claims to parameters: structures become JSON, and each value of `resource` becomes a parameter. */
function parametersOf(claims: JwtClaims): Parameters {
  const values = new Map<string, string[]>();
  for (const [name, value] of Object.entries(claims)) {
    if (own.includes(name) || value === null || value === undefined) continue;
    const list = name === 'resource' && Array.isArray(value) ? value : [value];
    values.set(
      name,
      list.map((item) => (typeof item === 'string' ? item : JSON.stringify(item))),
    );
  }
  return new Parameters(values);
}

/**
 * Verifies a request object that was passed by value (RFC 9101). It must be signed and not encrypted, because encryption could
 * hide an unsigned one (CVE-2026-9793). It is the whole request: parameters outside it are ignored.
 */
export async function readRequestObject(
  text: string,
  rules: RequestObjectRules,
  source: KeySource,
  { clock, clientKeys }: { clock: Clock; clientKeys: RemoteKeys },
): Promise<RequestObjectResult> {
  const jwt = decodeJwt(text);
  if (!jwt) return fault('it is not a compact JWS');
  const { header, claims } = jwt;
  if (header.typ !== undefined && String(header.typ).toLowerCase() !== typ && header.typ !== 'JWT')
    return fault(`typ is ${shown(header.typ)}`);
  if (!isSigningAlgorithm(header.alg) || !rules.algorithms.includes(header.alg))
    return fault(`alg is ${shown(header.alg)}, allowed is ${rules.algorithms.join(', ')}`);
  if (claims.iss !== rules.clientId)
    return fault(`iss is ${shown(claims.iss)}, the client is ${rules.clientId}`);
  if (claims.client_id !== rules.clientId)
    return fault(`client_id is ${shown(claims.client_id)}, outside it is ${rules.clientId}`);
  if (![claims.aud].flat().includes(rules.issuer))
    return fault(`aud is ${shown(claims.aud)}, expected is ${rules.issuer}`);
  if (claims.sub === rules.clientId) return fault('sub is the client: it could pass as a client assertion');
  const times = timesFault(claims, seconds(clock));
  if (times !== undefined) return fault(times);
  if (forbidden.some((name) => name in claims)) return fault('it holds another request object');
  try {
    const signed = await signedByNamedOrLone(source, jwt, header.alg, clientKeys);
    return signed === 'yes' ? { parameters: parametersOf(claims) } : fault(`signature: ${signed}`);
  } catch (error) {
    if (error instanceof OutboundError) return fault(`${source.jwksUrl} cannot be read: ${error.message}`);
    throw error;
  }
}
