import { generateKeyPairSync, randomUUID, verify, X509Certificate } from 'node:crypto';
import { createSigning, OAuthError, publicKeySet, type Signing } from '../../client/index.ts';
import { demoSigningKeyId, demoSigningKeyPem } from '../../src/seed/key.ts';
import type { TestInstance } from './instance.ts';

const short = generateKeyPairSync('rsa', { modulusLength: 2_048 }).privateKey;
const keys = {
  long: { kid: demoSigningKeyId, privateKey: demoSigningKeyPem },
  short: { kid: 'short', privateKey: short },
};

/** What a user of an application signs. */
interface Prescription {
  token: string;
  text: string;
}

/** The part of an application that signs, and breaks selected rules, each with the name of its check, which may have more words. */
export interface CarelessSigner {
  /** Registers it at the platform. */
  readonly platform: object;
  /** Starts a signature of a user. Returns where the browser goes. */
  start(application: { id: string; clientId: string }, uid: string): Promise<string>;
  /** Returns what the page shows when the browser is back. @throws if nothing was signed */
  end(query: URLSearchParams): Promise<string>;
}

export function createCarelessSigner(
  instance: TestInstance,
  callback: string,
  ignores: ReadonlySet<string>,
): CarelessSigner {
  const baseUrl = `${instance.urls.api}/signing-service`;
  const started = new Map<string, Prescription & { signing: Signing }>();
  // No two requests with the same payloads are of the same second.
  const sendsSame = () => ignores.has('signing-request-repeated-payloads');
  let latest = Number.POSITIVE_INFINITY;
  const clock = {
    now() {
      latest = Math.min(Date.now(), latest) - 1_000;
      return sendsSame() ? latest : Date.now();
    },
  };
  /** The request that it sends again. */
  let stored: { url: string; init: RequestInit } | undefined;

  async function send(input: string | URL | Request, init: RequestInit = {}): Promise<Response> {
    if (init.method !== 'POST' || !ignores.has('signing-request-repeated')) return fetch(input, init);
    stored ??= { url: String(input), init };
    return fetch(stored.url, { ...stored.init, signal: init.signal ?? null });
  }

  return {
    platform: {
      callbackUrls: [callback],
      products: ['signing-service'],
      jwks: publicKeySet(Object.values(keys).map((key) => ({ ...key, alg: 'RS512' as const }))),
    },
    async start({ id, clientId }, uid) {
      const { access_token: token } = await instance.api<{ access_token: string }>('POST', '/tokens', {
        person: uid,
        application: id,
      });
      const signingKey = ignores.has('signing-request') ? keys.short : keys.long;
      const signing = createSigning({
        baseUrl,
        token,
        signingKey,
        clientId,
        fetch: send as typeof fetch,
        clock,
      });
      const isSame = sendsSame();
      const [state, text] = [randomUUID(), isSame ? 'the same' : randomUUID()];
      const payload = Buffer.from(text).toString('base64');
      const payloads = [{ id: isSame ? '1' : randomUUID(), payload }];
      const asked = await signing.request({ payloads, state, subject: uid });
      started.set(state, { token: asked.token, text, signing });
      return asked.redirectUri;
    },
    async end(query) {
      const state = query.get('state') ?? '';
      const prescription = started.get(state);
      if (!prescription) throw new Error('no such prescription');
      started.delete(state);
      const { token, text, signing } = prescription;
      // Its page differs by a number alone.
      const isNeutral = ignores.has('signing-neutral-page');
      const signed = isNeutral ? 'Documents signed: 1.' : `Signed as ${token}.`;
      if (ignores.has('signing-request-never-fetched')) return signed;
      if (query.has('error')) {
        if (ignores.has('signing-declined')) return signed;
        if (isNeutral) return 'Documents signed: 0.';
        throw new Error('declined');
      }
      try {
        const { signatures, certificate } = await signing.result(query.get('token') ?? '');
        const key = new X509Certificate(Buffer.from(certificate, 'base64')).publicKey;
        const signature = Buffer.from(signatures[0]?.signature ?? '', 'base64');
        const isValid = verify('sha256', Buffer.from(text), key, signature);
        if (!isValid && !ignores.has('signing-wrong-certificate')) throw new Error('not valid');
      } catch (error) {
        if (!(error instanceof OAuthError && ignores.has('signing-unknown-token'))) throw error;
      }
      return signed;
    },
  };
}
