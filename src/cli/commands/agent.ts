import { OperatorError } from '@alongside/kernel/operator';
import { examine } from '../../../identity-agent/doctor/doctor.ts';
import { reportLines } from '../../../identity-agent/doctor/report.ts';
import { subjectOf } from '../../../identity-agent/doctor/subject.ts';
import type { AgentStatus } from '../../../identity-agent/protocol.ts';
import { roleText } from '../../cis/protocol.ts';
import { signInAtDesk, stateText } from '../../kit/desk.ts';
import { type ConsoleCall, consoleCommand, type Result, text } from '../command.ts';

const flags = { pin: text, role: text };

const statusLines = (status: AgentStatus): string[] => [
  stateText(status),
  ...(status.reason ? [status.reason] : []),
  ...(status.person ? [`Person  ${status.person.displayName} (${status.person.uid})`] : []),
  ...(status.role ? [`Role    ${roleText(status.role)}`] : []),
  ...(status.card ? [`Card    ${status.card.serial}`] : []),
  ...(status.question === 'pin' && status.attemptsLeft !== null
    ? [`PIN     ${status.attemptsLeft} attempts left`]
    : []),
];

async function signIn({ api, flags: { pin, role }, out }: ConsoleCall<typeof flags>): Promise<Result> {
  const { state, pinChecked, tookFirstRole } = await signInAtDesk(api, { pin, role });
  if (tookFirstRole)
    out.note(
      'The person has several roles; the first was selected. Select another with --role, by id or code.',
    );
  const unused = pin === undefined ? '.' : ' and yours was not checked. Sign out first to use it.';
  return {
    json: { ...state, pinChecked },
    lines: statusLines(state),
    notes: pinChecked || !state.person ? [] : [`A user is already signed in, so no PIN was needed${unused}`],
  };
}

export const agent = consoleCommand({
  name: 'agent',
  flags,
  actions: {
    status: {
      help: 'state, person, role and card',
      async run({ api }) {
        const status = await api.must('GET', '/agent');
        return { json: status, lines: statusLines(status) };
      },
    },
    'sign-in': {
      help: [
        [
          '[--pin PIN] [--role R]',
          'enter the PIN (default 123456) and select the role (an id, or a code such as R8001; default: the first); if a user is signed in, nothing is entered, and "pinChecked" of --json is false',
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
        const { agentSocket } = await api.must('GET', '/state');
        if (agentSocket === null)
          throw new OperatorError(
            'This instance runs no Identity Agent. Run the doctor of the agent itself.',
          );
        const report = await examine(await subjectOf(agentSocket));
        return { json: report, lines: reportLines(report), code: report.ok ? 0 : 1 };
      },
    },
  },
  examples: ['alongside agent sign-in --pin 123456 --role R8001'],
});
