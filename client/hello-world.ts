import { checkedUrl } from './config.ts';
import { ClientError } from './errors.ts';
import type { Fetch } from './http.ts';
import { jsonObject, send } from './http.ts';

/** The settings of a hello-world call. */
export interface HelloWorldSettings {
  /** For example `http://localhost:8401/hello-world`. */
  baseUrl: string;
  /** Which greeting: `user` needs a person's token, `application` the application's own; `user` by default. */
  who?: 'user' | 'application';
  fetch?: Fetch;
}

/** Tries a token on the smallest API there is; gives back its greeting. Throws `response_invalid` with the status. */
export async function helloWorld(token: string, settings: HelloWorldSettings): Promise<string> {
  const url = `${checkedUrl('baseUrl', settings.baseUrl)}/hello/${settings.who ?? 'user'}`;
  const answer = await send(settings.fetch ?? fetch, { url, headers: { authorization: `Bearer ${token}` } });
  const message = jsonObject(answer)?.message;
  if (answer.status !== 200 || typeof message !== 'string') {
    throw new ClientError('response_invalid', `The hello-world API refused the call (${answer.status}).`);
  }
  return message;
}
