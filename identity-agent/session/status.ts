import type { RoleProfile } from '../../src/cis/protocol.ts';
import type { AgentState, AgentStatus } from '../protocol.ts';
import type { Desk } from './desk.ts';

export const agentVersion = '0.1.0';

/** The agent's state, as the first that holds: a card that cannot be used, an open question, the session. */
export function stateOf({
  card,
  session,
  pinQuestion,
}: Pick<Desk, 'card' | 'session' | 'pinQuestion'>): AgentState {
  if (card?.blocked) return 'blocked';
  if (card?.problem) return 'cardRejected';
  if (pinQuestion) return 'pinRequested';
  if (session?.locked) return 'locked';
  if (session?.awaitingRole) return 'roleRequested';
  return session ? 'signedIn' : 'noCard';
}

const shortRole = ({ roleId, roleName, roleCode, orgCode, orgName }: RoleProfile) => ({
  roleId,
  roleName,
  roleCode,
  orgCode,
  orgName,
});

/** What a person reads whose card is blocked. */
const blockedSentence =
  'The PIN of this card is blocked after three wrong entries. Please have it unblocked by your Registration Authority.';

export function statusOf(desk: Desk): AgentStatus {
  const { card, session, parts } = desk;
  const state = stateOf(desk);
  const role = session?.role;
  return {
    version: agentVersion,
    state,
    mode: parts.mode,
    generation: parts.generation,
    agentId: parts.agentId,
    card: card ? { ...card.label } : null,
    person: session ? { uid: session.uid, displayName: session.displayName } : null,
    role: role ? { roleId: role.roleId, roleName: role.roleName, orgCode: role.orgCode } : null,
    roles: session ? session.roles.map(shortRole) : [],
    attemptsLeft: card ? card.attemptsLeft : null,
    question: desk.pinQuestion ? 'pin' : session?.awaitingRole ? 'role' : null,
    reason: card?.blocked ? blockedSentence : (card?.problem?.sentence ?? null),
    problem: card?.blocked ? 'card_blocked' : (card?.problem?.error ?? null),
  };
}
