import type { DeliveryAnswer } from '../../cis2/protocol.ts';
import { noSuch } from '../../kit/known.ts';
import { consoleCommand, listing } from '../command.ts';
import { columns, counted } from '../table.ts';

const deliveryRow = ({ id, clientId, cause, state, attempts, result }: DeliveryAnswer): string[] => [
  id,
  clientId,
  cause,
  state,
  counted(attempts, 'attempt'),
  result,
];

export const session = consoleCommand({
  name: 'session',
  actions: {
    list: {
      words: '[P]',
      help: 'live sessions; of one person, by persona or uid',
      async run({ api }, person?: string) {
        const missing = noSuch('person', person ?? '');
        const found = await api.mustFind(missing, 'GET', '/sessions', { query: { person } });
        const rows = found.sessions.map(({ sid, uid, authenticator, level, clients, activeAt }) => [
          sid,
          uid,
          authenticator,
          `AAL${level}`,
          `used ${activeAt}`,
          counted(clients.length, 'client'),
        ]);
        return listing(found, rows, 'No user is signed in.');
      },
    },
    end: {
      words: 'SID',
      help: 'end a session, notify its relying parties, invalidate its tokens',
      async run({ api }, sid) {
        await api.mustFind(`There is no live session ${sid}.`, 'DELETE', '/sessions/{sid}', {
          path: { sid },
        });
        const line = `Session ${sid} has ended. Its relying parties are notified.`;
        return { json: { ended: sid }, lines: [line] };
      },
    },
    deliveries: {
      help: 'show notifications of ended sessions and their results',
      async run({ api }) {
        const found = await api.must('GET', '/logout-deliveries');
        const rows = found.deliveries.map(deliveryRow);
        return listing(found, rows, 'No relying party was notified in the last seven days.');
      },
    },
    'send-again': {
      words: 'ID',
      help: 'send the message of a delivery once more',
      async run({ api }, id) {
        const sent = await api.mustFind(
          `There is no delivery ${id}.`,
          'POST',
          '/logout-deliveries/{id}/send',
          { path: { id } },
        );
        return { json: sent, lines: columns([deliveryRow(sent)]) };
      },
    },
  },
  examples: ['alongside session list gp'],
});
