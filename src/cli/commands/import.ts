import { readFlags } from '@alongside/kernel/config';
import { OperatorError } from '@alongside/kernel/operator';
import { z } from 'zod';
import { type Command, noMore, word } from '../command.ts';
import { placeIn, type ReadExport, readExport } from '../export-folder/read.ts';
import { type ApiAnswer, InstanceApi, instanceFlags, sentence } from '../instance.ts';
import { amounts, transferPatience, withoutCards } from './export.ts';

interface Imported {
  imported: Record<string, number | null>;
}

/** Returns the sentence for a refusal, with a file instead of a position. */
function refusalOf(answer: ApiAnswer, read: ReadExport): string {
  const { field } = answer.body;
  if (typeof field !== 'string') return `${sentence(answer)}${withoutCards(answer)}`;
  return sentence({ ...answer, body: { ...answer.body, field: placeIn(read, field) } });
}

export const importCommand: Command = {
  name: 'import',
  summary: 'make a running instance match an export',
  help: [
    'alongside import DIR             remove what the export does not contain; keep what is the same',
    'alongside import DIR --no-cards  leave the cards as they are',
    '',
    'Sessions, tokens, events, the audit log and signing keys are not part of it and stay. The session of a person who',
    'is removed or disabled ends, and a card that is replaced leaves the reader.',
  ],
  async run({ argv, out }) {
    const { flags, words } = readFlags({ ...instanceFlags, cards: z.boolean().optional() }, argv);
    const folder = word(words, 0, 'from where: alongside import DIR');
    noMore(words, 1);
    const read = readExport(folder);
    const { cards, cardRecords, ...others } = read.state;
    const state = cards === undefined || flags.cards === false ? others : { ...others, cards, cardRecords };
    const answer = await new InstanceApi(flags).call('POST', '/import', state, transferPatience);
    if (answer.status >= 300) throw new OperatorError(refusalOf(answer, read));
    const { imported } = answer.body as unknown as Imported;
    if (flags.json) out.json({ folder, imported });
    else out.line(`The instance has ${amounts(imported)}.`);
    return 0;
  },
};
