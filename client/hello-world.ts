import { checkedToken, checkedUrl, withoutSlash } from './config.ts';
import { ClientError } from './errors.ts';
import type { Abortable, Fetch } from './http.ts';
import { jsonObject, send } from './http.ts';
import { printable } from './secrets.ts';

/** The settings of a hello-world call. */
export interface HelloWorldSettings extends Abortable {
  /** For example `http://localhost:8401/hello-world`. */
  baseUrl: string;
  /** Selects the greeting: `user` (the default) needs a user's token, `application` the application's own. */
  who?: 'user' | 'application' | undefined;
  fetch?: Fetch | undefined;
}

/** Tries a token with the Hello World API and returns its greeting. Throws `settings_invalid`, or `response_invalid` with the status. */
export async function helloWorld(token: string, settings: HelloWorldSettings): Promise<string> {
  const url = `${withoutSlash(checkedUrl('baseUrl', settings.baseUrl))}/hello/${settings.who ?? 'user'}`;
  const authorization = `Bearer ${checkedToken('token', token)}`;
  const answer = await send(settings.fetch ?? fetch, {
    url,
    headers: { authorization },
    signal: settings.signal,
  });
  const body = jsonObject(answer);
  const message = body?.message;
  if (answer.status !== 200 || typeof message !== 'string') {
    const said = (body?.fault as { faultstring?: unknown } | undefined)?.faultstring;
    throw new ClientError('response_invalid', `The hello-world API refused the call (${answer.status}).`, {
      expected: 'status 200 with a message',
      received: `status ${answer.status}${typeof said === 'string' ? `: ${printable(said, [token])}` : ''}`,
      advice: "See that the token still lives, and that the application's products have the hello-world API.",
    });
  }
  return message;
}
