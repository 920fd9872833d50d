import { UsageError } from '@alongside/kernel/operator';
import { consoleCommand, listing, text } from '../command.ts';

export const citizen = consoleCommand({
  name: 'citizen',
  flags: { given: text, family: text, proofing: text, born: text, email: text },
  actions: {
    list: {
      help: 'citizens that were added',
      async run({ api }) {
        const found = await api.must('GET', '/citizens');
        const rows = found.citizens.map(({ nhsNumber, proofing, givenName, familyName }) => [
          nhsNumber,
          proofing,
          `${givenName} ${familyName}`,
        ]);
        return listing(found, rows, 'No citizen was added.');
      },
    },
    add: {
      words: 'NUMBER',
      help: [
        ['--given NAME --family NAME', 'add a citizen, or replace the one with the same NHS number'],
        ['  --proofing P0|P5|P9', 'default P9'],
        ['  --born DATE --email ADDRESS'],
      ],
      async run({ api, flags: { given, family, proofing, born, email } }, nhsNumber) {
        if (given === undefined || family === undefined)
          throw new UsageError('Give both names: --given NAME --family NAME.');
        const names = { givenName: given, familyName: family };
        const citizen = { nhsNumber, ...names, proofing, birthdate: born, email };
        const added = await api.must('POST', '/citizens', { body: citizen });
        const shown = `${added.nhsNumber}, ${added.proofing}`;
        return { json: added, lines: [`${added.givenName} ${added.familyName} (${shown}) can sign in.`] };
      },
    },
    remove: {
      words: 'NUMBER',
      help: 'remove one; the seeded citizens stay',
      async run({ api }, nhsNumber) {
        const missing = `No citizen with the number "${nhsNumber}" was added: alongside citizen list names them.`;
        await api.mustFind(missing, 'DELETE', '/citizens/{nhsNumber}', { path: { nhsNumber } });
        return { json: { removed: nhsNumber }, lines: [`Removed citizen ${nhsNumber}.`] };
      },
    },
  },
  examples: ['alongside citizen add 9990001234 --given Ada --family BELL --proofing P9'],
});
