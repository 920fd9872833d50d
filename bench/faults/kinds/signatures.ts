import { verify, X509Certificate } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { OAuthError, type SignedPayloads, type SigningPayload } from '@alongside/client';
import { sha256 } from '@alongside/kernel/secrets';
import { documents, prove, registerPrescriber, type Signing, signer } from '../../signing/prescriber.ts';
import type { Fault } from '../fault.ts';
import type { Installation } from '../installation.ts';

/** As many as a request may have, so that a kill can fall into the making of the signatures. */
const perRequest = 250;
/** Number of kills that must fall between the proof and the signatures, and the limit of all kills. */
const wanted = 3;
const attempts = 30;
/** Milliseconds by which the moment of the next kill moves after one that came too early or too late. */
const shift = 20;

async function proveAgain(installation: Installation, redirectUri: string): Promise<void> {
  const { browser, returned } = await prove(installation, redirectUri);
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
    const signingAt = await registerPrescriber(installation);
    const addresses = platforms.map(({ port }) => `http://localhost:${port}`);
    const counts = { early: 0, between: 0, late: 0 };
    const address = `http://localhost:${victim.port}`;
    let delay = shift;
    for (let n = 0; counts.between < wanted; n++) {
      if (n === attempts)
        throw new Error(
          `${counts.between} of ${attempts} kills fell between proof and signatures, expected are ${wanted}: ${JSON.stringify(counts)}`,
        );
      const payloads = documents(perRequest);
      const started = await signingAt(installation.api).request({ payloads, subject: signer });
      const { browser, returned } = await prove(installation, started.redirectUri);
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
