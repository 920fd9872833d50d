import { type AuthenticatorAnswer, consolePaths } from '../protocol.ts';
import { type Reply, send } from './browser.ts';
import { consoleSecret, type Instance } from './instance.ts';
import type { CdpCredential } from './soft-authenticator.ts';

/** Calls CIS2 like the console. */
export function asConsole(
  cis2: Pick<Instance, 'origin'>,
  method: string,
  path: string,
  body?: unknown,
  secret = consoleSecret,
): Promise<Reply> {
  const headers = {
    authorization: `Bearer ${secret}`,
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
  };
  return send(method, `${cis2.origin}${path}`, headers, body === undefined ? '' : JSON.stringify(body));
}

/** Adds an authenticator with a published secret to a user. */
export async function give(
  cis2: Pick<Instance, 'origin'>,
  kind: string,
  uid: string,
  more: object = {},
): Promise<AuthenticatorAnswer & { key: CdpCredential }> {
  const reply = await asConsole(cis2, 'POST', consolePaths.authenticators(uid), { kind, ...more });
  const answer = JSON.parse(reply.body) as AuthenticatorAnswer;
  return { ...answer, key: answer.development?.credential as CdpCredential };
}

/** Creates an enrolment link for a user. Outside development it needs an officer. */
export async function linkFor(
  cis2: Pick<Instance, 'origin'>,
  kind: string,
  uid: string,
  officer?: string,
): Promise<string> {
  const asked = { kind, ...(officer === undefined ? {} : { officer }) };
  const { body } = await asConsole(cis2, 'POST', consolePaths.enrolments(uid), asked);
  return (JSON.parse(body) as { url: string }).url;
}

const plain = (text: string) =>
  text.replaceAll('&quot;', '"').replaceAll('&#39;', "'").replaceAll('&amp;', '&');

/** Returns the options on a page for the browser. */
export const optionsOf = ({ body }: Reply) =>
  JSON.parse(plain(/data-options="([^"]*)"/.exec(body)?.[1] ?? '{}'));

/** Returns the address of a page's automatic redirect; empty without one. */
export const onward = ({ body }: Reply): string =>
  plain(/http-equiv="refresh" content="0;url=([^"]*)"/.exec(body)?.[1] ?? '');
