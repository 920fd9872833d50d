import { readFlags } from '@alongside/kernel/config';
import { OperatorError } from '@alongside/kernel/operator';
import { z } from 'zod';
import { examine, inWords as reportInWords } from '../../../identity-agent/doctor/doctor.ts';
import { subjectOf } from '../../../identity-agent/doctor/subject.ts';
import type { AgentStatus } from '../../../identity-agent/protocol.ts';
import { type Command, choose, noMore, type Output } from '../command.ts';
import { InstanceApi, instanceFlags, RefusedCall } from '../instance.ts';

interface Call {
  api: InstanceApi;
  flags: { pin?: string; role?: string };
  words: string[];
  json: boolean;
  out: Output;
}

const states: Record<AgentStatus['state'], string> = {
  noCard: 'No card is in the reader.',
  pinRequested: 'A card is in the reader. Enter its PIN.',
  roleRequested: 'Signed in. Select a role.',
  signedIn: 'Signed in.',
  locked: 'Locked: put the card back in and give the PIN.',
  blocked: 'The PIN of this card is blocked.',
  cardRejected: 'The card was refused.',
};

const locked = {
  card: states.locked,
  screen: 'Locked with the screen: unlock the screen and give the PIN.',
  time: 'Locked: the PIN is too old. Enter it again.',
};

const inWords = ({ state, lock }: AgentStatus): string =>
  state === 'locked' && lock ? locked[lock.reason] : states[state];

function show(status: AgentStatus, out: Output): void {
  out.line(inWords(status));
  if (status.reason) out.line(status.reason);
  if (status.person) out.line(`Person  ${status.person.displayName} (${status.person.uid})`);
  if (status.role) out.line(`Role    ${status.role.roleName} at ${status.role.orgCode}`);
  if (status.card) out.line(`Card    ${status.card.serial}`);
  if (status.question === 'pin' && status.attemptsLeft !== null)
    out.line(`PIN     ${status.attemptsLeft} attempts left`);
}

async function status({ api, words, json, out }: Call): Promise<void> {
  noMore(words, 1);
  const found = await api.must<AgentStatus>('GET', '/agent');
  if (json) return out.json(found);
  show(found, out);
}

type Role = AgentStatus['roles'][number];

/** Returns whether a role matches: by its id, or by the last part of its code (R8001). */
const isRole = (role: Role | undefined, asked: string): boolean =>
  role?.roleId === asked || role?.roleCode.split(':').at(-1) === asked;

function roleIn(roles: readonly Role[], asked: string): Role {
  const found = roles.find((role) => isRole(role, asked));
  const list = roles.map(
    ({ roleId, roleCode, orgCode }) => `${roleId} (${roleCode.split(':').at(-1)} at ${orgCode})`,
  );
  if (!found) throw new OperatorError(`The person has no role ${asked}. There are: ${list.join(', ')}.`);
  return found;
}

async function signIn({ api, flags, words, json, out }: Call): Promise<void> {
  noMore(words, 1);
  let answer = await api.call('POST', '/agent/pin', { pin: flags.pin ?? '123456' });
  const pinChecked = answer.status !== 409;
  if (!pinChecked) {
    const before = await api.must<AgentStatus>('GET', '/agent');
    if (before.state !== 'signedIn' && before.state !== 'roleRequested')
      throw new OperatorError(inWords(before));
    answer = { status: 200, body: before as unknown as Record<string, unknown> };
  }
  if (answer.status === 403 && answer.body.error === 'wrong_pin') {
    const left = Number(answer.body.attemptsLeft);
    throw new OperatorError(left === 1 ? 'Wrong PIN: 1 attempt left.' : `Wrong PIN: ${left} attempts left.`);
  }
  if (answer.status === 423)
    throw new OperatorError(
      'The PIN of this card is blocked. Give it back its attempts with "alongside card unblock CARD".',
    );
  if (answer.status >= 300) throw new RefusedCall(answer);
  let after = answer.body as unknown as AgentStatus;
  if (after.state === 'cardRejected' || after.state === 'blocked')
    throw new OperatorError(after.reason ?? states[after.state]);
  if (after.question === 'role') {
    const role = flags.role === undefined ? after.roles[0] : roleIn(after.roles, flags.role);
    after = await api.must<AgentStatus>('POST', '/agent/role', { roleId: role?.roleId });
    if (flags.role === undefined)
      out.note('The person has several roles; the first was taken. Choose with --role, by id or code.');
  }
  const held = after.roles.find(({ roleId }) => roleId === after.role?.roleId);
  if (flags.role !== undefined && !isRole(held, flags.role))
    throw new OperatorError(
      held
        ? `The session has the role ${held.roleId} and keeps it. Sign out first to choose another.`
        : 'The session has no role.',
    );
  if (json) return out.json({ ...after, pinChecked });
  if (!pinChecked)
    out.note(
      flags.pin === undefined
        ? 'A user is already signed in, so no PIN was needed.'
        : 'A user is already signed in, so no PIN was needed and yours was not checked. Sign out first to use it.',
    );
  show(after, out);
}

async function signOut({ api, words, json, out }: Call): Promise<void> {
  noMore(words, 1);
  await api.must('DELETE', '/agent/session');
  if (json) return out.json({ state: 'signedOut' });
  out.line('Signed out.');
}

/** Runs the agent's own doctor. Resolves with whether it found a problem. */
async function doctor({ api, words, json, out }: Call): Promise<boolean> {
  noMore(words, 1);
  const { agentSocket } = await api.must<{ agentSocket: string | null }>('GET', '/state');
  if (agentSocket === null)
    throw new OperatorError('This instance runs no Identity Agent. Run the doctor of the agent itself.');
  const report = await examine(await subjectOf(agentSocket));
  if (json) out.json(report);
  else for (const line of reportInWords(report).trimEnd().split('\n')) out.line(line);
  return !report.ok;
}

const calls: Readonly<Record<string, (call: Call) => Promise<unknown>>> = {
  status,
  'sign-in': signIn,
  'sign-out': signOut,
  doctor,
};

export const agent: Command = {
  name: 'agent',
  summary: 'show and change who is signed in at the Identity Agent of this machine',
  help: [
    'alongside agent status                         state, person, role and card',
    'alongside agent sign-in [--pin PIN] [--role R] enter the PIN (default 123456) and select the role',
    '                                               (an id, or a code such as R8001; default: the first);',
    '                                               if a user is signed in, nothing is entered, and "pinChecked" of --json is false',
    'alongside agent sign-out                       end the session; the card stays in',
    'alongside agent doctor                         check the workstation; exit code 1 if there is a problem',
  ],
  async run({ argv, out }) {
    const shape = { ...instanceFlags, pin: z.string().optional(), role: z.string().optional() };
    const { flags, words } = readFlags(shape, argv);
    const call = choose(calls, words, 'agent');
    const wrong = await call({ api: new InstanceApi(flags), flags, words, json: flags.json === true, out });
    return wrong === true ? 1 : 0;
  },
};
