import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { createSigning, publicKeySet, type SigningPayload } from '@alongside/client';
import { Browser } from '../../src/kit/browser.ts';

/** The address to which the browser of the user returns; nothing listens there. */
const callback = 'http://localhost:1/signed';

/** The person at the desk. */
export const signer = '656005750108';

/** An instance of which the desk and the applications can be changed. */
export interface Desk {
  /** Address of the API platform. */
  readonly api: string;
  consoleCall<T>(method: string, path: string, body?: unknown): Promise<T>;
}

export type Signing = ReturnType<typeof createSigning>;

/** Returns documents that differ, about as long as the SignedInfo of a prescription. */
export const documents = (count: number): SigningPayload[] =>
  Array.from({ length: count }, () => {
    const id = randomUUID();
    return { id, payload: Buffer.from(`<SignedInfo>${id.repeat(20)}</SignedInfo>`).toString('base64') };
  });

/** Registers an application that signs. Returns its signing service at an address. */
export async function registerPrescriber({ consoleCall, api }: Desk): Promise<(address: string) => Signing> {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 4096 });
  const signingKey = { kid: randomUUID(), privateKey };
  const { id, platform } = await consoleCall<{ id: string; platform: { clientId: string } }>(
    'POST',
    '/applications',
    {
      name: 'signing',
      profile: 'nhs',
      platform: {
        callbackUrls: [callback],
        products: ['signing-service'],
        jwks: publicKeySet([{ ...signingKey, alg: 'RS512' }]),
      },
    },
  );
  const body = { person: 'gp', application: id };
  const { access_token: token } = await consoleCall<{ access_token: string }>('POST', '/tokens', body);
  const baseUrl = `${api}/signing-service`;
  return (address) =>
    createSigning({
      baseUrl,
      token,
      signingKey,
      clientId: platform.clientId,
      fetch: (target, init) => fetch(String(target).replace(api, address), init),
    });
}

/** Presses Sign and enters the PIN in a new browser. Returns it, and the response of CIS2, an address of the service. */
export async function prove(
  { consoleCall, api }: Desk,
  redirectUri: string,
): Promise<{ browser: Browser; returned: URL }> {
  const browser = new Browser([]);
  browser.stopAt(`${api}/signing-service/callback`);
  const page = new URL(redirectUri);
  await browser.go(redirectUri);
  const form = new URLSearchParams({ token: page.searchParams.get('token') ?? '', decision: 'sign' });
  const asked = await browser.post(page.origin + page.pathname, form, page);
  await consoleCall('POST', '/agent/pin', { pin: '123456' });
  const { kind, url } = await browser.go(asked.url.href);
  if (kind !== 'callback') throw new Error(`the presence check ended at ${url.origin}${url.pathname}`);
  browser.stopAt(callback);
  return { browser, returned: url };
}
