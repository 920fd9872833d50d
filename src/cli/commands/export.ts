import { readFlags } from '@alongside/kernel/config';
import { OperatorError } from '@alongside/kernel/operator';
import { z } from 'zod';
import { type Command, noMore, word } from '../command.ts';
import { kindNames, type State } from '../export-folder/layout.ts';
import { writeExport } from '../export-folder/write.ts';
import { type ApiAnswer, InstanceApi, instanceFlags, sentence } from '../instance.ts';

/** Time limit in milliseconds, for a large installation. */
export const transferPatience = 300_000;

/** Returns the remedy for a missing agent. */
export const withoutCards = ({ body }: ApiAnswer): string =>
  body.error === 'agent_unreachable' ? ' With --no-cards it goes without the cards.' : '';

/** Returns the API's parameter for "with cards" or "without cards". */
const query = (cards: unknown): string => (cards === false ? '?cards=false' : '');

/** Formats `cardRecords` for people. */
const spoken = (kind: string): string => kind.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

/** Formats the number of things of each kind for people. */
export const amounts = (counts: Readonly<Record<string, number | null>>): string =>
  Object.entries(counts)
    .flatMap(([kind, count]) => (count === null ? [] : [`${count} ${spoken(kind)}`]))
    .join(', ');

export const exportCommand: Command = {
  name: 'export',
  summary: 'write everything that was set up into a folder of JSON files',
  help: [
    'alongside export DIR             one file for each product, application, person, patient and card, fit for git:',
    '                                 names stay, members are sorted, only what changed is written again',
    'alongside export DIR --no-cards  without the cards, for an installation without an Identity Agent',
    '',
    'In it: hashes of the secrets of applications, and what opens the virtual cards. Keep it as a secret.',
    'Addresses of the installation itself are written by part, {api}/oauth2/callback, so that they hold at other ports.',
    'Not in it: sessions, tokens, events, the audit log, signing keys, the keys of cards (a card gets new ones when it is',
    'first put in elsewhere), unblocking codes that CIS keeps, the position of a moved clock.',
  ],
  async run({ argv, out }) {
    const { flags, words } = readFlags({ ...instanceFlags, cards: z.boolean().optional() }, argv);
    const folder = word(words, 0, 'where: alongside export DIR');
    noMore(words, 1);
    const api = new InstanceApi(flags);
    const answer = await api.call('GET', `/export${query(flags.cards)}`, undefined, transferPatience);
    if (answer.status >= 300) throw new OperatorError(`${sentence(answer)}${withoutCards(answer)}`);
    const state = answer.body as unknown as State;
    writeExport(folder, state);
    const counts = Object.fromEntries(kindNames.map((kind) => [kind, state[kind]?.length ?? null]));
    if (flags.json) out.json({ folder, exported: counts });
    else out.line(`${folder}: ${amounts(counts)}.`);
    return 0;
  },
};
