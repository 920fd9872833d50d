import { OperatorError } from '@alongside/kernel/operator';
import { type ApiAnswer, sentence } from '../../kit/console-api.ts';
import { consoleCommand, yes } from '../command.ts';
import { placeIn, type ReadExport, readExport } from '../export-folder/read.ts';
import { amounts, transferTimeout, withoutCards } from './export.ts';

/** Returns the sentence for a refusal, with a file instead of a position. */
function refusalOf(answer: ApiAnswer, read: ReadExport): string {
  const { field } = answer.body;
  if (typeof field !== 'string') return `${sentence(answer)}${withoutCards(answer)}`;
  return sentence({ ...answer, body: { ...answer.body, field: placeIn(read, field) } });
}

export const importCommand = consoleCommand({
  name: 'import',
  flags: { cards: yes },
  actions: {
    '': {
      words: 'DIR',
      help: [
        ['', 'remove what the export does not contain; keep what is the same'],
        ['--no-cards', 'leave the cards as they are'],
      ],
      async run({ api, flags, out: { progress } }, folder) {
        const read = await readExport(folder, progress);
        const { cards, cardRecords, ...others } = read.state;
        const state =
          cards === undefined || flags.cards === false ? others : { ...others, cards, cardRecords };
        const importing = api.call('POST', '/import', state, transferTimeout);
        const answer = await progress.during('The instance applies the import', importing);
        if (answer.status >= 300) throw new OperatorError(refusalOf(answer, read));
        const imported = answer.body.imported as Record<string, number | null>;
        return { json: { folder, imported }, lines: [`The instance has ${amounts(imported)}.`] };
      },
    },
  },
  notes: [
    'Sessions, tokens, events, the audit log and signing keys are not part of it and stay. The session of a person who is removed or disabled ends, and a card that is replaced leaves the reader.',
  ],
  examples: ['alongside import set-up'],
});
