import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { CardProfile } from './card-record.ts';
import { type CardKeyPair, type CardKeyTypeId, keyTypes } from './key-types.ts';
import type { SlotName } from './piv.ts';

/** A request for a virtual card's certificates. Keys are SPKI DER. */
export interface CertificateRequest {
  readonly uid: string;
  readonly serial: string;
  readonly profile: CardProfile;
  readonly authenticationKey: Uint8Array;
  readonly signingKey: Uint8Array;
  /** The card's unblocking code, which the authority stores. */
  readonly unblockingCode?: string;
}

/** The authority that certifies virtual cards. */
export interface CertificateIssuer {
  /** Returns the two certificates, DER. If it rejects, the card stays without keys. */
  issue(request: CertificateRequest): Promise<Readonly<Record<SlotName, Uint8Array>>>;
}

/** The authority for all keys of virtual cards. */
export interface CardIssuer extends CertificateIssuer {
  /** Returns a certificate, DER, of another signing key of a card that has its certificates. */
  issueSigning(
    request: Omit<CertificateRequest, 'authenticationKey' | 'unblockingCode'>,
  ): Promise<Uint8Array>;
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

/** Encodes new keys for CIS. */
export const encodeKeys = ({
  authenticationKey,
  signingKey,
}: Pick<CertificateRequest, 'authenticationKey' | 'signingKey'>) => ({
  authenticationKey: base64(authenticationKey),
  signingKey: base64(signingKey),
});

/** Decodes the certificates of CIS. */
export const decodeCertificates = ({ authentication, signing }: Record<SlotName, string>) => ({
  authentication: Buffer.from(authentication, 'base64'),
  signing: Buffer.from(signing, 'base64'),
});

/** A new key with its certificate. */
export interface IssuedKey {
  /** PKCS#8 DER. */
  readonly privateKey: Uint8Array;
  /** DER. */
  readonly certificate: Uint8Array;
}

function certified({ privateKey }: CardKeyPair, certificate: Uint8Array): IssuedKey {
  const key = createPrivateKey({ key: Buffer.from(privateKey), type: 'pkcs8', format: 'der' });
  const parsed = new X509Certificate(certificate);
  if (!parsed.checkPrivateKey(key)) throw new Error('The issuer certified another key.');
  return { privateKey, certificate: new Uint8Array(parsed.raw) };
}

/**
 * Generates both key pairs of a card and requests their certificates. Rejects with the issuer's error, or if a certificate is for
 * another key.
 */
export async function issueKeys(
  card: { uid: string; serial: string; profile: CardProfile; keyType: CardKeyTypeId },
  issuer: CertificateIssuer,
  unblockingCode?: string,
): Promise<Record<SlotName, IssuedKey>> {
  const { generate } = keyTypes[card.keyType];
  const [authentication, signing] = await Promise.all([generate(), generate()]);
  const { uid, serial, profile } = card;
  const keys = { authenticationKey: authentication.publicKey, signingKey: signing.publicKey };
  const certificates = await issuer.issue({
    uid,
    serial,
    profile,
    ...keys,
    ...(unblockingCode === undefined ? {} : { unblockingCode }),
  });
  return {
    authentication: certified(authentication, certificates.authentication),
    signing: certified(signing, certificates.signing),
  };
}

/** Generates a key pair for the signing slot alone and requests its certificate. Rejects as `issueKeys`. */
export async function issueSigningKey(
  { uid, serial, profile }: { uid: string; serial: string; profile: CardProfile },
  keyType: CardKeyTypeId,
  issuer: CardIssuer,
): Promise<IssuedKey> {
  const pair = await keyTypes[keyType].generate();
  return certified(pair, await issuer.issueSigning({ uid, serial, profile, signingKey: pair.publicKey }));
}

/** Renews the keys of the card in the reader. Cards of other makers are renewed elsewhere. */
export interface CardOffice {
  /** Generates and certifies new keys and writes them to the card. Rejects with the issuer's error, without any change. */
  renew(issuer: CertificateIssuer): Promise<void>;
  /** Gives the card an RSA key for documents, unless it has one. Rejects with the issuer's error, without any change. */
  ensureRsaSigningKey(): Promise<void>;
}
