import { type Clock, seconds } from '@alongside/kernel/clock';
import type { HttpRequest } from '@alongside/kernel/http';
import { type JsonWebKey, thumbprint } from '@alongside/kernel/jwk';
import { type DecodedJwt, decodeJwt, publicKeyOf, verifySignature } from '@alongside/kernel/jws';
import type { SingleUse } from '../../storage/single-use.ts';
import { pathPart } from '../address.ts';
import { errors } from '../errors.ts';
import { agentCallType, proofHeader } from '../protocol.ts';
import { p256Key } from '../shapes.ts';
import type { Endings } from './endings.ts';
import type { Session } from './session.ts';

export interface AgentCallDeps {
  clock: Clock;
  singleUse: SingleUse;
  endings: Endings;
  /** Public address of CIS. */
  origin: string;
}

/** Seconds that the agent's clock may be off, either way. */
const skew = 60;

interface Start {
  request: HttpRequest;
}

function readProof(request: HttpRequest): DecodedJwt {
  const header = request.headers[proofHeader];
  const jwt = typeof header === 'string' ? decodeJwt(header) : undefined;
  if (!jwt)
    throw errors.proofInvalid(
      header === undefined ? 'there is no proof' : 'the proof is not one compact JWS',
    );
  if (jwt.header.alg !== 'ES256') throw errors.proofInvalid('alg is not ES256');
  if (jwt.header.typ !== agentCallType) throw errors.proofInvalid('typ is of something else');
  return jwt;
}

/** Knows agents by what they sign: a proof of possession for one call, in the manner of DPoP (RFC 9449 section 4.3). Its functions are steps. */
export function createAgentCalls({ clock, singleUse, endings, origin }: AgentCallDeps) {
  /** Everything but the signature's key and the session: then the proof is used up, last, so that a bad one spends nothing. */
  async function check(
    request: HttpRequest,
    jwt: DecodedJwt,
    jwk: JsonWebKey,
    sid: string | undefined,
  ): Promise<void> {
    const { htm, htu, iat, jti, sid: presented } = jwt.claims;
    const key = publicKeyOf(jwk);
    if (!key || !(await verifySignature(jwt, 'ES256', key)))
      throw errors.proofInvalid('the signature does not hold');
    if (htm !== request.method) throw errors.proofInvalid('htm is another method');
    if (htu !== `${origin}${request.path}`) throw errors.proofInvalid(`htu is not ${origin}${request.path}`);
    if (typeof iat !== 'number' || !(Math.abs(seconds(clock) - iat) <= skew))
      throw errors.proofInvalid('iat is too far off');
    if (sid !== undefined && presented !== sid) throw errors.proofInvalid('sid is another session');
    if (typeof jti !== 'string' || !/^[A-Za-z0-9_-]{16,128}$/.test(jti))
      throw errors.proofInvalid('jti is not 16 to 128 characters');
    const once = await singleUse.claim('cis-agent-call', `${thumbprint(jwk)} ${jti}`, 2 * (skew + 1) * 1_000);
    if (!once) throw errors.proofInvalid('jti was used before');
  }

  /** The session that the path names. */
  async function findSession({ request }: Start): Promise<{ session: Session }> {
    const session = await endings.read(pathPart(request, 1));
    if (!session) throw errors.sessionUnknown('no session has this id');
    return { session };
  }

  /** The caller holds the key of the session. */
  async function checkSessionProof({ request, session }: Start & { session: Session }): Promise<void> {
    await check(request, readProof(request), session.sessionKey, session.id);
  }

  /** The session lives. Comes after the proof, so that only its holder learns of its end. */
  function requireLive({ session }: { session: Session }): void {
    if (session.endedAt !== null)
      throw errors.sessionEnded(`it ended: ${session.endCause}`, { cause: session.endCause ?? '' });
  }

  /** The caller holds the key in the proof's own header: the agent's, which names it. */
  async function checkAgentProof({ request }: Start): Promise<{ agentId: string; agentKey: JsonWebKey }> {
    const jwt = readProof(request);
    const key = p256Key.safeParse(jwt.header.jwk);
    if (!key.success) throw errors.proofInvalid('the header has no public P-256 key');
    await check(request, jwt, key.data, undefined);
    return { agentId: thumbprint(key.data), agentKey: key.data };
  }

  return { findSession, checkSessionProof, requireLive, checkAgentProof };
}

export type AgentCalls = ReturnType<typeof createAgentCalls>;
