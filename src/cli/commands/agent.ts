import { OperatorError } from '@alongside/kernel/operator';
import { examine } from '../../../identity-agent/doctor/doctor.ts';
import { reportLines } from '../../../identity-agent/doctor/report.ts';
import { subjectOf } from '../../../identity-agent/doctor/subject.ts';
import type { AgentStatus } from '../../../identity-agent/protocol.ts';
import { type ConsoleCall, consoleCommand, type Result, text } from '../command.ts';
import { type InstanceApi, RefusedCall } from '../instance.ts';

const flags = { pin: text, role: text };

const states: Record<AgentStatus['state'], string> = {
  noCard: 'No card is in the reader.',
  pinRequested: 'A card is in the reader. Enter its PIN.',
  roleRequested: 'Signed in. Select a role.',
  signedIn: 'Signed in.',
  locked: 'Locked: insert the card again and enter the PIN.',
  blocked: 'The PIN of this card is blocked.',
  cardRejected: 'The card was refused.',
};

const locked = {
  card: states.locked,
  screen: 'Locked with the screen: unlock the screen and enter the PIN.',
  time: 'Locked: the PIN is too old. Enter it again.',
};

const stateText = ({ state, lock }: AgentStatus): string =>
  state === 'locked' && lock ? locked[lock.reason] : states[state];

const statusLines = (status: AgentStatus): string[] => [
  stateText(status),
  ...(status.reason ? [status.reason] : []),
  ...(status.person ? [`Person  ${status.person.displayName} (${status.person.uid})`] : []),
  ...(status.role ? [`Role    ${status.role.roleName} at ${status.role.orgCode}`] : []),
  ...(status.card ? [`Card    ${status.card.serial}`] : []),
  ...(status.question === 'pin' && status.attemptsLeft !== null
    ? [`PIN     ${status.attemptsLeft} attempts left`]
    : []),
];

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

/** Enters the PIN. `pinChecked` is false if a user was already signed in. */
async function enterPin(
  api: InstanceApi,
  pin: string | undefined,
): Promise<{ status: AgentStatus; pinChecked: boolean }> {
  const answer = await api.call<AgentStatus>('POST', '/agent/pin', { pin: pin ?? '123456' });
  if (answer.status === 409) {
    const status = await api.must<AgentStatus>('GET', '/agent');
    if (status.state !== 'signedIn' && status.state !== 'roleRequested')
      throw new OperatorError(stateText(status));
    return { status, pinChecked: false };
  }
  if (answer.status === 403 && answer.body.error === 'wrong_pin') {
    const left = Number(answer.body.attemptsLeft);
    throw new OperatorError(`Wrong PIN: ${left} ${left === 1 ? 'attempt' : 'attempts'} left.`);
  }
  if (answer.status === 423)
    throw new OperatorError(
      'The PIN of this card is blocked. Restore its attempts with "alongside card unblock CARD".',
    );
  if (answer.status >= 300) throw new RefusedCall(answer);
  const status = answer.body;
  if (status.state === 'cardRejected' || status.state === 'blocked')
    throw new OperatorError(status.reason ?? states[status.state]);
  return { status, pinChecked: true };
}

/** Signs in at the agent: enters the PIN and selects a role. */
export async function signIn({
  api,
  flags: { pin, role },
  out,
}: Pick<ConsoleCall<typeof flags>, 'api' | 'flags' | 'out'>): Promise<Result> {
  const { status, pinChecked } = await enterPin(api, pin);
  let after = status;
  if (after.question === 'role') {
    const chosen = role === undefined ? after.roles[0] : roleIn(after.roles, role);
    after = await api.must<AgentStatus>('POST', '/agent/role', { roleId: chosen?.roleId });
    if (role === undefined)
      out.note(
        'The person has several roles; the first was selected. Select another with --role, by id or code.',
      );
  }
  const held = after.roles.find(({ roleId }) => roleId === after.role?.roleId);
  if (role !== undefined && !isRole(held, role))
    throw new OperatorError(
      held
        ? `The session has the role ${held.roleId} and keeps it. Sign out first to choose another.`
        : 'The session has no role.',
    );
  const unused = pin === undefined ? '.' : ' and yours was not checked. Sign out first to use it.';
  return {
    json: { ...after, pinChecked },
    lines: statusLines(after),
    notes: pinChecked ? [] : [`A user is already signed in, so no PIN was needed${unused}`],
  };
}

export const agent = consoleCommand({
  name: 'agent',
  summary: 'the user who is signed in at the Identity Agent of this machine: show, sign in, sign out',
  flags,
  actions: {
    status: {
      help: 'state, person, role and card',
      async run({ api }) {
        const status = await api.must<AgentStatus>('GET', '/agent');
        return { json: status, lines: statusLines(status) };
      },
    },
    'sign-in': {
      help: [
        [
          '[--pin PIN] [--role R]',
          'enter the PIN (default 123456) and select the role (an id, or a code such as R8001;',
        ],
        [
          '    ',
          'default: the first); if a user is signed in, nothing is entered, and "pinChecked" of --json is false',
        ],
      ],
      run: signIn,
    },
    'sign-out': {
      help: 'end the session; the card stays in',
      async run({ api }) {
        await api.must('DELETE', '/agent/session');
        return { json: { state: 'signedOut' }, lines: ['Signed out.'] };
      },
    },
    doctor: {
      help: 'check the workstation; exit code 1 if there is a problem',
      async run({ api }) {
        const { agentSocket } = await api.must<{ agentSocket: string | null }>('GET', '/state');
        if (agentSocket === null)
          throw new OperatorError(
            'This instance runs no Identity Agent. Run the doctor of the agent itself.',
          );
        const report = await examine(await subjectOf(agentSocket));
        return { json: report, lines: reportLines(report), code: report.ok ? 0 : 1 };
      },
    },
  },
});
