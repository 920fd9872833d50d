import type { Answer } from '@alongside/kernel/answer';
import type { Parameters } from '../../../oauth/parameters.ts';
import { responseErrors } from '../../errors/response.ts';
import type { Reply } from '../../responses/reply.ts';

interface Asked {
  parameters: Parameters;
  reply: Reply;
}

/** What a prompt may say (OpenID Connect Core section 3.1.2.1). */
export const promptValues: readonly string[] = ['none', 'login', 'consent', 'select_account'];

export async function checkPrompt({ parameters, reply }: Asked): Promise<Answer | { prompt: string[] }> {
  const prompt = [...new Set((parameters.get('prompt') ?? '').split(' ').filter((value) => value !== ''))];
  const unknown = prompt.find((value) => !promptValues.includes(value));
  if (unknown !== undefined) return reply.fail(responseErrors.promptInvalid(`${unknown} is not known`));
  if (prompt.includes('none') && prompt.length > 1)
    return reply.fail(responseErrors.promptInvalid('none came with another value'));
  return { prompt };
}

export async function checkMaxAge({ parameters, reply }: Asked): Promise<Answer | { maxAge: number | null }> {
  const value = parameters.get('max_age');
  if (value === undefined) return { maxAge: null };
  if (!/^\d{1,12}$/.test(value)) return reply.fail(responseErrors.maxAgeInvalid(`${value} came`));
  return { maxAge: Number(value) };
}
