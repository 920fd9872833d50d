import { UsageError } from '@alongside/kernel/operator';
import type { ValidateRequest } from '../../authorisation/protocol.ts';
import { consoleCommand, text } from '../command.ts';
import { readText } from '../json-file.ts';
import { columns } from '../table.ts';

function kindOf(pasted: string): keyof Pick<ValidateRequest, 'assertion' | 'url' | 'form'> {
  if (/^https?:\/\//.test(pasted)) return 'url';
  if (/^[\w-]+\.[\w-]+\.[\w-]*$/.test(pasted)) return 'assertion';
  if (pasted.includes('=')) return 'form';
  throw new UsageError('That is no address, no JWT and no form body.');
}

export const validate = consoleCommand({
  name: 'validate',
  flags: { base: text },
  actions: {
    '': {
      words: 'TEXT',
      help: [
        [
          '',
          'a client assertion (JWT), the address of an authorization request, or the body of a token request; - reads standard input, so that a secret is not in the history of the shell',
        ],
        ['  --base /oauth2', 'as at this base path'],
      ],
      async run({ api, flags: { base } }, word) {
        const pasted = word === '-' ? readText(word).trim() : word;
        const request = { [kindOf(pasted)]: pasted, base };
        const found = await api.must('POST', '/validate', { body: request });
        const rows = found.checks.map(({ check, ok, expected, received }) => [
          ok ? 'ok' : 'WRONG',
          check,
          ok ? received : `received ${received}; expected ${expected}`,
        ]);
        const prediction = found.answer
          ? `${found.base} would answer ${found.answer.status} ${JSON.stringify(found.answer)}`
          : `${found.base} would accept this request.`;
        return { json: found, lines: [...columns(rows), prediction], code: found.ok ? 0 : 1 };
      },
    },
  },
  notes: ['Exit code 0: it would be accepted; 1: it would be refused.'],
  examples: ['alongside validate - < request.txt'],
});
