/** A new key pair: PKCS#8 DER and SPKI DER. */
export interface CardKeyPair {
  readonly privateKey: Uint8Array;
  readonly publicKey: Uint8Array;
}

/** The card's raw private key operation. Returns undefined if the input does not have the algorithm's form. */
export type PrivateOperation = (input: Uint8Array) => Uint8Array | undefined;

/** A kind of key for virtual cards. */
export interface CardKeyType<Id extends string = string> {
  readonly id: Id;
  /** Algorithm identifier of GENERAL AUTHENTICATE (SP 800-78-4 table 6-2). */
  readonly algorithm: number;
  generate(): Promise<CardKeyPair>;
  /** Loads a key from PKCS#8 DER. */
  load(privateKey: Uint8Array): Promise<PrivateOperation>;
}
