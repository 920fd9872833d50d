import { carryOut, reportLines } from '../../../identity-agent/doctor/report.ts';
import { trustAuthority } from '../../boot/tls.ts';
import { configShape } from '../../config.ts';
import { command } from '../command.ts';
import { checks } from '../doctor/checks.ts';
import { subjectOf } from '../doctor/subject.ts';
import { instanceFlags, tlsAuthorityOf } from '../instance.ts';

export const doctor = command({
  name: 'doctor',
  base: { ...instanceFlags, tlsAuthority: configShape.tlsAuthority },
  open: (selection) => ({ selection }),
  actions: {
    '': {
      help: [
        [
          '',
          'Node.js, data folder, state file, ports and who uses them, every service, a sign-in through the public addresses as far as it goes without a card, signing keys, certificates, clocks, the audit log of the last day, the pages of the SQLite file, the socket of the Identity Agent, proxy variables, localhost, browser policies, browser',
        ],
      ],
      async run({ selection }) {
        trustAuthority(tlsAuthorityOf(selection))();
        const report = await carryOut(checks, await subjectOf(selection));
        return { json: report, lines: reportLines(report), code: report.ok ? 0 : 1 };
      },
    },
  },
  notes: [
    'Exit code 0: no problem; 1: a problem. With --json: {"ok", "checks": [{"name", "outcome", "detail", "fix"}]}, where "outcome" is ok, remark or wrong. It changes nothing.',
  ],
  examples: ['alongside doctor'],
});
