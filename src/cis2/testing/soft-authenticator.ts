import { createHash, createPrivateKey, sign } from 'node:crypto';
import type { CdpCredential } from './webauthn-desk.ts';

/** What is said and signed, each part as a forger would have it. */
export interface Said {
  challenge: string;
  origin: string;
  rpId?: string;
  type?: string;
  crossOrigin?: boolean;
  topOrigin?: string;
  counter?: number;
  /** User present, user verified, backup eligible, backed up. */
  flags?: { up?: boolean; uv?: boolean; be?: boolean; bs?: boolean };
  userHandle?: string | null;
  id?: string;
}

const digest = (value: string | Buffer): Buffer => createHash('sha256').update(value).digest();

/** The answer of an authenticator that holds this key, with a signature that is right for what it says (WebAuthn section 6.3.3). */
export function softAssertion(key: CdpCredential, said: Said) {
  const { challenge, origin, crossOrigin = false, topOrigin, type = 'webauthn.get' } = said;
  const { up = true, uv = true, be = false, bs = false } = said.flags ?? {};
  const clientData = Buffer.from(
    JSON.stringify({ type, challenge, origin, crossOrigin, ...(topOrigin ? { topOrigin } : {}) }),
  );
  const counter = Buffer.alloc(4);
  counter.writeUInt32BE(said.counter ?? 1);
  const flags = Number(up) | (Number(uv) << 2) | (Number(be) << 3) | (Number(bs) << 4);
  const authenticatorData = Buffer.concat([
    digest(said.rpId ?? key.rpId ?? ''),
    Buffer.from([flags]),
    counter,
  ]);
  const privateKey = createPrivateKey({
    key: Buffer.from(key.privateKey, 'base64'),
    format: 'der',
    type: 'pkcs8',
  });
  const signature = sign('sha256', Buffer.concat([authenticatorData, digest(clientData)]), privateKey);
  const userHandle = Buffer.from(key.userHandle ?? '', 'base64').toString('base64url');
  return {
    id: said.id ?? Buffer.from(key.credentialId, 'base64').toString('base64url'),
    type: 'public-key',
    response: {
      clientDataJSON: clientData.toString('base64url'),
      authenticatorData: authenticatorData.toString('base64url'),
      signature: signature.toString('base64url'),
      userHandle: said.userHandle === undefined ? userHandle : said.userHandle,
    },
  };
}
