import { examine, inWords } from '../doctor/doctor.ts';
import { subjectOf } from '../doctor/subject.ts';
import type { Command } from './command.ts';

export const doctor: Command = {
  name: 'doctor',
  summary: 'check this workstation and suggest fixes; exit code 1 if there is a problem',
  async run({ socket, json, terminal }) {
    const report = await examine(await subjectOf(socket));
    terminal.out(json ? `${JSON.stringify(report)}\n` : inWords(report));
    return report.ok ? 0 : 1;
  },
};
