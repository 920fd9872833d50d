import { base64url } from '../../pages/bytes.browser.ts';
import type { tabletTypes } from './protocol.ts';

// The private key is not extractable. It stays in the browser's storage.

type Types = typeof tabletTypes;

/** `typ` of each JWT. */
export const types: Types = {
  key: 'cis2-tablet-key+jwt',
  open: 'cis2-tablet-open+jwt',
  answer: 'cis2-tablet-answer+jwt',
};

/** What the browser stores of a tablet. */
export interface Tablet {
  privateKey: CryptoKey;
  jwk: JsonWebKey;
  kid: string;
  /** Id of the credential that verifies the holder, if there is one. */
  holder?: string | undefined;
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256' };
const utf8 = (text: string) => new TextEncoder().encode(text);
const encode = (value: object) => base64url(utf8(JSON.stringify(value)).buffer);

function stored<T>(mode: IDBTransactionMode, use: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open('alongside-tablet', 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore('key');
    opening.onerror = () => reject(opening.error);
    opening.onsuccess = () => {
      const transaction = opening.result.transaction('key', mode);
      const request = use(transaction.objectStore('key'));
      transaction.oncomplete = () => {
        opening.result.close();
        resolve(request.result);
      };
      transaction.onerror = () => reject(transaction.error);
    };
  });
}

export const load = () =>
  stored<Tablet | undefined>('readonly', (store) => store.get('tablet') as IDBRequest<Tablet | undefined>);
export const save = (tablet: Tablet) => stored('readwrite', (store) => store.put(tablet, 'tablet'));

const publicPart = ({ crv, kty, x, y }: JsonWebKey) => ({ crv, kty, x, y }) as JsonWebKey;

/** Returns the thumbprint of a key (RFC 7638). */
const kidOf = async (jwk: JsonWebKey) =>
  base64url(await crypto.subtle.digest('SHA-256', utf8(JSON.stringify(publicPart(jwk)))));

export async function newKey(): Promise<Tablet> {
  const { privateKey, publicKey } = await crypto.subtle.generateKey(algorithm, false, ['sign', 'verify']);
  const jwk = publicPart(await crypto.subtle.exportKey('jwk', publicKey));
  return { privateKey, jwk, kid: await kidOf(jwk) };
}

export async function importKey(jwk: JsonWebKey): Promise<Tablet> {
  const privateKey = await crypto.subtle.importKey('jwk', jwk, algorithm, false, ['sign']);
  return { privateKey, jwk: publicPart(jwk), kid: await kidOf(jwk) };
}

/** Returns a JWT; the first one of a key has the key itself in its header. */
export async function sign(
  { privateKey, jwk, kid }: Tablet,
  typ: Types[keyof Types],
  claims: object,
): Promise<string> {
  const signed = `${encode({ alg: 'ES256', typ, ...(typ === types.key ? { jwk } : { kid }) })}.${encode(claims)}`;
  const signature = await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, privateKey, utf8(signed));
  return `${signed}.${base64url(signature)}`;
}
