import { type AgentStatus, methods } from '../protocol.ts';
import type { Command } from './command.ts';

/** Formats the status as lines for people. */
export function statusInWords(status: AgentStatus): string {
  const { state, person, role, card, lock, reason, question, attemptsLeft } = status;
  const lines = [
    `state: ${state}`,
    person && `person: ${person.displayName}`,
    role && `role: ${role.roleName} at ${role.orgCode}`,
    card && `card: ${card.name} (${card.serial})`,
    question === 'pin' && attemptsLeft !== null && `PIN: asked for, attempts left: ${attemptsLeft}`,
    lock && `locked: ${lock.reason}, until ${lock.endsAt}`,
    card?.renewalDue && `certificate: ends on ${card.certificateEnds?.slice(0, 10)}, can be renewed now`,
    reason && `reason: ${reason}`,
  ];
  return lines.filter(Boolean).join('\n');
}

export const status: Command = {
  name: 'status',
  summary: 'state, person, role and card',
  async run({ withAgent, json, terminal }) {
    const result = await withAgent((agent) => agent.call<AgentStatus>(methods.status));
    terminal.out(`${json ? JSON.stringify(result) : statusInWords(result)}\n`);
    return 0;
  },
};
