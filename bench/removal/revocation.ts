import { join } from 'node:path';
import { type RunningCommand, startCommand } from '../command.ts';

const scope = 'urn:nhsd:apim:app:level3:hello-world';

interface Client {
  clientId: string;
  clientSecret: string;
}

async function register({ call }: RunningCommand): Promise<Client> {
  const name = 'bench-revocation';
  await call('POST', '/products', { name, apis: ['hello-world', 'oauth2.1'], scopes: [scope], limits: null });
  const { platform } = await call<{ platform: Client }>('POST', '/applications', {
    name,
    profile: 'standard',
    platform: { callbackUrls: [], products: [name], tokenEndpointAuthMethod: 'client_secret_post' },
  });
  return platform;
}

/**
 * Revokes tokens at one process and calls the gateway of another process on the same database, which has just accepted them.
 * Returns the milliseconds from each response to the revocation to the first 401.
 */
export async function measureRevocations(
  first: RunningCommand,
  data: string,
  rounds: number,
): Promise<number[]> {
  const { urls } = first;
  const client = await register(first);
  const form = { client_id: client.clientId, client_secret: client.clientSecret };
  const post = async (path: string, body: Record<string, string>): Promise<string> => {
    const response = await fetch(`${urls.api}/oauth2.1/${path}`, {
      method: 'POST',
      body: new URLSearchParams({ ...form, ...body }),
    });
    const text = await response.text();
    if (response.status !== 200) throw new Error(`${path} answered ${response.status}: ${text}`);
    return text;
  };
  const second = await startCommand([
    '--only',
    'gateway',
    '--data',
    join(data, 'second'),
    '--database',
    `sqlite:${join(data, 'alongside.db')}`,
    '--master-key',
    join(data, 'master.key'),
    '--url-api',
    urls.api,
    '--url-cis',
    urls.cis,
  ]);
  const address = `http://127.0.0.1:${second.ports.api}/hello-world/hello/application`;
  const statusFor = async (token: string): Promise<number> => {
    const response = await fetch(address, { headers: { authorization: `Bearer ${token}` } });
    await response.body?.cancel();
    return response.status;
  };
  try {
    const times: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const { access_token: token = '' } = JSON.parse(
        await post('token', { grant_type: 'client_credentials', scope }),
      ) as { access_token?: string };
      for (let call = 0; call < 2; call++)
        if ((await statusFor(token)) !== 200) throw new Error('The second process refuses a new token.');
      await post('revoke', { token });
      const revoked = performance.now();
      while ((await statusFor(token)) !== 401)
        if (performance.now() - revoked > 30_000) throw new Error('The second process still accepts it.');
      times.push(performance.now() - revoked);
    }
    return times;
  } finally {
    await second.stop();
  }
}
