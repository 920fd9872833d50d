import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import type { Fault } from '../fault.ts';

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
          ...{ iss: platform.clientId, sub: platform.clientId, aud: `${installation.api}/oauth2.1` },
          ...{ jti: crypto.randomUUID(), exp: now + 60, iat: now },
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
