import { readFileSync } from 'node:fs';
import { readFlags } from '@alongside/kernel/config';
import { reasonOf } from '@alongside/kernel/errors';
import { OperatorError, UsageError } from '@alongside/kernel/operator';
import { z } from 'zod';
import type { ValidateRequest, ValidationAnswer } from '../../authorisation/protocol.ts';
import { type Command, noMore, word } from '../command.ts';
import { InstanceApi, instanceFlags } from '../instance.ts';
import { columns } from '../output.ts';

const standardInput = 0;

/** Returns the argument, or standard input for `-`, so that a secret does not appear in the shell's history. */
function pasted(text: string): string {
  if (text !== '-') return text;
  try {
    return readFileSync(standardInput, 'utf8').trim();
  } catch (error) {
    throw new OperatorError(`Standard input cannot be read: ${reasonOf(error)}.`);
  }
}

function kindOf(text: string): keyof Pick<ValidateRequest, 'assertion' | 'url' | 'form'> {
  if (/^https?:\/\//.test(text)) return 'url';
  if (/^[\w-]+\.[\w-]+\.[\w-]*$/.test(text)) return 'assertion';
  if (text.includes('=')) return 'form';
  throw new UsageError('That is no address, no JWT and no form body.');
}

export const validate: Command = {
  name: 'validate',
  summary: 'check a client assertion or a request as the API platform would, without using it up',
  help: [
    'alongside validate TEXT      a client assertion (JWT), the address of an authorization request,',
    '                             or the body of a token request; - reads standard input',
    '  --base /oauth2               as at this base path',
    'Exit code 0: it would be taken; 1: it would be refused.',
  ],
  async run({ argv, out }) {
    const { flags, words } = readFlags({ ...instanceFlags, base: z.string().optional() }, argv);
    const text = pasted(word(words, 0, 'what: alongside validate TEXT, or - for standard input'));
    noMore(words, 1);
    const base = flags.base === undefined ? {} : { base: flags.base };
    const found = await new InstanceApi(flags).must<ValidationAnswer>('POST', '/validate', {
      [kindOf(text)]: text,
      ...base,
    });
    if (flags.json === true) out.json(found);
    else {
      const rows = found.checks.map(({ check, ok, expected, received }) => [
        ...[ok ? 'ok' : 'WRONG', check],
        ok ? received : `received ${received}; expected ${expected}`,
      ]);
      for (const line of columns(rows)) out.line(line);
      if (found.answer)
        out.line(`${found.base} would answer ${found.answer.status} ${JSON.stringify(found.answer)}`);
      else out.line(`${found.base} would accept this request.`);
    }
    return found.ok ? 0 : 1;
  },
};
