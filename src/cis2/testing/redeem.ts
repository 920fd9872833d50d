import type { Cis2Registration } from '../../oauth/applications.ts';
import { form, type Reply, send } from './browser.ts';
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
