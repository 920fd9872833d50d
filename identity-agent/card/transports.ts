import { pcsc } from './pcsc-transport.ts';
import { pkcs11 } from './pkcs11-transport.ts';
import type { Transport } from './transport-kind.ts';
import { VirtualReader } from './virtual-reader.ts';

const virtual: Transport = {
  id: 'virtual',
  description: 'Virtual cards of this agent in a virtual reader',
  open: async ({ store, issuer }) => new VirtualReader(store, issuer),
};

/** The registry of transports. */
export const transports: readonly Transport[] = [virtual, pcsc, pkcs11];

const ids = new Set(transports.map(({ id }) => id));
if (ids.size !== transports.length) throw new Error('Two card transports have the same id.');
