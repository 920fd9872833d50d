import { nearest } from '@alongside/kernel/operator';
import type { ApiSchema } from '../../kit/console-api.ts';
import { consoleCommand, yes } from '../command.ts';
import { columns } from '../table.ts';

const keyLines = (keys: readonly ApiSchema<'SigningKey'>[]): string[] =>
  columns(
    keys.map(({ service, algorithm, state, kid, signsFrom, signsUntil }) => [
      service,
      algorithm,
      state,
      kid,
      `signs from ${signsFrom}${signsUntil === null ? '' : ` until ${signsUntil}`}`,
    ]),
  );
const noKeys = ['There are no keys yet: each is created at its first use.'];

export const keys = consoleCommand({
  name: 'keys',
  flags: { now: yes },
  actions: {
    list: {
      help: 'each key and its state: announced, signing, verifying or retired',
      async run({ api }) {
        const found = await api.must('GET', '/keys');
        return { json: found, lines: keyLines(found.keys), notes: found.keys.length === 0 ? noKeys : [] };
      },
    },
    rotate: {
      words: 'SERVICE',
      help: [
        ['', 'announce successors for cis2, authorisation or cis'],
        ['--now', 'let the successors sign at once: for a compromised key'],
      ],
      async run({ api, flags }, service) {
        const now = flags.now === true;
        const found = await api.mustFind(
          `"${service}" has no signing keys.${nearest(service, ['cis2', 'authorisation', 'cis'])} cis2, authorisation and cis have some.`,
          'POST',
          '/keys/{service}/rotate',
          { path: { service }, body: { now } },
        );
        const effect = now
          ? 'The new keys sign from now on; the former ones stay in the key set for a while.'
          : 'The new keys are announced and will sign later. With --now they sign at once.';
        return {
          json: found,
          lines: keyLines(found.keys),
          notes: found.keys.length === 0 ? noKeys : [effect],
        };
      },
    },
  },
  examples: ['alongside keys rotate cis2 --now'],
});
