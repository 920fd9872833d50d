import type { CertificateIssuer } from '../card/card-issue.ts';

/** Renews the keys of the card in the reader. Cards of other makers are renewed elsewhere. */
export interface CardOffice {
  /** Generates and certifies new keys and writes them to the card. Rejects with the issuer's error, without any change. */
  renew(issuer: CertificateIssuer): Promise<void>;
}
