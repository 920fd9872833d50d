import { findCard, insertCard } from '../../kit/desk.ts';
import { noSuch } from '../../kit/known.ts';
import { consoleCommand } from '../command.ts';
import { columns } from '../table.ts';

function noteOf(locked: boolean, profile: string): string {
  if (locked) return 'PIN blocked';
  return profile === 'standard' ? '' : profile;
}

export const card = consoleCommand({
  name: 'card',
  actions: {
    list: {
      help: 'cards, and which one is in the reader',
      async run({ api }) {
        const [{ cards }, reader] = await Promise.all([
          api.must('GET', '/cards'),
          api.must('GET', '/readers/0'),
        ]);
        const inserted = reader.card?.serial ?? null;
        const rows = cards.map(({ serial, persona, name, locked, profile }) => [
          serial === inserted ? '*' : ' ',
          persona ?? '-',
          serial,
          name,
          noteOf(locked, profile),
        ]);
        return {
          json: { cards, inserted },
          lines: columns(rows),
          notes: inserted === null ? [] : ['* is in the reader.'],
        };
      },
    },
    insert: {
      words: 'PERSON',
      help: 'put a card into the reader, by persona, uid or serial',
      async run({ api }, person) {
        const reader = await insertCard(api, person);
        return { json: reader, lines: [`The card of ${reader.card?.name ?? person} is in the reader.`] };
      },
    },
    remove: {
      help: 'take the card out: in the default mode this signs the user out',
      async run({ api }) {
        await api.must('DELETE', '/readers/0/card');
        return { json: { card: null }, lines: ['The reader is empty.'] };
      },
    },
    issue: {
      words: 'PERSON',
      help: 'create another card for a person, PIN 123456',
      async run({ api }, person) {
        const card = await api.mustFind(noSuch('person', person), 'POST', '/cards', { body: { person } });
        return { json: card, lines: [`Card ${card.serial} is ready for ${card.name}. Its PIN is 123456.`] };
      },
    },
    unblock: {
      words: 'CARD',
      help: 'give a blocked card its three attempts back',
      async run({ api }, name) {
        const serial = await findCard(api, name);
        const card = await api.must('PATCH', '/cards/{serial}', {
          path: { serial },
          body: { locked: false },
        });
        return { json: card, lines: [`The card of ${card.name} has three attempts again.`] };
      },
    },
  },
  examples: ['alongside card insert gp'],
});
