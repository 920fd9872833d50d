import type { RevocationReason } from './registration-authority.ts';

/** States of the signing certificate of a person; `none` before the first signature. */
export const signingStates = ['none', 'valid', 'revoked', 'expired'] as const;
export type SigningState = (typeof signingStates)[number];

/** Body of `POST /signing/certificates`: the new key of a person, whose response is 201 `SigningCertificate`. */
export interface SigningCertificateOrder {
  uid: string;
  /** SPKI DER of an RSA key in base64. */
  key: string;
}

export interface SigningCertificate {
  /** Hexadecimal, lower case. */
  serial: string;
  /** DER in base64. */
  certificate: string;
}

/** Response of `GET /signing/certificates/{serial}`. */
export interface SigningCertificateStatus {
  state: SigningState;
}

/** Body of `POST /signing/people/{uid}/revoke`, which revokes every signing certificate of the person at the service. */
export interface SigningRevocation {
  reason: RevocationReason;
}
