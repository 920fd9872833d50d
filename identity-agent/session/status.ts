import { isoTime } from '@alongside/kernel/clock';
import type { RoleProfile } from '../../src/cis/protocol.ts';
import type { AgentState, AgentStatus } from '../protocol.ts';
import { isRenewalDue } from './card-renewal.ts';
import type { Desk } from './desk.ts';

export const agentVersion = '0.1.0';

/** Returns the agent's state, in this order: an unusable card, an open prompt, the session. */
export function stateOf({
  card,
  session,
  pinQuestion,
}: Pick<Desk, 'card' | 'session' | 'pinQuestion'>): AgentState {
  if (card?.blocked) return 'blocked';
  if (card?.problem) return 'cardRejected';
  if (pinQuestion) return 'pinRequested';
  if (session?.lock) return 'locked';
  if (session?.awaitingRole) return 'roleRequested';
  return session ? 'signedIn' : 'noCard';
}

const nameOf = ({ roleId, roleName, orgCode, orgName }: RoleProfile) => ({
  roleId,
  roleName,
  orgCode,
  orgName,
});

/** Shown to the user of a blocked card. */
const blockedSentence =
  'The PIN of this card is blocked after three wrong entries. You can unblock it here with a code that is mailed to you, or have it unblocked by your Registration Authority.';

export function statusOf(desk: Desk): AgentStatus {
  const { card, session, parts } = desk;
  const state = stateOf(desk);
  const role = session?.role;
  const pinAgain = desk.schedule.due('pin');
  return {
    version: agentVersion,
    state,
    mode: parts.mode,
    generation: parts.generation,
    agentId: parts.agentId,
    card: card
      ? {
          ...card.label,
          certificateEnds: card.certificateEnds === null ? null : isoTime(card.certificateEnds),
          renewalDue: isRenewalDue(card, parts.clock.now()),
        }
      : null,
    person: session ? { uid: session.uid, displayName: session.displayName } : null,
    role: role ? nameOf(role) : null,
    roles: session ? session.roles.map((held) => ({ ...nameOf(held), roleCode: held.roleCode })) : [],
    lock: session?.lock
      ? { reason: session.lock, endsAt: isoTime(desk.schedule.due('lock') ?? parts.clock.now()) }
      : null,
    pinAgainAt: pinAgain === undefined ? null : isoTime(pinAgain),
    attemptsLeft: card ? card.attemptsLeft : null,
    question: desk.question,
    documents: desk.signature?.wanted.documents.length ?? null,
    from: desk.signature?.wanted.from ?? null,
    reason: card?.blocked ? blockedSentence : (card?.problem?.sentence ?? null),
    problem: card?.blocked ? 'card_blocked' : (card?.problem?.error ?? null),
    refusal: card?.problem?.refusal ?? null,
  };
}
