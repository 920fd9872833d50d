import type { Route } from '@alongside/kernel/http';

/** Public addresses of the parts, without a slash at the end: what browsers and clients see. They come from configuration, never from a request. */
export interface Urls {
  console: string;
  api: string;
  cis2: string;
  identityAgent: string;
  cis: string;
  sample: string;
}

/** Work that is done at an interval. `boot/regular-work.ts` runs it. */
export interface RegularTask {
  /** One process of the installation does the tasks of a service. */
  readonly service: string;
  /** Unique in the service, such as `expired-sessions`. */
  readonly name: string;
  /** Milliseconds between two runs. */
  readonly every: number;
  /** What concerns this process alone: every process does it. */
  readonly everyProcess?: true;
  /** Does one bounded round, and returns true when more is left. Two processes may do it at once, so that must do no harm. */
  run(): Promise<unknown>;
}

/** One part of the product, ready to be put behind a listener. */
export interface Service {
  readonly routes: readonly Route[];
  /** Turns what an endpoint threw into an answer, in the service's own form. */
  onError?(
    thrown: unknown,
    request: import('@alongside/kernel/http').HttpRequest,
  ): import('@alongside/kernel/answer').Answer;
  /** A look at every request before its route: an allow-list of hosts, say. */
  before?(
    request: import('@alongside/kernel/http').HttpRequest,
  ):
    | import('@alongside/kernel/answer').Answer
    | undefined
    | Promise<import('@alongside/kernel/answer').Answer | undefined>;
  /** What is answered to bytes that are no request, where the services of a listener leave it to one of them. */
  onMalformed?: import('@alongside/kernel/malformed').OnMalformed;
  /** Over HTTPS clients are asked for a certificate; whose it is, the endpoints check. */
  readonly clientCertificates?: boolean;
  readonly regularWork?: readonly RegularTask[];
  /** Begins what goes on beside requests, once the listener is up. */
  start?(): void | Promise<void>;
  /** Ends it. */
  stop?(): void | Promise<void>;
}

/** The issuer of CIS2 below its origin, in the shape of the published service. */
export const realmPath = '/openam/oauth2/realms/root/realms/NHSIdentity/realms/Healthcare';
