import { systemClock } from '@alongside/kernel/clock';
import { ok, wrong } from '../../../identity-agent/doctor/report.ts';
import type { Check } from './check.ts';
import { ask } from './subject.ts';

interface Verified {
  ok?: boolean;
  records?: number;
  problem?: { chain: string; seq: number; problem: string };
}

const day = 86_400_000;

/** Verifies the audit log of the last day. */
export const audit: Check = {
  name: 'audit',
  async run({ console, origin, stateFile }) {
    if (!console) return [];
    const token = stateFile && 'state' in stateFile ? stateFile.state.operator?.token : undefined;
    const now = systemClock.now() + console.clock.offsetSeconds * 1000;
    const from = new Date(now - day).toISOString();
    const { status, body, problem: silence } = await ask(`${origin}/api/v1/audit/verify?from=${from}`, token);
    const { ok: holds, records, problem } = (body ?? {}) as Verified;
    if (status !== 200 || holds === undefined)
      return [wrong(`The audit log was not verified: ${silence ?? `status ${status}`}.`, 'See the log.')];
    if (problem)
      return [
        wrong(
          `Chain ${problem.chain}, record ${problem.seq}: ${problem.problem}.`,
          'Keep the database as it is, compare it with shipped logs ("alongside audit verify --anchors FILE"), and treat it as an incident.',
        ),
      ];
    return [ok(`${records} records of the last day are as they were written.`)];
  },
};
