import type { Clock } from '@alongside/kernel/clock';
import type { Log } from '@alongside/kernel/log';
import { OperatorError } from '@alongside/kernel/operator';
import type { CardIssuer } from './card-issue.ts';
import type { CardStore } from './card-store.ts';
import type { Reader } from './transport.ts';
import { VirtualReader } from './virtual-reader.ts';

/** Settings of real cards; each is a setting of the agent with the same name. */
export interface CardSettings {
  /** PC/SC: only readers with this text in their name. */
  readonly cardReader?: string | undefined;
  /** PC/SC: the path of pcsc-mini's main file; by default the installed package, else the system's own library. */
  readonly pcscModule?: string | undefined;
  /** PKCS#11: path of the card maker's module. */
  readonly pkcs11Module?: string | undefined;
  /** PKCS#11: label of the token or number of its slot; the first token by default. */
  readonly pkcs11Token?: string | undefined;
  /** Seconds that a reader or module may take for one call; 30 by default. */
  readonly cardTimeout?: number | undefined;
}

/** Options for opening a reader. */
export interface TransportOptions {
  readonly store: CardStore;
  readonly issuer: CardIssuer;
  readonly clock: Clock;
  readonly log: Log;
  readonly settings: CardSettings;
}

/** A way to reach cards. */
export interface Transport {
  readonly id: string;
  readonly description: string;
  /** Opens its reader. Rejects with one sentence if it cannot be used on this machine. */
  open(options: TransportOptions): Promise<Reader>;
}

/** Smartcards in the readers of this machine. Only agents that use them load its code. */
const pcsc: Transport = {
  id: 'pcsc',
  description: 'PIV cards in the readers of this machine (PC/SC)',
  async open({ clock, log, settings }) {
    const { NO_SERVICE, PcscReader } = await import('./pcsc-reader.ts');
    const limit = settings.cardTimeout && settings.cardTimeout * 1000;
    const { pcscModule: module, cardReader } = settings;
    const reader = await PcscReader.open({ module, clock, log, limit, reader: cardReader });
    if (reader.state.service) return reader;
    await reader.close();
    throw new OperatorError(NO_SERVICE);
  },
};

/** Smartcards behind their maker's middleware, such as cards that are not PIV. */
const pkcs11: Transport = {
  id: 'pkcs11',
  description: "Cards behind their maker's PKCS#11 module",
  async open({ clock, log, settings }) {
    const { pkcs11Module: module, pkcs11Token: token, cardTimeout } = settings;
    if (module === undefined)
      throw new OperatorError("pkcs11Module: is needed, the path of the cards' PKCS#11 module.");
    const { Pkcs11Reader } = await import('./pkcs11-reader.ts');
    const limit = cardTimeout && cardTimeout * 1000;
    return Pkcs11Reader.open({ module, token, clock, log, limit });
  },
};

const virtual: Transport = {
  id: 'virtual',
  description: 'Virtual cards of this agent in a virtual reader',
  open: async ({ store, issuer }) => new VirtualReader(store, issuer),
};

export const transports: readonly Transport[] = [virtual, pcsc, pkcs11];

const ids = new Set(transports.map(({ id }) => id));
if (ids.size !== transports.length) throw new Error('Two card transports have the same id.');
