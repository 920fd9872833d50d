import {
  type Generation,
  type SessionMode,
  type SignInAnswer,
  signInMessage,
} from '../../src/cis/protocol.ts';
import { type HeldKey, newSessionKey } from './agent-key.ts';
import type { CisClient } from './cis-client.ts';
import type { DeskCard } from './desk-card.ts';

export interface SignInParts {
  cis: CisClient;
  agentId: string;
  generation: Generation;
  mode: SessionMode;
}

/**
 * Signs in at CIS with the card after the PIN: challenge, card signature, session. @throws CisRefusal, ServerCallError, CardError
 */
export async function signIn(
  card: DeskCard,
  parts: SignInParts,
  correlation: string,
): Promise<{ answer: SignInAnswer; key: HeldKey }> {
  const { cis, agentId, generation, mode } = parts;
  const [key, challenge] = await Promise.all([newSessionKey(), cis.challenge(correlation)]);
  const signed = await card.sign(Buffer.from(signInMessage(challenge, key.thumbprint)));
  const answer = await cis.signIn({
    ...signed,
    challenge,
    sessionKey: key.publicJwk,
    agentId,
    generation,
    mode,
  });
  return { answer, key };
}

/** Confirms the PIN in the existing session. @throws CisRefusal, ServerCallError, CardError */
export async function confirmPin(
  card: DeskCard,
  session: { id: string; key: HeldKey },
  cis: CisClient,
  correlation: string,
): Promise<void> {
  const challenge = await cis.challenge(correlation);
  const signed = await card.sign(Buffer.from(signInMessage(challenge, session.key.thumbprint)));
  await cis.pin(session.id, session.key, { ...signed, challenge });
}
