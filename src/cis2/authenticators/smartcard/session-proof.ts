import type { Clock } from '@alongside/kernel/clock';
import { thumbprint } from '@alongside/kernel/jwk';
import { cardMessage, type HandOffProof } from '../../../../identity-agent/protocol.ts';
import type { ProofAnswer, SessionState } from '../../../cis/protocol.ts';
import type { Authentication } from '../../model/authentication.ts';
import type { CisClient } from '../../model/cis-client.ts';
import { signInErrors } from '../../sign-in/errors.ts';
import { smartcardErrors } from './errors.ts';
import type { SessionCertificate } from './session-certificate.ts';

/** `amr` of a smartcard, by the generation of the agent. */
export const methodOf: Readonly<Record<SessionState['generation'], string>> = {
  hscn: 'N3_SMARTCARD',
  internet: 'CIS2_SMARTCARD',
};

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
