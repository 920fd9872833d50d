import type { Answer } from '@alongside/kernel/answer';
import type { HttpRequest, Route } from '@alongside/kernel/http';
import type { OnMalformed } from '@alongside/kernel/incoming';

/** Public addresses of the parts as browsers and clients use them, without a final slash. Configured, never taken from a request. */
export interface Urls {
  console: string;
  api: string;
  /** Origin of the APIs by definition: that of the API platform, unless they have their own. */
  apis: string;
  cis2: string;
  identityAgent: string;
  cis: string;
  sample: string;
}

/** Work at an interval, run by `boot/regular-work.ts`. */
export interface RegularTask {
  /** One process of the installation runs the tasks of a service. */
  readonly service: string;
  /** Unique in the service, such as `expired-sessions`. */
  readonly name: string;
  /** Milliseconds between two runs. */
  readonly every: number;
  /** Set for work on the state of a process: every process runs it. */
  readonly everyProcess?: true;
  /** Does one bounded round and returns true if work remains. Two processes may run it at once, so that must be harmless. */
  run(): Promise<unknown>;
}

/** One part of the product, ready for a listener. */
export interface Service {
  readonly routes: readonly Route[];
  /** Runs before the routes and may respond, for example with an allow-list of hosts. The service has a listener of its own. */
  before?(request: HttpRequest): Answer | undefined | Promise<Answer | undefined>;
  /** Responds to bytes that are not a valid request. One service of a listener may have it. */
  readonly onMalformed?: OnMalformed;
  /** Whether the TLS handshake requests a client certificate, which the endpoints validate. */
  readonly clientCertificates?: boolean;
  readonly regularWork?: readonly RegularTask[];
  /** Starts background work, after the listener. */
  start?(): void | Promise<void>;
  stop?(): void | Promise<void>;
}

/** Path of the issuer of CIS2, in the form of the published service. */
export const realmPath = '/openam/oauth2/realms/root/realms/NHSIdentity/realms/Healthcare';
