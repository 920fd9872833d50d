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
    client_id: client.clientId,
    redirect_uri: callback,
    response_type: 'code',
    scope: 'openid',
    state: 's',
    nonce: 'n',
  });
  const { address } = await browser.go(`${issuer}/authorize?${query}`, callback);
  const answer = await fetch(`${issuer}/access_token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      code: new URL(address).searchParams.get('code') ?? '',
      redirect_uri: callback,
      client_id: client.clientId,
      client_secret: client.clientSecret,
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

/** Number of concurrent assertions. */
const callers = 10;
const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

export const hangingKeySet: Fault = {
  name: 'hanging-key-set',
  summary: 'the key set of a client takes connections and does not answer, while the client sends assertions',
  async inject({ installation, length, wait, defer }) {
    const server = createServer((socket) => socket.on('error', () => undefined));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    defer(() => server.close());
    const { port } = server.address() as AddressInfo;
    const { platform } = await installation.consoleCall<{ platform: { clientId: string } }>(
      'POST',
      '/applications',
      {
        name: 'hanging keys',
        profile: 'standard',
        platform: { jwksUrl: `http://localhost:${port}/jwks`, products: ['faults'] },
      },
    );
    let isOver = false;
    const call = async () => {
      while (!isOver) {
        const now = Math.floor(Date.now() / 1_000);
        const claims = {
          iss: platform.clientId,
          sub: platform.clientId,
          aud: `${installation.api}/oauth2.1`,
          jti: crypto.randomUUID(),
          exp: now + 60,
          iat: now,
        };
        const assertion = `${encode({ alg: 'RS512', kid: 'one' })}.${encode(claims)}.c2lnbmF0dXJl`;
        await fetch(`${installation.api}/oauth2.1/token`, {
          method: 'POST',
          signal: AbortSignal.timeout(10_000),
          body: new URLSearchParams({
            grant_type: 'client_credentials',
            client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
            client_assertion: assertion,
          }),
        }).catch(() => undefined);
        await wait(10);
      }
    };
    const calls = Promise.all(Array.from({ length: callers }, call));
    calls.catch(() => undefined);
    await wait(length);
    isOver = true;
    await calls;
  },
};

/** Users whose authenticators are removed: each removal sends a mail. */
const users = ['gp-aal2', 'clinician-aal2', 'admin-aal2'];
/** Milliseconds in which the mails must arrive after the server responds again. */
const timeout = 60_000;

interface Listed {
  authenticators: { id: string; kind: string }[];
}

export const hangingMailServer: Fault = {
  name: 'hanging-mail-server',
  summary: 'the mail server takes connections and does not answer, while authenticators change',
  async inject({ installation: { mail, consoleCall }, length, wait, defer }) {
    mail.stall();
    defer(() => mail.resume());
    let posted = 0;
    for (const user of users) {
      const path = `/people/${user}/authenticators`;
      const { authenticators } = await consoleCall<Listed>('GET', path);
      for (const { id } of authenticators) {
        await consoleCall('DELETE', `${path}/${id}`);
        posted += 1;
      }
      await wait(length / users.length);
    }
    mail.resume();
    const end = performance.now() + timeout;
    for (;;) {
      const { mails } = await consoleCall<{ mails: { state: string }[] }>('GET', '/mail');
      const sent = mails.filter(({ state }) => state === 'sent').length;
      if (posted > 0 && sent >= posted) return;
      if (performance.now() > end) throw new Error(`${sent} of ${posted} mails arrived in time`);
      await wait(200);
    }
  },
};
