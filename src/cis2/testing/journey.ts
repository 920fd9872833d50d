import { decodeJwt } from '@alongside/kernel/jws';
import type { Cis2Registration } from '../../oauth/applications.ts';
import type { Draft } from '../model/credentials.ts';
import { Credentials } from '../model/credentials.ts';
import type { Browser, Reply } from './browser.ts';
import type { Instance } from './instance.ts';
import { redeem } from './redeem.ts';

/** Gives somebody a credential; its id. */
export async function give({ database, clock, vault }: Instance, draft: Draft): Promise<string> {
  const { id, statement } = new Credentials(database, clock, vault).prepare(draft);
  await database.run(statement);
  return id;
}

/** Takes the session out of a browser, which goes on knowing the agents that it met. */
export function forgetSession({ jar }: Browser): void {
  for (const name of jar.keys()) if (name.endsWith('-session')) jar.delete(name);
}

/** A sign-in of one browser, as far as the choice page: where its interaction is. */
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

/** Where a page that goes on leads to: the answer to a form ends in one. */
export function next(reply: Reply): Reply {
  const to = /http-equiv="refresh" content="0;url=([^"]+)"/.exec(reply.body)?.[1]?.replaceAll('&amp;', '&');
  return to === undefined ? reply : { ...reply, location: to };
}

/** The claims of the ID token behind an answer that carries a code. */
export async function claimsOf(
  cis2: Instance,
  client: Cis2Registration,
  reply: Reply,
): Promise<Record<string, unknown>> {
  const { id_token } = await redeem(cis2, client, next(reply));
  return decodeJwt(id_token)?.claims ?? {};
}

/** What a page says went wrong; empty when it says nothing. */
export const alertOf = ({ body }: Reply): string =>
  /role="alert"[^>]*>([^<]*)</.exec(body)?.[1]?.replaceAll('&#39;', "'") ?? '';
