import { reasonOf } from '@alongside/kernel/errors';
import {
  type Generation,
  type SessionMode,
  type SignInAnswer,
  signInMessage,
} from '../../src/cis/protocol.ts';
import { CardError } from '../card/card-client.ts';
import { type HeldKey, newSessionKey } from './agent-key.ts';
import { reportBlocked } from './card-acts.ts';
import { isAboutTheCard } from './card-refusal.ts';
import { type CisClient, CisRefusal } from './cis-client.ts';
import type { Desk } from './desk.ts';
import { type DeskCard, refusalOf, rejected, sentenceOf } from './desk-card.ts';
import type { Answerer } from './events.ts';
import { LiveSession } from './live-session.ts';

interface SignInParts {
  cis: CisClient;
  agentId: string;
  generation: Generation;
  mode: SessionMode;
}

/**
 * Signs in at CIS with the card after the PIN: challenge, card signature, session. @throws CisRefusal, ServerCallError, CardError
 */
async function signIn(
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
async function confirmPin(
  card: DeskCard,
  session: { id: string; key: HeldKey },
  cis: CisClient,
  correlation: string,
): Promise<void> {
  const challenge = await cis.challenge(correlation);
  const signed = await card.sign(Buffer.from(signInMessage(challenge, session.key.thumbprint)));
  await cis.pin(session.id, session.key, { ...signed, challenge });
}

/** The result of a submitted PIN. `ok` means that the PIN was right; the card may still be refused, see the status. */
export type PinResult =
  | { ok: true }
  | { ok: false; error: 'no_open_question' | 'card_removed' | 'cis_unreachable' }
  | { ok: false; error: 'wrong_pin' | 'card_blocked'; attemptsLeft: number };

const noRole = 'You have no role, so you cannot sign in here. Please contact your Registration Authority.';

/** Submits a PIN. */
export async function answerPin(desk: Desk, pin: string, by: Answerer): Promise<PinResult> {
  const { card } = desk;
  if (card?.blocked) return { ok: false, error: 'card_blocked', attemptsLeft: 0 };
  if (!card || !desk.pinQuestion) return { ok: false, error: 'no_open_question' };
  const { clock } = desk.parts;
  const began = clock.now();
  const result = await tryPin(desk, card, pin, by);
  desk.pinTried(!result.ok && result.error === 'cis_unreachable');
  desk.arrows.pinAnswered(by, card, result, clock.now() - began);
  return result;
}

async function tryPin(desk: Desk, card: DeskCard, pin: string, by: Answerer): Promise<PinResult> {
  try {
    const verification = await card.verifyPin(pin);
    if (!verification.ok) {
      if (card.blocked) reportBlocked(desk, card);
      return {
        ok: false,
        error: card.blocked ? 'card_blocked' : 'wrong_pin',
        attemptsLeft: verification.attemptsLeft,
      };
    }
    const { session } = desk;
    if (session && desk.ownCard && (await confirmed(desk, card, session, by))) return { ok: true };
    // One user at a workstation: the next user ends the former session.
    desk.end('anotherPerson');
    await enter(desk, card, by);
    return { ok: true };
  } catch (error) {
    return trouble(desk, card, error);
  }
}

/** The journey of a PIN is that of the sign-in that asked for it, else that of the card in the reader. */
const correlationOf = (card: DeskCard, { keys: [asked] }: Answerer): string => asked ?? card.insertion;

/** Confirms the PIN in the same session; returns false if CIS has ended it. */
async function confirmed(desk: Desk, card: DeskCard, session: LiveSession, by: Answerer): Promise<boolean> {
  try {
    await confirmPin(card, session, desk.parts.cis, correlationOf(card, by));
  } catch (error) {
    if (!(error instanceof CisRefusal && error.sessionIsOver)) throw error;
    desk.lost(session, error.message);
    return false;
  }
  const applications = applicationsOf(desk, by);
  session.pinConfirmed(desk.parts.clock.now(), desk.pinAccepted(), applications);
  if (desk.session !== session) return true;
  desk.opened(session);
  lockIfDue(desk, card);
  return true;
}

/** Returns the keys of the applications for which a PIN is entered. */
const applicationsOf = (desk: Desk, { application }: Answerer): readonly string[] =>
  application === undefined ? [...desk.askedFor.keys()] : [application.key];

/** Locks if the card was removed or the screen locked during the call to CIS. */
function lockIfDue(desk: Desk, card: DeskCard): void {
  if (desk.card !== card && desk.behaviour.onRemoval === 'lock') desk.lock('card');
  desk.lockWithScreen();
}

async function enter(desk: Desk, card: DeskCard, by: Answerer): Promise<void> {
  const { clock, cis, announce, requireRole } = desk.parts;
  const { answer, key } = await signIn(card, desk.parts, correlationOf(card, by));
  const applications = applicationsOf(desk, by);
  const session = new LiveSession(answer, key, clock.now(), desk.pinAccepted());
  session.openFor(applications);
  if (requireRole && session.roles.length === 0) {
    card.refuse({ error: 'no_role', sentence: noRole, refusal: 'no_role' });
    return desk.endings.add(session, 'signedOut');
  }
  const [only, ...others] = session.roles;
  const asks = desk.behaviour.asksForRole && session.roleId === null;
  if (asks && only && others.length === 0) {
    await cis.chooseRole(session.id, key, only.roleId);
    session.takeRole(only.roleId);
  }
  if (asks && others.length > 0) session.askForRole();
  if (desk.card !== card && desk.behaviour.onRemoval === 'end') {
    await desk.endings.add(session, 'cardRemoved');
    throw new CardError('card_removed', 'The card was taken out during the sign-in.');
  }
  desk.begin(session);
  if (!session.awaitingRole) desk.tell('signedIn', { uid: session.uid, roleId: session.roleId });
  lockIfDue(desk, card);
  await announce(session.lock ? null : session.id);
}

function trouble(desk: Desk, card: DeskCard, error: unknown): PinResult {
  if (error instanceof CardError && error.code === 'card_removed')
    return { ok: false, error: 'card_removed' };
  const refused = isAboutTheCard(error);
  desk.parts.log[refused ? 'info' : 'warn']({ reason: reasonOf(error) }, 'a sign-in with the card failed');
  if (!refused && !(error instanceof CardError)) return { ok: false, error: 'cis_unreachable' };
  card.refuse(refused ? rejected(error.message, error.code) : rejected(sentenceOf(error), refusalOf(error)));
  if (desk.ownCard) desk.end('signedOut');
  return { ok: true };
}

export type RoleResult =
  | { ok: true }
  | { ok: false; error: 'no_open_question' | 'unknown_role' | 'cis_unreachable' };

/** Submits the role of the session. */
export async function answerRole(desk: Desk, roleId: string): Promise<RoleResult> {
  const { session } = desk;
  if (!session?.awaitingRole || session.lock) return { ok: false, error: 'no_open_question' };
  if (!session.roles.some((role) => role.roleId === roleId)) return { ok: false, error: 'unknown_role' };
  try {
    await desk.parts.cis.chooseRole(session.id, session.key, roleId);
  } catch (error) {
    desk.parts.log.warn({ reason: reasonOf(error) }, 'a role was not taken');
    if (!(error instanceof CisRefusal)) return { ok: false, error: 'cis_unreachable' };
    if (!error.sessionIsOver) return { ok: false, error: 'unknown_role' };
    desk.lost(session, error.message);
    return { ok: false, error: 'no_open_question' };
  }
  session.takeRole(roleId);
  if (desk.session === session) desk.tell('signedIn', { uid: session.uid, roleId });
  return { ok: true };
}
