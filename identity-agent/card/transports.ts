import type { CertificateIssuer } from './card-issue.ts';
import type { CardStore } from './card-store.ts';
import type { Reader } from './transport.ts';
import { VirtualReader } from './virtual-reader.ts';

/** What a transport may need to open its reader. */
export interface TransportOptions {
  readonly store: CardStore;
  readonly issuer: CertificateIssuer;
}

/** One way to reach cards. */
export interface Transport {
  readonly id: string;
  readonly description: string;
  /** Opens its reader. Rejects with one clear sentence when it cannot be used on this machine. */
  open(options: TransportOptions): Promise<Reader>;
}

const virtual: Transport = {
  id: 'virtual',
  description: 'Virtual cards of this agent in a virtual reader',
  open: async ({ store, issuer }) => new VirtualReader(store, issuer),
};

/** The registry of transports. PC/SC and PKCS#11 join it as one file each. */
export const transports: readonly Transport[] = [virtual];

const ids = new Set(transports.map(({ id }) => id));
if (ids.size !== transports.length) throw new Error('Two card transports have the same id.');
