/** A fresh key pair: PKCS#8 DER and SPKI DER. */
export interface CardKeyPair {
  readonly privateKey: Uint8Array;
  readonly publicKey: Uint8Array;
}

/** The card's bare private key operation. Undefined when the input is not of the form that the algorithm takes. */
export type PrivateOperation = (input: Uint8Array) => Uint8Array | undefined;

/** One kind of key that a virtual card can have. */
export interface CardKeyType<Id extends string = string> {
  readonly id: Id;
  /** Algorithm identifier of GENERAL AUTHENTICATE (SP 800-78-4 table 6-2). */
  readonly algorithm: number;
  generate(): Promise<CardKeyPair>;
  /** Makes a key ready for use, from PKCS#8 DER. */
  load(privateKey: Uint8Array): Promise<PrivateOperation>;
}
