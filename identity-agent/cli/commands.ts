import { UsageError } from '@alongside/kernel/operator';
import { roleText } from '../../src/cis/protocol.ts';
import { examine } from '../doctor/doctor.ts';
import { reportLines } from '../doctor/report.ts';
import { subjectOf } from '../doctor/subject.ts';
import { type AgentStatus, methods, notifications } from '../protocol.ts';
import { settingNames } from '../settings/definitions.ts';
import { loadSettings } from '../settings/settings.ts';
import { AgentConnection } from '../socket/client.ts';
import type { Command, CommandContext } from './command.ts';
import { openPages } from './open-pages.ts';
import { watchScreen } from './watch-screen.ts';

/** Asks for digits. @throws UsageError for anything else, which the card would refuse */
async function askDigits({ terminal }: CommandContext, question: string): Promise<string> {
  const digits = await terminal.askSecret(question);
  if (!/^[0-9]{1,12}$/.test(digits)) throw new UsageError('That is not a number. Nothing was tried.');
  return digits;
}

/** Asks for the new PIN twice. @throws UsageError if the two differ */
async function askNewPin(context: CommandContext): Promise<string> {
  const newPin = await askDigits(context, 'New PIN (6 to 8 digits): ');
  if ((await context.terminal.askSecret('New PIN again: ')) !== newPin)
    throw new UsageError('The two new PINs are not the same.');
  return newPin;
}

async function act(context: CommandContext, method: string, params: object, done: string): Promise<number> {
  const { withAgent, json, terminal } = context;
  const result = await withAgent((agent) => agent.call<Partial<AgentStatus>>(method, params));
  terminal.out(json ? `${JSON.stringify(result)}\n` : `${done}\n`);
  return 0;
}

// PINs and codes are never arguments, because every process of the machine can read those.

/** Commands for the holder of the card in the reader. */
const cardActs: readonly Command[] = [
  {
    name: 'change-pin',
    summary: 'change the PIN of the card in the reader',
    async run(context) {
      const pin = await askDigits(context, 'PIN: ');
      const params = { pin, newPin: await askNewPin(context) };
      return act(context, methods.changePin, params, 'The PIN was changed.');
    },
  },
  {
    name: 'unlock-code',
    summary: 'mail a code to the holder of a blocked card',
    run: (context) =>
      act(context, methods.requestUnlockCode, {}, 'If the card can be unblocked by mail, a code was sent.'),
  },
  {
    name: 'unlock',
    summary: 'unblock the card with the mailed code',
    async run(context) {
      const code = await askDigits(context, 'Code from the mail: ');
      const params = { code, newPin: await askNewPin(context) };
      return act(context, methods.unlockCard, params, 'The card is unblocked and has the new PIN.');
    },
  },
  {
    name: 'unblock',
    summary: 'unblock the card with its own unblocking code',
    async run(context) {
      const unblockingCode = await askDigits(context, 'Unblocking code of the card: ');
      const params = { unblockingCode, newPin: await askNewPin(context) };
      return act(context, methods.unblockPin, params, 'The card is unblocked and has the new PIN.');
    },
  },
  {
    name: 'renew',
    summary: 'renew the card of the signed-in user, in the last 90 days of its certificate',
    run: (context) => act(context, methods.renewCard, {}, 'The card is renewed. The PIN stays the same.'),
  },
];

/** Formats the status as lines for people. */
export function statusText(status: AgentStatus): string {
  const { state, person, role, card, lock, reason, question, attemptsLeft } = status;
  const lines = [
    `state: ${state}`,
    person && `person: ${person.displayName}`,
    role && `role: ${roleText(role)}`,
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
  summary: 'show state, person, role and card',
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
  summary: 'print each event of card and session as a JSON line, until stopped',
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
