import { X509Certificate } from 'node:crypto';
import { exportJWK, generateKeyPair } from 'jose';
import { buildCertificate, newSerial } from '../../src/cis/issuing-authority/x509-builder.ts';
import type { KeyPair } from './keys.ts';

/** A key with a self-signed certificate (RFC 8705 section 2.2). */
export interface CertifiedKey extends KeyPair {
  /** The header in which a trusted proxy forwards the client's certificate (RFC 9440). */
  header: { 'client-cert': string };
}

const day = 86_400_000;

export async function newCertifiedKey(): Promise<CertifiedKey> {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
  const spki = new Uint8Array(await crypto.subtle.exportKey('spki', publicKey));
  const name = [['CN', 'rp.example']] as const;
  const der = await buildCertificate(
    {
      serial: newSerial(),
      issuer: name,
      subject: name,
      notBefore: Date.now() - day,
      notAfter: Date.now() + day,
      subjectKey: spki,
      issuerKey: spki,
      keyUsage: { bits: 0x80, unused: 7 },
    },
    privateKey,
  );
  const encoded = new X509Certificate(der).raw.toString('base64');
  return {
    privateKey,
    algorithm: 'ES256',
    publicJwk: { ...(await exportJWK(publicKey)), kid: 'rp-certificate', use: 'sig', x5c: [encoded] },
    header: { 'client-cert': `:${encoded}:` },
  };
}
