import { json } from '@alongside/kernel/answer';
import type { AdjustableClock } from '@alongside/kernel/clock';
import { Refusal } from '@alongside/kernel/errors';
import type { Log } from '@alongside/kernel/log';
import type { AuditLog } from '../../storage/audit.ts';
import type { Faults } from '../../storage/faults.ts';
import type { Settings } from '../../storage/settings.ts';
import type { LocalAgent } from '../agent.ts';
import { type ApiCall, defineCall } from '../api/call.ts';
import type { CisDirectory } from '../cis-directory.ts';
import { moveClock } from '../moved-clock.ts';

interface Parts {
  clock: AdjustableClock;
  settings: Settings;
  cis: CisDirectory;
  agent: LocalAgent;
  faults: Faults;
  audit: AuditLog;
  log: Log;
  reset: () => Promise<void>;
}

/** `POST /reset`: clock, faults, the local agent's cards and all of storage back to the seed. */
export function resetCalls(parts: Parts): ApiCall[] {
  async function resetAgent(): Promise<string[]> {
    try {
      await parts.agent.reset();
      return [];
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return [`The cards were not reset: ${error.message}`];
    }
  }

  /** The audit log is not reset. */
  async function resetAll(): Promise<string[]> {
    await parts.faults.clear();
    const warnings = [...(await moveClock(parts, 0)), ...(await resetAgent())];
    await parts.reset();
    return warnings;
  }

  return [
    defineCall({
      method: 'POST',
      path: '/reset',
      summary: 'Back to the seed',
      answers: { 200: 'Done; "warnings" says what could not be reached' },
      async handle() {
        const entry = { actor: 'developer', action: 'reset', target: 'installation' } as const;
        const warnings = await parts.audit.recordThen(entry, resetAll);
        return json(200, { reset: true, ...(warnings.length > 0 ? { warnings } : {}) });
      },
    }),
  ];
}
