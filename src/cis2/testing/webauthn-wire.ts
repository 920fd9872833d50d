import { type AuthenticatorAnswer, consolePaths } from '../protocol.ts';
import { type Reply, send } from './browser.ts';
import { consoleSecret, type Instance } from './instance.ts';
import type { CdpCredential } from './soft-authenticator.ts';

/** Asks CIS2 as the console does. */
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

/** Gives a person a way to sign in whose secret a tester has. */
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

/** A link for a person; outside development an officer must answer for it. */
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

/** The options that a page has for the browser. */
export const optionsOf = ({ body }: Reply) =>
  JSON.parse(plain(/data-options="([^"]*)"/.exec(body)?.[1] ?? '{}'));

/** Where a page leads that goes on by itself; empty when it does not. */
export const onward = ({ body }: Reply): string =>
  plain(/http-equiv="refresh" content="0;url=([^"]*)"/.exec(body)?.[1] ?? '');
