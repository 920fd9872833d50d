// Signs with a private key in an HSM, a smartcard or SoftHSM, through its PKCS#11 module. Needs `npm install pkcs11js`.
import { createHash } from 'node:crypto';
import pkcs11js from 'pkcs11js';

const mechanisms: Readonly<Record<string, number>> = {
  RS256: pkcs11js.CKM_SHA256_RSA_PKCS,
  RS512: pkcs11js.CKM_SHA512_RSA_PKCS,
  // Not every module hashes for this one.
  ES256: pkcs11js.CKM_ECDSA,
};

/** Opens the key with a label. `sign` is that of the library's settings, and blocks the process for the time of a signature. */
export function openHsmKey(at: { module: string; token: string; pin: string; label: string }) {
  const pkcs11 = new pkcs11js.PKCS11();
  pkcs11.load(at.module);
  pkcs11.C_Initialize();
  const slot = pkcs11.C_GetSlotList(true).find((one) => pkcs11.C_GetTokenInfo(one).label.trim() === at.token);
  if (!slot) throw new Error(`There is no token ${at.token}.`);
  const session = pkcs11.C_OpenSession(slot, pkcs11js.CKF_SERIAL_SESSION);
  pkcs11.C_Login(session, pkcs11js.CKU_USER, at.pin);
  pkcs11.C_FindObjectsInit(session, [
    { type: pkcs11js.CKA_CLASS, value: pkcs11js.CKO_PRIVATE_KEY },
    { type: pkcs11js.CKA_LABEL, value: at.label },
  ]);
  const [key] = pkcs11.C_FindObjects(session, 1);
  pkcs11.C_FindObjectsFinal(session);
  if (!key) throw new Error(`The token ${at.token} has no private key ${at.label}.`);
  return {
    async sign(bytes: Uint8Array, alg: string): Promise<Uint8Array> {
      const mechanism = mechanisms[alg];
      if (mechanism === undefined) throw new Error(`This program does not sign with ${alg}.`);
      const input = alg === 'ES256' ? createHash('sha256').update(bytes).digest() : Buffer.from(bytes);
      pkcs11.C_SignInit(session, { mechanism }, key);
      return pkcs11.C_Sign(session, input, Buffer.alloc(1024));
    },
    close() {
      pkcs11.C_Finalize();
      pkcs11.close();
    },
  };
}
