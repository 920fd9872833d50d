import { linesOf } from '../../kit/report.ts';
import { consoleCommand } from '../command.ts';

export const explain = consoleCommand({
  name: 'explain',
  actions: {
    '': {
      words: 'ID',
      help: 'expected and received values, the fix, who must act, the source',
      async run({ api }, id) {
        const refusal = await api.must('GET', '/refusals/{id}', { path: { id } });
        return { json: refusal, lines: linesOf(refusal) };
      },
    },
  },
  notes: [
    'ID is the X-Message-Id of the response, its message_id, the reference on an error page, or the X-Request-ID or X-Correlation-ID of the request.',
  ],
  examples: ['alongside explain 6f3c2a51-8b7e-4c64-9d4b-0e2f8f0c1a77'],
});
