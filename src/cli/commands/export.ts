import { OperatorError } from '@alongside/kernel/operator';
import { type ApiAnswer, sentence } from '../../kit/console-api.ts';
import { consoleCommand, yes } from '../command.ts';
import { kindNames, type State } from '../export-folder/layout.ts';
import { writeExport } from '../export-folder/write.ts';

/** Time limit in milliseconds, for a large installation. */
export const transferTimeout = 300_000;

/** Returns the remedy for a missing agent. */
export const withoutCards = ({ body }: ApiAnswer): string =>
  body.error === 'agent_unreachable' ? ' Use --no-cards to leave the cards out.' : '';

/** Formats `cardRecords` for people. */
const spaced = (kind: string): string => kind.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

/** Formats the number of things of each kind for people. */
export const amounts = (counts: Readonly<Record<string, number | null>>): string =>
  Object.entries(counts)
    .flatMap(([kind, count]) => (count === null ? [] : [`${count} ${spaced(kind)}`]))
    .join(', ');

export const exportCommand = consoleCommand({
  name: 'export',
  flags: { cards: yes },
  actions: {
    '': {
      words: 'DIR',
      help: [
        [
          '',
          'one file for each product, application, person, API, patient and card, fit for git: names stay, members are sorted, unchanged files are kept',
        ],
        ['--no-cards', 'without the cards, for an installation without an Identity Agent'],
      ],
      async run({ api, flags, out: { progress } }, folder) {
        const query = flags.cards === false ? '?cards=false' : '';
        const reading = api.call<State>('GET', `/export${query}`, undefined, transferTimeout);
        const answer = await progress.during('Waiting for the set-up of the instance', reading);
        if (answer.status >= 300) throw new OperatorError(`${sentence(answer)}${withoutCards(answer)}`);
        const state = answer.body;
        await writeExport(folder, state, progress);
        const counts = Object.fromEntries(kindNames.map((kind) => [kind, state[kind]?.length ?? null]));
        return { json: { folder, exported: counts }, lines: [`${folder}: ${amounts(counts)}.`] };
      },
    },
  },
  notes: [
    'It contains hashes of the secrets of applications, and the keys of the virtual cards. Keep it secret.',
    'Addresses of the installation itself are written by part, {api}/oauth2/callback, so that they are valid at other ports.',
    'It does not contain sessions, tokens, events, the audit log, signing keys, the keys of cards (a card gets new ones when it is first inserted elsewhere), unblocking codes at CIS, the position of a moved clock.',
  ],
  examples: ['alongside export set-up'],
});
