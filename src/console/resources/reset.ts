import { json } from '@alongside/kernel/answer';
import { Refusal } from '@alongside/kernel/errors';
import type { LocalAgent } from '../agent.ts';
import { defineCall } from '../api/call.ts';
import { moveClock } from '../moved-clock.ts';
import { resetSection } from '../page/installation.ts';
import type { Resource } from './resource.ts';

/** Resets the cards. Returns a warning if the agent refuses. */
async function resetAgent(agent: LocalAgent): Promise<string[]> {
  try {
    await agent.reset();
    return [];
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return [`The cards were not reset: ${error.message}`];
  }
}

/** `POST /reset`: restores the seed data, except the audit log. */
export const reset: Resource = {
  only: 'development',
  section: resetSection,
  calls: ({ agent, faults, audit, reset, ...clockParts }) => [
    defineCall({
      method: 'POST',
      path: '/reset',
      summary: 'Restores the seed data and real time, and switches off all faults',
      answers: { 200: 'Done; "warnings" lists failed parts' },
      async handle() {
        const entry = { actor: 'developer', action: 'reset', target: 'installation' } as const;
        const warnings = await audit.recordThen(entry, async () => {
          await faults.clear();
          const failed = [...(await moveClock(clockParts, 0)), ...(await resetAgent(agent))];
          await reset();
          return failed;
        });
        return json(200, { reset: true, ...(warnings.length > 0 ? { warnings } : {}) });
      },
    }),
  ],
};
