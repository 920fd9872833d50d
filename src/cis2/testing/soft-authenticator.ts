import { createHash, createPrivateKey, generateKeyPairSync, sign } from 'node:crypto';

/** A WebAuthn credential of the Chrome DevTools Protocol. Binary members are base64. */
export interface CdpCredential {
  credentialId: string;
  isResidentCredential: boolean;
  rpId?: string;
  privateKey: string;
  userHandle?: string;
  signCount: number;
  backupEligibility?: boolean;
  backupState?: boolean;
}

/** The signed data. A test may forge each member. */
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

/** Returns the response of an authenticator with this key, with a valid signature of the given data (WebAuthn section 6.3.3). */
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

const text = (value: string): Buffer =>
  Buffer.concat([Buffer.from([0x60 | value.length]), Buffer.from(value)]);
const bytes = (value: Buffer): Buffer => {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(value.length);
  return Buffer.concat([Buffer.from([0x59]), length, value]);
};

/** Returns a registration of a new credential with this id, without attestation (WebAuthn sections 6.5.1 and 8.7). */
export function softAttestation(said: Said & { rpId: string; id: string }) {
  const { challenge, origin, crossOrigin = false, type = 'webauthn.create' } = said;
  const { up = true, uv = true, be = false, bs = false } = said.flags ?? {};
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
  const id = Buffer.from(said.id, 'base64url');
  const length = Buffer.alloc(2);
  length.writeUInt16BE(id.length);
  const flags = Number(up) | (Number(uv) << 2) | (Number(be) << 3) | (Number(bs) << 4) | 0x40;
  const authenticatorData = Buffer.concat([
    digest(said.rpId),
    Buffer.from([flags]),
    Buffer.alloc(4 + 16),
    length,
    id,
    Buffer.from('a5010203262001215820', 'hex'),
    Buffer.from(x, 'base64url'),
    Buffer.from('225820', 'hex'),
    Buffer.from(y, 'base64url'),
  ]);
  const attestation = Buffer.concat([
    Buffer.from([0xa3]),
    text('fmt'),
    text('none'),
    text('attStmt'),
    Buffer.from([0xa0]),
    text('authData'),
    bytes(authenticatorData),
  ]);
  return {
    id: said.id,
    type: 'public-key',
    response: {
      clientDataJSON: Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin })).toString(
        'base64url',
      ),
      attestationObject: attestation.toString('base64url'),
      transports: ['usb'],
    },
  };
}
