import type { CertificateIssuer } from '../card/card-issue.ts';

/** Where the keys of the card in the reader can be made anew. A card of another maker has that done elsewhere. */
export interface CardOffice {
  /** Makes new keys, has them certified, and puts both on the card. Rejects as the issuer does; the card then stays as it is. */
  renew(issuer: CertificateIssuer): Promise<void>;
}
