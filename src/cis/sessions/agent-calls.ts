import { type Clock, seconds } from '@alongside/kernel/clock';
import type { HttpRequest } from '@alongside/kernel/http';
import {
  type DecodedJwt,
  decodeJwt,
  type JsonWebKey,
  publicKeyOf,
  thumbprint,
  verifySignature,
} from '@alongside/kernel/jws';
import { check } from '@alongside/kernel/steps';
import type { SingleUse } from '../../storage/single-use.ts';
import { errors } from '../errors.ts';
import { agentCallType, proofHeader } from '../protocol.ts';
import { p256Key } from '../shapes.ts';
import type { Endings } from './endings.ts';
import type { Session } from './session.ts';

// Agents authenticate with a proof of possession for each call, similar to DPoP (RFC 9449 section 4.3).

export interface ProofDependencies {
  clock: Clock;
  singleUse: SingleUse;
  /** Public address of CIS. */
  origin: string;
}

export interface AgentCall {
  request: HttpRequest;
  cis: ProofDependencies;
}

/** Tolerance for the clock of the agent in seconds. */
const skew = 60;

function readProof({ headers }: HttpRequest): DecodedJwt {
  const header = headers[proofHeader];
  const jwt = typeof header === 'string' ? decodeJwt(header) : undefined;
  if (!jwt)
    throw errors.proofInvalid(header === undefined ? 'there is no proof' : 'the proof is not a compact JWS');
  if (jwt.header.alg !== 'ES256') throw errors.proofInvalid('alg is not ES256');
  if (jwt.header.typ !== agentCallType) throw errors.proofInvalid(`typ is not ${agentCallType}`);
  return jwt;
}

/** Verifies a proof. Stores its id last, so that an invalid proof uses up nothing. */
async function verifyProof(
  { request, cis: { clock, singleUse, origin } }: AgentCall,
  jwt: DecodedJwt,
  jwk: JsonWebKey,
  sessionId?: string,
): Promise<void> {
  const { htm, htu, iat, jti, sid } = jwt.claims;
  const key = publicKeyOf(jwk);
  if (!key || !(await verifySignature(jwt, 'ES256', key)))
    throw errors.proofInvalid('the signature is invalid');
  if (htm !== request.method) throw errors.proofInvalid('htm is another method');
  if (htu !== `${origin}${request.path}`) throw errors.proofInvalid(`htu is not ${origin}${request.path}`);
  if (typeof iat !== 'number' || !(Math.abs(seconds(clock) - iat) <= skew))
    throw errors.proofInvalid('iat is too far from the current time');
  if (sessionId !== undefined && sid !== sessionId) throw errors.proofInvalid('sid is another session');
  if (typeof jti !== 'string' || !/^[A-Za-z0-9_-]{16,128}$/.test(jti))
    throw errors.proofInvalid('jti is not 16 to 128 characters');
  const remembered = 2 * (skew + 1) * 1_000;
  const used = [`${thumbprint(jwk)} ${jti}`, remembered, remembered] as const;
  const isNew = await singleUse.jtis.use('cis-agent-call', ...used);
  if (!isNew) throw errors.proofInvalid('jti has been used before');
}

/** Finds the session in the path. */
export async function findSession({ cis, id }: { cis: { endings: Endings }; id: string }) {
  const session = await cis.endings.read(id);
  if (!session) throw errors.sessionUnknown('no session has this id');
  return { session };
}

/** The caller holds the key of the session. */
export const checkSessionProof = check(
  'session-proof',
  async function checkSessionProof(call: AgentCall & { session: Session }): Promise<void> {
    const { request, session } = call;
    await verifyProof(call, readProof(request), session.sessionKey, session.id);
  },
);

/** The session has not ended. Follows the proof, so that only its holder learns of the end. */
export const requireLive = check('live', function requireLive({ session }: { session: Session }): void {
  if (session.endedAt !== null)
    throw errors.sessionEnded(`it ended: ${session.endCause}`, { cause: session.endCause ?? '' });
});

/** The caller holds the key of an agent, which is in the header of the proof. */
export const checkAgentProof = check('agent-proof', async function checkAgentProof(call: AgentCall) {
  const jwt = readProof(call.request);
  const key = p256Key.safeParse(jwt.header.jwk);
  if (!key.success) throw errors.proofInvalid('the header has no public P-256 key');
  await verifyProof(call, jwt, key.data);
  return { agentId: thumbprint(key.data), agentKey: key.data };
});
