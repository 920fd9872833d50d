import type { DeliveriesAnswer, DeliveryAnswer, SessionsAnswer } from '../../cis2/protocol.ts';
import { consoleCommand } from '../command.ts';
import { noSuch } from '../known.ts';
import { columns } from '../table.ts';

const counted = (count: number, thing: string): string => `${count} ${thing}${count === 1 ? '' : 's'}`;

const deliveryRow = ({ id, clientId, cause, state, attempts, result }: DeliveryAnswer): string[] => [
  ...[id, clientId, cause, state, counted(attempts, 'attempt'), result],
];

export const session = consoleCommand({
  name: 'session',
  actions: {
    list: {
      words: '[P]',
      help: 'live sessions; of one person, by persona or uid',
      async run({ api }, person?: string) {
        const query = person === undefined ? '' : `?person=${encodeURIComponent(person)}`;
        const missing = noSuch('person', person ?? '');
        const found = await api.mustFind<SessionsAnswer>(missing, 'GET', `/sessions${query}`);
        const rows = found.sessions.map(({ sid, uid, authenticator, level, clients, activeAt }) => [
          ...[sid, uid, authenticator, `AAL${level}`, `used ${activeAt}`],
          counted(clients.length, 'client'),
        ]);
        return {
          json: found,
          lines: columns(rows),
          notes: rows.length === 0 ? ['No user is signed in.'] : [],
        };
      },
    },
    end: {
      words: 'SID',
      help: 'end a session, notify its relying parties, invalidate its tokens',
      async run({ api }, sid) {
        await api.mustFind(
          `There is no live session ${sid}.`,
          'DELETE',
          `/sessions/${encodeURIComponent(sid)}`,
        );
        const line = `Session ${sid} has ended. Its relying parties are notified.`;
        return { json: { ended: sid }, lines: [line] };
      },
    },
    deliveries: {
      help: 'show notifications of ended sessions and their results',
      async run({ api }) {
        const found = await api.must<DeliveriesAnswer>('GET', '/logout-deliveries');
        const rows = found.deliveries.map(deliveryRow);
        const none = 'No relying party was notified in the last seven days.';
        return { json: found, lines: columns(rows), notes: rows.length === 0 ? [none] : [] };
      },
    },
    'send-again': {
      words: 'ID',
      help: 'send the message of a delivery once more',
      async run({ api }, id) {
        const path = `/logout-deliveries/${encodeURIComponent(id)}/send`;
        const sent = await api.mustFind<DeliveryAnswer>(`There is no delivery ${id}.`, 'POST', path);
        return { json: sent, lines: columns([deliveryRow(sent)]) };
      },
    },
  },
  examples: ['alongside session list gp'],
});
