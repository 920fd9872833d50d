import type { KeyObject } from 'node:crypto';
import { type Clock, seconds } from '@alongside/kernel/clock';
import { reasonOf } from '@alongside/kernel/errors';
import { type JsonWebKey, thumbprint } from '@alongside/kernel/jwk';
import { decodeJwt, isSigningAlgorithm, keyFits, publicKeyOf, verifySignature } from '@alongside/kernel/jws';
import { equalSecrets } from '@alongside/kernel/secrets';
import { z } from 'zod';
import { cardMessage, type HandOffProof, proofType } from '../../../../identity-agent/protocol.ts';
import { type ProofAnswer, type SessionState, sessionCertificateType } from '../../../cis/protocol.ts';
import type { RemoteKeys } from '../../../oauth/remote-keys.ts';
import type { Urls } from '../../../service.ts';
import { sharedErrors } from '../../errors/shared.ts';
import type { Authentication } from '../../model/authentication.ts';
import type { CisClient } from '../../model/cis-client.ts';
import { signInErrors } from '../../sign-in/errors.ts';
import { smartcardErrors } from './errors.ts';
import { type HandOff, methodOf } from './sign-in.ts';

/** A session key that CIS certified (RFC 7800). */
export interface SessionCertificate {
  sessionId: string;
  uid: string;
  key: KeyObject;
  keyThumbprint: string;
}

/** Clocks may differ by so many seconds. */
const certificateSkew = 10;

function confirmedKey(confirmation: unknown): { key: KeyObject; keyThumbprint: string } | undefined {
  const jwk = (confirmation as { jwk?: unknown } | null | undefined)?.jwk;
  const key = publicKeyOf(jwk);
  return key && keyFits('ES256', key) ? { key, keyThumbprint: thumbprint(jwk as JsonWebKey) } : undefined;
}

/** Checks a session certificate against the keys that CIS publishes; throws `proofInvalid`. */
export async function readSessionCertificate(
  token: string,
  parts: { cisKeys: RemoteKeys; cisKeysUrl: string; urls: Urls; clock: Clock },
): Promise<SessionCertificate> {
  const refuse = (why: string) => smartcardErrors.proofInvalid(`session certificate: ${why}`);
  const jwt = decodeJwt(token);
  if (!jwt) throw refuse('it is not a JWT');
  const { alg, kid, typ } = jwt.header;
  if (typ !== sessionCertificateType) throw refuse(`the type is ${String(typ)}`);
  if (!isSigningAlgorithm(alg) || typeof kid !== 'string')
    throw refuse(`alg ${String(alg)} or the kid is not usable`);
  let cisKey: KeyObject | undefined;
  try {
    cisKey = await parts.cisKeys.key(parts.cisKeysUrl, kid);
  } catch (error) {
    throw sharedErrors.cisUnreachable(`the keys of CIS: ${reasonOf(error)}`);
  }
  if (!cisKey) throw refuse('CIS has no key with this kid');
  if (!(await verifySignature(jwt, alg, cisKey))) throw refuse('the signature does not hold');
  const { iss, sub, sid, exp, iat, cnf } = jwt.claims;
  if (iss !== parts.urls.cis) throw refuse(`iss is ${String(iss)}, ${parts.urls.cis} was expected`);
  const now = seconds(parts.clock);
  if (typeof sub !== 'string' || typeof sid !== 'string') throw refuse('sub or sid is missing');
  if (typeof exp !== 'number' || exp + certificateSkew <= now) throw refuse('it has run out');
  if (typeof iat !== 'number' || iat - certificateSkew > now) throw refuse('it is from the future');
  const confirmed = confirmedKey(cnf);
  if (!confirmed) throw refuse('cnf.jwk is not a public P-256 key');
  return { sessionId: sid, uid: sub, ...confirmed };
}

const text = z.string().min(1).max(512);
const base64 = z.base64().min(1).max(16_384);

const proofShape = z.object({
  iss: text,
  aud: text,
  request_jti: text,
  nonce: text,
  txn_h: text,
  cis_sid: text,
  sub: text,
  iat: z.int().positive(),
  pin_time: z.int().positive(),
  card_present: z.boolean(),
  selected_roleid: z.string().max(64).optional(),
  card_signature: base64.optional(),
  card_certificate: base64.optional(),
});

/** How far the clock of a workstation may be off, in seconds; the nonce is what makes a proof fresh. */
const skew = 60;

/** Checks who signed a proof: the session key and no other, under its one algorithm. Throws `proofInvalid`. */
export async function readProof(token: string, certificate: SessionCertificate): Promise<HandOffProof> {
  const refuse = (why: string) => smartcardErrors.proofInvalid(`proof: ${why}`);
  const jwt = decodeJwt(token);
  if (!jwt) throw refuse('it is not a JWT');
  if (jwt.header.typ !== proofType) throw refuse(`the type is ${String(jwt.header.typ)}`);
  if (jwt.header.alg !== 'ES256') throw refuse(`the algorithm is ${String(jwt.header.alg)}`);
  if (!(await verifySignature(jwt, 'ES256', certificate.key)))
    throw refuse('the session key did not sign it');
  const parsed = proofShape.safeParse(jwt.claims);
  if (!parsed.success)
    throw refuse(`claim ${parsed.error.issues[0]?.path.join('.')}: ${parsed.error.issues[0]?.message}`);
  return parsed.data;
}

/** Checks every claim of a proof against the request that it answers and the session that it speaks of. */
export function checkProof(
  proof: HandOffProof,
  handOff: HandOff,
  certificate: SessionCertificate,
  parts: { issuer: string; clock: Clock },
): void {
  const refuse = (why: string) => smartcardErrors.proofInvalid(`proof: ${why}`);
  const now = seconds(parts.clock);
  if (proof.aud !== parts.issuer) throw refuse(`aud is ${proof.aud}, ${parts.issuer} was expected`);
  if (!equalSecrets(proof.nonce, handOff.nonce)) throw refuse('the nonce is not the one of the request');
  if (!equalSecrets(proof.txn_h, handOff.txnHash)) throw refuse('txn_h is not the one of the request');
  if (proof.cis_sid !== certificate.sessionId) throw refuse('cis_sid is not the session of the certificate');
  if (proof.sub !== certificate.uid) throw refuse('sub is not the person of the certificate');
  if (Math.abs(proof.iat - now) > skew) throw refuse(`iat is ${proof.iat - now} s off`);
  if (proof.pin_time > proof.iat + skew) throw refuse('pin_time is after iat');
  if ((proof.card_signature === undefined) !== (proof.card_certificate === undefined))
    throw refuse('card_signature and card_certificate belong together');
  if (proof.card_signature !== undefined && !proof.card_present)
    throw refuse('a card that is not in cannot sign');
}

/** Whether a session may hand off while the card is out. */
const cardMayLeave = ({ generation, mode }: SessionState): boolean =>
  generation === 'internet' || mode === 'mobility';

/** Asks CIS whether the session lives and the card signed this hand-off. */
export async function askCis(cis: CisClient, issuer: string, proof: HandOffProof): Promise<ProofAnswer> {
  const { card_signature: signature, card_certificate: certificate } = proof;
  const answer = await cis.prove(
    proof.cis_sid,
    signature !== undefined && certificate !== undefined
      ? {
          message: Buffer.from(cardMessage(issuer, proof.nonce)).toString('base64'),
          card: { signature, certificate },
        }
      : { message: null, card: null },
  );
  if (!answer?.session.active)
    throw signInErrors.sessionEnded(answer ? `it ended: ${answer.session.endCause}` : 'CIS does not know it');
  return answer;
}

/** Compares what the agent says with what CIS knows, and makes the sign-in of it. */
export function authenticationOf(
  proof: HandOffProof,
  certificate: SessionCertificate,
  { session, card }: ProofAnswer,
  clock: Clock,
): Authentication {
  const refuse = (why: string) => smartcardErrors.proofInvalid(`CIS: ${why}`);
  if (session.sessionId !== proof.cis_sid || session.uid !== proof.sub)
    throw refuse('the session is another one');
  if (session.agentId !== proof.iss) throw refuse('the session was made by another agent');
  if (thumbprint(session.sessionKey) !== certificate.keyThumbprint)
    throw refuse('the session has another key');
  if ((proof.selected_roleid || null) !== (session.roleId || null)) throw refuse('the role is another one');
  if (card && !card.valid) throw smartcardErrors.cardRefused(card.reason ?? 'the signature does not hold');
  if (!proof.card_present && !cardMayLeave(session)) throw refuse('the card of this session must be in');
  const cardSigned = card?.valid === true;
  return {
    authenticator: 'smartcard',
    uid: session.uid,
    methods: [methodOf[session.generation]],
    // Without the card's own signature of this hand-off, only the published profile calls it the third level.
    level: { nhs: 3, others: cardSigned ? 3 : 2 },
    personAt: Date.parse(session.pinTime),
    provenAt: clock.now(),
    proofCounts: cardSigned,
    cisSessionId: session.sessionId,
    agentId: session.agentId,
    roleId: session.roleId || null,
  };
}
