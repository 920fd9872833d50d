// Certificate policies of our own, below an arc made of a random UUID (ITU-T X.667): nobody takes a test card for a real one.
const arc = '2.25.138091577927418632553263954621612673414';

export type CertificatePurpose = 'authentication' | 'signing';

/** A policy that a certificate of a card may be issued under (RFC 5280 section 4.2.1.4). */
export interface CardPolicy {
  oid: string;
  purpose: CertificatePurpose;
  /** Whether such cards are software: then they are taken only where virtual cards are allowed. */
  virtual: boolean;
  /** First byte of the key usage (RFC 5280 section 4.2.1.3) and how many of its bits are unused. */
  keyUsage: { bits: number; unused: number };
}

/** digitalSignature. */
const digitalSignature = { bits: 0x80, unused: 7 };
/** nonRepudiation, also called contentCommitment. */
const nonRepudiation = { bits: 0x40, unused: 6 };

/** Every policy that CIS knows, by the purpose of the certificate. */
export const virtualCardPolicies: Readonly<Record<CertificatePurpose, CardPolicy>> = {
  authentication: { oid: `${arc}.1`, purpose: 'authentication', virtual: true, keyUsage: digitalSignature },
  signing: { oid: `${arc}.2`, purpose: 'signing', virtual: true, keyUsage: nonRepudiation },
};

export const cardPolicies: readonly CardPolicy[] = Object.values(virtualCardPolicies);
