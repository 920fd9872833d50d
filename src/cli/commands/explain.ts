import { relativeTime } from '@alongside/kernel/clock';
import type { Actor } from '@alongside/kernel/errors';
import type { FoundRefusal } from '../../storage/refusals.ts';
import { consoleCommand } from '../command.ts';
import { columns } from '../table.ts';

const actors: Readonly<Record<Actor, string>> = {
  user: 'the user',
  developer: 'the developer of the application',
  operator: 'the operator of this instance',
  agent: 'the Identity Agent on the workstation',
};

export type AgedRefusal = FoundRefusal & { ageSeconds: number };

/** Explains a refusal for people. */
export function linesOf(refusal: AgedRefusal): string[] {
  const { error, status, code, description, detail, fix, actor, source, method, path } = refusal;
  const { messageId, earlier, ageSeconds } = refusal;
  const rows: [string, string][] = [
    ['Answer', `${status} ${code}: ${description}`],
    ['Reason', detail],
    ['Fix', fix],
    ['Who acts', actors[actor]],
    ['Source', source],
    ['Message id', messageId],
    ['Earlier', earlier.join(', ')],
  ];
  return [
    `${error} at ${`${method} ${path}`.trim()}, ${relativeTime(-ageSeconds)}`,
    ...columns(rows.filter(([, value]) => value !== '')),
  ];
}

export const explain = consoleCommand({
  name: 'explain',
  actions: {
    '': {
      words: 'ID',
      help: 'expected and received values, the fix, who must act, the source',
      async run({ api }, id) {
        const refusal = await api.must<AgedRefusal>('GET', `/refusals/${encodeURIComponent(id)}`);
        return { json: refusal, lines: linesOf(refusal) };
      },
    },
  },
  notes: [
    'ID is the X-Message-Id of the response, its message_id, the reference on an error page, or the X-Request-ID or X-Correlation-ID of the request.',
  ],
  examples: ['alongside explain 6f3c2a51-8b7e-4c64-9d4b-0e2f8f0c1a77'],
});
