import type { Clock } from '@alongside/kernel/clock';
import type { Log } from '@alongside/kernel/log';
import type { CertificateIssuer } from './card-issue.ts';
import type { CardStore } from './card-store.ts';
import type { Reader } from './transport.ts';

/** How real cards are reached; each is a setting of the agent under the same name. */
export interface CardSettings {
  /** PC/SC: only readers whose name has this part. */
  readonly cardReader?: string | undefined;
  /** PC/SC: where the package pcsc-mini is; its name unless told, or the path of its main file. */
  readonly pcscModule?: string | undefined;
  /** PKCS#11: path of the module of the cards' maker. */
  readonly pkcs11Module?: string | undefined;
  /** PKCS#11: label of the token or number of its slot; the first token that is there unless told. */
  readonly pkcs11Token?: string | undefined;
  /** So many seconds may a reader or module take for one call; 30 unless told. */
  readonly cardTimeout?: number | undefined;
}

/** What a transport may need to open its reader. */
export interface TransportOptions {
  readonly store: CardStore;
  readonly issuer: CertificateIssuer;
  readonly clock: Clock;
  readonly log: Log;
  readonly settings: CardSettings;
}

/** One way to reach cards. */
export interface Transport {
  readonly id: string;
  readonly description: string;
  /** Opens its reader. Rejects with one clear sentence when it cannot be used on this machine. */
  open(options: TransportOptions): Promise<Reader>;
}
