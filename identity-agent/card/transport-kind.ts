import type { Clock } from '@alongside/kernel/clock';
import type { Log } from '@alongside/kernel/log';
import type { CertificateIssuer } from './card-issue.ts';
import type { CardStore } from './card-store.ts';
import type { Reader } from './transport.ts';

/** Settings of real cards; each is a setting of the agent with the same name. */
export interface CardSettings {
  /** PC/SC: only readers with this text in their name. */
  readonly cardReader?: string | undefined;
  /** PC/SC: the path of pcsc-mini's main file; the installed package by default. */
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
  readonly issuer: CertificateIssuer;
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
