import { generateKeyPairSync, randomUUID, verify, X509Certificate } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import {
  createSigning,
  OAuthError,
  publicKeySet,
  type SignedPayloads,
  type SigningPayload,
} from '@alongside/client';
import { sha256 } from '@alongside/kernel/secrets';
import { Browser } from '../../../src/kit/browser.ts';
import type { Fault } from '../fault.ts';
import type { Client, Installation } from '../installation.ts';

/** The address to which the browser of the user returns; nothing listens there. */
const callback = 'http://localhost:1/signed';
/** As many as a request may have, so that a kill can fall into the making of the signatures. */
const documents = 250;
/** Number of kills that must fall between the proof and the signatures, and the limit of all kills. */
const wanted = 3;
const attempts = 30;
/** Milliseconds by which the moment of the next kill moves after one that came too early or too late. */
const shift = 20;

type Signing = ReturnType<typeof createSigning>;

/** Registers an application that signs. Returns its signing service at an address. */
async function register({ consoleCall, api }: Installation): Promise<(address: string) => Signing> {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 4096 });
  const signingKey = { kid: randomUUID(), privateKey };
  const { id, platform } = await consoleCall<{ id: string; platform: Client }>('POST', '/applications', {
    name: 'signing',
    profile: 'nhs',
    platform: {
      callbackUrls: [callback],
      products: ['signing-service'],
      jwks: publicKeySet([{ ...signingKey, alg: 'RS512' }]),
    },
  });
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

/** Presses Sign and enters the PIN. Returns the response of CIS2, an address of the service. */
async function prove(
  { consoleCall, api }: Installation,
  browser: Browser,
  redirectUri: string,
): Promise<URL> {
  browser.stopAt(`${api}/signing-service/callback`);
  const page = new URL(redirectUri);
  await browser.go(redirectUri);
  const form = new URLSearchParams({ token: page.searchParams.get('token') ?? '', decision: 'sign' });
  const asked = await browser.post(page.origin + page.pathname, form, page);
  await consoleCall('POST', '/agent/pin', { pin: '123456' });
  const { kind, url } = await browser.go(asked.url.href);
  if (kind !== 'callback') throw new Error(`the presence check ended at ${url.origin}${url.pathname}`);
  browser.stopAt(callback);
  return url;
}

async function proveAgain(installation: Installation, redirectUri: string): Promise<void> {
  const browser = new Browser([]);
  const returned = await prove(installation, browser, redirectUri);
  const { kind, url } = await browser.go(returned.href);
  if (kind !== 'callback') throw new Error(`a new proof was refused at ${url.origin}${url.pathname}`);
}

/** Returns the signatures, or undefined while the request waits for its user. */
async function resultAt(signing: Signing, token: string): Promise<SignedPayloads | undefined> {
  try {
    return await signing.result(token);
  } catch (error) {
    if (error instanceof OAuthError && error.error === 'authorization_pending') return undefined;
    throw error;
  }
}

/** Whether each document has a signature that belongs to the certificate. */
function isComplete(
  { signatures, certificate }: SignedPayloads,
  payloads: readonly SigningPayload[],
): boolean {
  const { publicKey } = new X509Certificate(Buffer.from(certificate, 'base64'));
  return (
    signatures.length === payloads.length &&
    payloads.every(({ id, payload }, place) => {
      const signed = signatures[place];
      const bytes = Buffer.from(payload, 'base64');
      return signed?.id === id && verify('sha256', bytes, publicKey, Buffer.from(signed.signature, 'base64'));
    })
  );
}

export const killWhileSigning: Fault = {
  name: 'kill-while-signing',
  summary: 'a process is killed (SIGKILL) after a user has proven presence, while it makes the signatures',
  quickOn: ['sqlite'],
  async inject({ installation, wait, note, promise }) {
    const { platforms, consoleCall } = installation;
    const [victim] = platforms;
    if (!victim) return;
    const signingAt = await register(installation);
    const addresses = platforms.map(({ port }) => `http://localhost:${port}`);
    const counts = { early: 0, between: 0, late: 0 };
    const address = `http://localhost:${victim.port}`;
    let delay = shift;
    for (let n = 0; counts.between < wanted; n++) {
      if (n === attempts)
        throw new Error(
          `${counts.between} of ${attempts} kills fell between proof and signatures, expected are ${wanted}: ${JSON.stringify(counts)}`,
        );
      const payloads = Array.from({ length: documents }, () => ({
        id: randomUUID(),
        payload: Buffer.from(`<SignedInfo>${randomUUID()}</SignedInfo>`).toString('base64'),
      }));
      const started = await signingAt(installation.api).request({ payloads, subject: '656005750108' });
      const browser = new Browser([]);
      const returned = await prove(installation, browser, started.redirectUri);
      returned.port = String(victim.port);
      const answered = browser.go(returned.href).catch(() => undefined);
      await wait(delay);
      await victim.end('SIGKILL');
      const acknowledged = (await answered)?.kind === 'callback';
      await victim.start();

      const before = await resultAt(signingAt(address), started.token);
      if (acknowledged && !before) throw new Error('acknowledged signatures are lost');
      // A proof whose signatures were not made is worth nothing: the user has to press Sign again.
      const again = before ? undefined : await browser.go(returned.href);
      const isEarly = again?.kind === 'callback';
      if (!before && !isEarly) await proveAgain(installation, started.redirectUri);
      const moment = before ? 'late' : isEarly ? 'early' : 'between';
      counts[moment] += 1;
      delay = Math.max(0, delay + { early: shift, between: 0, late: -shift }[moment]);
      const result = before ?? (await resultAt(signingAt(address), started.token));
      if (!result || !isComplete(result, payloads)) throw new Error(`the signatures are wrong (${moment})`);
      promise('signature is made once', async () => {
        const results = await Promise.all(addresses.map((one) => resultAt(signingAt(one), started.token)));
        const { records } = await consoleCall<{ records: { detail: { digests: string } }[] }>(
          'GET',
          '/audit?action=signing.signed&limit=200',
        );
        const digest = sha256(Buffer.from(payloads[0]?.payload ?? '', 'base64'));
        const made = records.filter(({ detail }) => detail.digests.startsWith(digest)).length;
        return made === 1 && results.every((one) => isDeepStrictEqual(one, result));
      });
    }
    note(
      `kills before the proof counted ${counts.early}, between ${counts.between}, after the signatures ${counts.late}`,
    );
  },
};
