import { type Clock, seconds } from '@alongside/kernel/clock';
import { decodeJwt, verifySignature } from '@alongside/kernel/jws';
import { equalSecrets } from '@alongside/kernel/secrets';
import { z } from 'zod';
import { type HandOffProof, proofType } from '../../../../identity-agent/protocol.ts';
import { smartcardErrors } from './errors.ts';
import type { HandOff } from './hand-offs.ts';
import type { SessionCertificate } from './session-certificate.ts';

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
