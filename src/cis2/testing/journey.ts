import { decodeJwt } from '@alongside/kernel/jws';
import type { Cis2Registration } from '../../oauth/applications.ts';
import { Credentials, type Draft } from '../model/credentials.ts';
import { type Browser, form, type Reply, send } from './browser.ts';
import { codeOf, type Instance, secret } from './instance.ts';

export interface TokenAnswer {
  access_token: string;
  id_token: string;
  /** For clients with refresh tokens. */
  refresh_token: string;
}

/** Redeems the code of a reply, with the client's secret in the form. */
export async function redeem(cis2: Instance, client: Cis2Registration, back: Reply): Promise<TokenAnswer> {
  const body = form({
    grant_type: 'authorization_code',
    code: codeOf(back),
    redirect_uri: client.redirectUris[0] ?? '',
    client_id: client.clientId,
    client_secret: secret,
  });
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const answer = await send('POST', `${cis2.issuer}/access_token`, headers, body);
  return JSON.parse(answer.body) as TokenAnswer;
}

/** Adds a credential. Returns its id. */
export async function give({ database, clock, vault }: Instance, draft: Draft): Promise<string> {
  const { id, statement } = new Credentials(database, clock, vault).prepare(draft);
  await database.run(statement);
  return id;
}

/** Removes the session cookie of a browser. It still knows the agents that it has met. */
export function forgetSession({ jar }: Browser): void {
  for (const name of jar.keys()) if (name.endsWith('-session')) jar.delete(name);
}

/** Begins a sign-in. Returns the address of the choice page. */
export async function choice(
  cis2: Instance,
  browser: Browser,
  client: Cis2Registration,
  parameters: Record<string, string | undefined> = {},
): Promise<string> {
  const asked = await browser.get(cis2.authorizeUrl(client, parameters));
  if (!/\/interaction\/[\w-]+$/.test(asked.location)) throw new Error(`It led to ${asked.location}.`);
  return asked.location;
}

/** Returns the reply with the address of its automatic redirect, which ends a form. */
export function next(reply: Reply): Reply {
  const to = /http-equiv="refresh" content="0;url=([^"]+)"/.exec(reply.body)?.[1]?.replaceAll('&amp;', '&');
  return to === undefined ? reply : { ...reply, location: to };
}

/** Redeems the code of a reply. Returns the claims of the ID token. */
export async function claimsOf(
  cis2: Instance,
  client: Cis2Registration,
  reply: Reply,
): Promise<Record<string, unknown>> {
  const { id_token } = await redeem(cis2, client, next(reply));
  return decodeJwt(id_token)?.claims ?? {};
}

/** Returns the text of the alert on a page; empty without one. */
export const alertOf = ({ body }: Reply): string =>
  /role="alert"[^>]*>([^<]*)</.exec(body)?.[1]?.replaceAll('&#39;', "'") ?? '';
