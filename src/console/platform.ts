import { type Answer, json } from '@alongside/kernel/answer';
import { reasonOf } from '@alongside/kernel/errors';
import { errors } from './errors.ts';

/** Where the authorisation service answers, and the secret that the console shows it. */
export interface Platform {
  url: string;
  secret: string;
}

interface PlatformCall {
  method: 'GET' | 'POST';
  path: string;
  body?: unknown;
}

interface PlatformAnswer {
  status: number;
  body: Record<string, unknown>;
}

/** Milliseconds. */
const patience = 5_000;

/** Asks the authorisation service. Any status is an answer, but those that say that it is away or takes the console for a stranger. */
export async function askPlatform(
  platform: Platform | undefined,
  { method, path, body }: PlatformCall,
): Promise<PlatformAnswer> {
  if (!platform) throw errors.platformUnreachable('no authorisation service is configured');
  let answer: PlatformAnswer;
  try {
    const response = await fetch(`${platform.url}${path}`, {
      method,
      redirect: 'error',
      headers: {
        authorization: `Bearer ${platform.secret}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(patience),
    });
    answer = { status: response.status, body: (await response.json()) as Record<string, unknown> };
  } catch (error) {
    throw errors.platformUnreachable(`${method} ${path}: ${reasonOf(error)}`, {}, error);
  }
  if (answer.body.error === 'service_unknown') throw errors.platformRefused('the secret is another');
  if (answer.status >= 500 && answer.body.error !== 'directory_unreachable')
    throw errors.platformUnreachable(`${method} ${path}: it answered ${answer.status}`);
  return answer;
}

/** What the authorisation service answered, as the console's own answer. */
export const relayedFromPlatform = ({ status, body }: PlatformAnswer): Answer => json(status, body);
