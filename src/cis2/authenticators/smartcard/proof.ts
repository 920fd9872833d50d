import { seconds } from '@alongside/kernel/clock';
import { type DecodedJwt, thumbprint, verifySignature } from '@alongside/kernel/jws';
import { equalSecrets } from '@alongside/kernel/secrets';
import { check, type Passed } from '@alongside/kernel/steps';
import { z } from 'zod';
import { cardMessage, type HandOffProof, proofType } from '../../../../identity-agent/protocol.ts';
import type { ProofAnswer, SessionState } from '../../../cis/protocol.ts';
import type { Authentication } from '../../model/session.ts';
import { signInErrors } from '../../sign-in/errors.ts';
import { smartcardErrors } from './errors.ts';
import type { SessionCertificate } from './session-certificate.ts';
import { type HandOff, methodOf, type SmartcardDependencies } from './sign-in.ts';

/** An exchange with a proof, and the JWTs in its body. */
export interface ProofCall {
  smartcard: SmartcardDependencies;
  /** The proof, not verified; undefined if it is not a JWT. */
  decoded: DecodedJwt | undefined;
  sessionCertificate: string;
}

interface WithCertificate extends ProofCall {
  certificate: SessionCertificate;
}

interface WithProof extends WithCertificate {
  proof: HandOffProof;
}

/** Seconds. Clock difference accepted from a workstation; the nonce proves that a proof is new. */
const skew = 60;

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
  own_listener: z.boolean().optional(),
});

const refuseProof = (reason: string) => smartcardErrors.proofInvalid(`proof: ${reason}`);

/** Verifies that the certified session key signed the proof, with ES256. Throws `proofInvalid`. */
export const readProof = check(
  'proof-signature',
  async function readProof({ decoded: jwt, certificate }: WithCertificate) {
    if (!jwt) throw refuseProof('it is not a JWT');
    if (jwt.header.typ !== proofType) throw refuseProof(`the type is ${String(jwt.header.typ)}`);
    if (jwt.header.alg !== 'ES256') throw refuseProof(`the algorithm is ${String(jwt.header.alg)}`);
    if (!(await verifySignature(jwt, 'ES256', certificate.key)))
      throw refuseProof('the session key did not sign it');
    const { data: proof, error } = proofShape.safeParse(jwt.claims);
    if (!proof) throw refuseProof(`claim ${error.issues[0]?.path.join('.')}: ${error.issues[0]?.message}`);
    return { proof, jti: proof.request_jti };
  },
);

/** Compares each claim of the proof with the request and the session certificate. */
export const checkProof = check(
  'proof-claims',
  async function checkProof({
    smartcard: { issuer, clock },
    proof,
    handOff,
    certificate,
  }: WithProof & { handOff: HandOff }): Promise<void> {
    const now = seconds(clock);
    if (proof.aud !== issuer) throw refuseProof(`aud is ${proof.aud}, expected ${issuer}`);
    if (!equalSecrets(proof.nonce, handOff.nonce)) throw refuseProof('the nonce differs from the request');
    if (!equalSecrets(proof.txn_h, handOff.txnHash)) throw refuseProof('txn_h differs from the request');
    if (proof.cis_sid !== certificate.sessionId)
      throw refuseProof('cis_sid is not the session of the certificate');
    if (proof.sub !== certificate.uid) throw refuseProof('sub is not the user of the certificate');
    if (Math.abs(proof.iat - now) > skew) throw refuseProof(`iat is ${proof.iat - now} s off`);
    if (proof.pin_time > proof.iat + skew) throw refuseProof('pin_time is after iat');
    if ((proof.card_signature === undefined) !== (proof.card_certificate === undefined))
      throw refuseProof('card_signature and card_certificate must occur together');
    if (proof.card_signature !== undefined && !proof.card_present)
      throw refuseProof('a card that is not in the reader cannot sign');
  },
);

/** Lets CIS confirm that the session is active and verify the card's signature of this hand-off. */
export const proveSession = check(
  'cis-session',
  async function proveSession({ smartcard: { cis, issuer }, proof }: WithProof) {
    const { card_signature: signature, card_certificate: certificate } = proof;
    const cisAnswer = await cis.prove(
      proof.cis_sid,
      signature !== undefined && certificate !== undefined
        ? {
            message: Buffer.from(cardMessage(issuer, proof.nonce)).toString('base64'),
            card: { signature, certificate },
          }
        : { message: null, card: null },
    );
    if (!cisAnswer?.session.active)
      throw signInErrors.sessionEnded(
        cisAnswer ? `it ended: ${cisAnswer.session.endCause}` : 'CIS does not know it',
      );
    return { cisAnswer };
  },
);

/** Returns whether a session may hand off while the card is out of the reader. */
const cardMayLeave = ({ generation, mode }: SessionState): boolean =>
  generation === 'internet' || mode === 'mobility';

/** Compares the proof with the session at CIS, and returns the authentication that they prove together. */
export async function authenticate({
  smartcard: { clock },
  proof,
  certificate,
  cisAnswer: { session, card },
}: WithProof & { cisAnswer: ProofAnswer } & Passed<
    'session-certificate' | 'proof-signature' | 'proof-claims' | 'cis-session'
  >): Promise<{ outcome: { authentication: Authentication; ownListener: boolean } }> {
  const refuse = (reason: string) => smartcardErrors.proofInvalid(`CIS: ${reason}`);
  if (session.sessionId !== proof.cis_sid || session.uid !== proof.sub) throw refuse('the session differs');
  if (session.agentId !== proof.iss) throw refuse('another agent began the session');
  if (thumbprint(session.sessionKey) !== certificate.keyThumbprint)
    throw refuse('the session has another key');
  if ((proof.selected_roleid || null) !== (session.roleId || null)) throw refuse('the role differs');
  if (card && !card.valid) throw smartcardErrors.cardRefused(card.reason ?? 'the signature is not valid');
  if (!proof.card_present && !cardMayLeave(session))
    throw refuse('the card of this session must be in the reader');
  const cardSigned = card?.valid === true;
  return {
    outcome: {
      authentication: {
        authenticator: 'smartcard',
        uid: session.uid,
        methods: [methodOf[session.generation]],
        // Without the card's signature of this hand-off, only the published profile counts it as level 3.
        level: { nhs: 3, others: cardSigned ? 3 : 2 },
        personAt: Date.parse(session.pinTime),
        provenAt: clock.now(),
        proofCounts: cardSigned,
        cisSessionId: session.sessionId,
        agentId: session.agentId,
        roleId: session.roleId || null,
      },
      ownListener: proof.own_listener ?? false,
    },
  };
}
