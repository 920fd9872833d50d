import { OperatorError } from '@alongside/kernel/operator';
import type { Transport } from './transport-kind.ts';

/** Smartcards behind their maker's middleware, such as cards that are not PIV. */
export const pkcs11: Transport = {
  id: 'pkcs11',
  description: "Cards behind their maker's PKCS#11 module, through the package pkcs11js",
  async open({ clock, log, settings }) {
    const { pkcs11Module: module, pkcs11Token: token, cardTimeout } = settings;
    if (module === undefined)
      throw new OperatorError("pkcs11Module: is needed, the path of the cards' PKCS#11 module.");
    const { Pkcs11Reader } = await import('./pkcs11-reader.ts');
    const limit = cardTimeout && cardTimeout * 1000;
    return Pkcs11Reader.open({ module, token, clock, log, limit });
  },
};
