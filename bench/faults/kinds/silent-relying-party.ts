import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { Navigator } from '../../../test/testing/navigate.ts';
import type { Fault } from '../fault.ts';
import type { Client, Installation } from '../installation.ts';

const callback = 'http://localhost:1/callback';

/** Signs in at the relying party and out again, in one browser. */
async function signInAndOut(issuer: string, client: Client): Promise<void> {
  const browser = new Navigator();
  const query = new URLSearchParams({
    ...{ client_id: client.clientId, redirect_uri: callback, response_type: 'code', scope: 'openid' },
    ...{ state: 's', nonce: 'n' },
  });
  const { address } = await browser.go(`${issuer}/authorize?${query}`, callback);
  const answer = await fetch(`${issuer}/access_token`, {
    method: 'POST',
    body: new URLSearchParams({
      ...{ grant_type: 'authorization_code', code: new URL(address).searchParams.get('code') ?? '' },
      ...{ redirect_uri: callback, client_id: client.clientId, client_secret: client.clientSecret },
    }),
  });
  const { id_token: hint } = (await answer.json()) as { id_token?: string };
  if (!hint) throw new Error(`no ID token: ${answer.status}`);
  await browser.go(`${issuer}/connect/endSession?${new URLSearchParams({ id_token_hint: hint })}`);
}

async function register({ consoleCall }: Installation, port: number): Promise<Client> {
  const { cis2 } = await consoleCall<{ cis2: Client }>('POST', '/applications', {
    name: 'silent',
    profile: 'nhs',
    cis2: { redirectUris: [callback], backchannelLogoutUri: `http://localhost:${port}/logout` },
  });
  return cis2;
}

export const silentRelyingParty: Fault = {
  name: 'silent-relying-party',
  summary:
    'the logout address of a relying party takes connections and never answers, while its sessions end',
  async inject({ installation, length, wait, defer }) {
    let calls = 0;
    const server = createServer((socket) => {
      calls += 1;
      socket.on('error', () => undefined);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    defer(() => server.close());
    const client = await register(installation, (server.address() as AddressInfo).port);
    const { urls } = await installation.consoleCall<{ urls: { cis2Issuer: string } }>('GET', '/state');
    const end = performance.now() + length;
    while (performance.now() < end) {
      await signInAndOut(urls.cis2Issuer, client);
      await wait(100);
    }
    while (calls === 0) await wait(50);
  },
};
