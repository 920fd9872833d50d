import { examine, inWords } from '../doctor/doctor.ts';
import { subjectOf } from '../doctor/subject.ts';
import type { Command } from './command.ts';

export const doctor: Command = {
  name: 'doctor',
  summary: 'what is wrong at this desk, by name, and how to mend it; exit code 1 when something is',
  async run({ socket, json, terminal }) {
    const report = await examine(await subjectOf(socket));
    terminal.out(json ? `${JSON.stringify(report)}\n` : inWords(report));
    return report.ok ? 0 : 1;
  },
};
