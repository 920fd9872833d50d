import { readFlags } from '@alongside/kernel/config';
import { type Command, choose, noMore, type Output, word } from '../command.ts';
import { InstanceApi, instanceFlags } from '../instance.ts';
import { columns } from '../output.ts';

interface Card {
  serial: string;
  persona: string | null;
  uid: string;
  name: string;
  profile: string;
  locked: boolean;
}

interface Call {
  api: InstanceApi;
  words: string[];
  json: boolean;
  out: Output;
}

async function list({ api, words, json, out }: Call): Promise<void> {
  noMore(words, 1);
  const [{ cards }, reader] = await Promise.all([
    api.must<{ cards: Card[] }>('GET', '/cards'),
    api.must<{ card: { serial: string } | null }>('GET', '/readers/0'),
  ]);
  if (json) return out.json({ cards, inserted: reader.card?.serial ?? null });
  const rows = cards.map((card) => [
    card.serial === reader.card?.serial ? '*' : ' ',
    card.persona ?? '-',
    card.serial,
    card.name,
    card.locked ? 'PIN blocked' : card.profile === 'standard' ? '' : card.profile,
  ]);
  for (const line of columns(rows)) out.line(line.trimEnd());
  if (reader.card) out.note('* is in the reader.');
}

async function insert({ api, words, json, out }: Call): Promise<void> {
  const person = word(words, 1, 'whose card: alongside card insert gp');
  noMore(words, 2);
  const reader = await api.must<{ card: Card }>('PUT', '/readers/0/card', { card: person });
  if (json) return out.json(reader);
  out.line(`The card of ${reader.card.name} is in the reader.`);
}

async function remove({ api, words, json, out }: Call): Promise<void> {
  noMore(words, 1);
  await api.must('DELETE', '/readers/0/card');
  if (json) return out.json({ card: null });
  out.line('The reader is empty.');
}

async function issue({ api, words, json, out }: Call): Promise<void> {
  const person = word(words, 1, 'for whom: alongside card issue gp');
  noMore(words, 2);
  const card = await api.must<Card>('POST', '/cards', { person });
  if (json) return out.json(card);
  out.line(`Card ${card.serial} is ready for ${card.name}. Its PIN is 123456.`);
}

async function unblock({ api, words, json, out }: Call): Promise<void> {
  const name = word(words, 1, 'which card: alongside card unblock locked');
  noMore(words, 2);
  const card = await api.must<Card>('PATCH', `/cards/${encodeURIComponent(name)}`, { locked: false });
  if (json) return out.json(card);
  out.line(`The card of ${card.name} has three attempts again.`);
}

const calls = { list, insert, remove, issue, unblock };

export const card: Command = {
  name: 'card',
  summary: 'the virtual smartcards and the reader of the local agent',
  help: [
    'alongside card list             cards, and which one is in the reader',
    'alongside card insert PERSON    put the card of a person (persona, uid or card serial) into the reader',
    'alongside card remove           take the card out: in the default mode this signs the person out',
    'alongside card issue PERSON     make another card for a person, PIN 123456',
    'alongside card unblock CARD     give a blocked card its three attempts back',
  ],
  async run({ argv, out }) {
    const { flags, words } = readFlags(instanceFlags, argv);
    const call = choose(calls, words, 'card');
    await call({ api: new InstanceApi(flags), words, json: flags.json === true, out });
    return 0;
  },
};
