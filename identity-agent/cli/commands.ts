import { examine } from '../doctor/doctor.ts';
import { reportLines } from '../doctor/report.ts';
import { subjectOf } from '../doctor/subject.ts';
import { type AgentStatus, methods, notifications } from '../protocol.ts';
import { settingNames } from '../settings/definitions.ts';
import { loadSettings } from '../settings/settings.ts';
import { AgentConnection } from '../socket/client.ts';
import { cardActs } from './card-acts.ts';
import type { Command } from './command.ts';
import { openPages } from './open-pages.ts';
import { watchScreen } from './watch-screen.ts';

/** Formats the status as lines for people. */
export function statusText(status: AgentStatus): string {
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

const status: Command = {
  name: 'status',
  summary: 'state, person, role and card',
  async run({ withAgent, json, terminal }) {
    const result = await withAgent((agent) => agent.call<AgentStatus>(methods.status));
    terminal.out(`${json ? JSON.stringify(result) : statusText(result)}\n`);
    return 0;
  },
};

const doctor: Command = {
  name: 'doctor',
  summary: 'check this workstation and suggest fixes; exit code 1 if there is a problem',
  async run({ socket, json, terminal }) {
    const report = await examine(await subjectOf(socket));
    terminal.out(json ? `${JSON.stringify(report)}\n` : `${reportLines(report).join('\n')}\n`);
    return report.ok ? 0 : 1;
  },
};

/** Settings with hidden values. */
const hidden = new Set<string>(['cardIssuerSecret']);

const settings: Command = {
  name: 'settings',
  summary: 'show every setting with its origin',
  async run({ json, terminal }) {
    const { settings: values, from } = loadSettings([]);
    const shown = settingNames.map((name) => ({
      name,
      value: hidden.has(name) && values[name] !== undefined ? '(hidden)' : (values[name] ?? null),
      from: from[name],
    }));
    terminal.out(
      json
        ? `${JSON.stringify({ settings: shown })}\n`
        : shown
            .map(({ name, value, from: place }) => `${name} = ${String(value ?? '-')}  (${place})\n`)
            .join(''),
    );
    return 0;
  },
};

const watch: Command = {
  name: 'watch',
  summary: 'prints each event of card and session as a JSON line, until it is stopped',
  async run({ socket, terminal }) {
    const agent = await AgentConnection.open(socket, (event, params) =>
      terminal.out(`${JSON.stringify({ event, ...(params as object) })}\n`),
    );
    const ended = new Promise<number>((resolve) => agent.onClose(() => resolve(0)));
    // Windows sends events only to clients that have made a call.
    await agent.call(methods.subscribe, { events: [...notifications] });
    return ended;
  },
};

/** The commands that are more than one call of a method. */
export const commands: readonly Command[] = [
  status,
  doctor,
  settings,
  ...cardActs,
  watch,
  watchScreen,
  openPages,
];

if (new Set(commands.map(({ name }) => name)).size !== commands.length)
  throw new Error('Two commands have the same name.');
