import type { X509Certificate } from 'node:crypto';
import type { Clock } from '@alongside/kernel/clock';
import type { Listener } from '@alongside/kernel/http';
import type { Log, LogLevel } from '@alongside/kernel/log';
import { OperatorError } from '@alongside/kernel/operator';
import { type TrustedProxies, trustedProxies } from '@alongside/kernel/peer';
import type { SmtpSettings } from '../cis/mail/smtp.ts';
import type { ExternalIssuer } from '../cis/revocation/external-issuers.ts';
import { readIssuersFile } from '../cis/revocation/external-issuers.ts';
import type { Config } from '../config.ts';
import type { ClientRevocations } from '../oauth/client-revocations.ts';
import { type Reloadable, replaceAll } from './reload.ts';
import { openTls, trustAuthority } from './tls.ts';
import { clientAuthoritiesOf, clientRevocationsOf } from './upstreams.ts';

/** Shared state that a reload replaces. */
export interface LiveSettings {
  clientAuthorities: X509Certificate[];
  clientRevocations: ClientRevocations | undefined;
  externalIssuers: ExternalIssuer[];
  /** Undefined without a mail server. */
  smtp: SmtpSettings | undefined;
}

/** Refuses to switch a feature on or off: some settings can only change their value. */
function refuseSwitch(before: unknown, after: unknown, flag: string): void {
  if ((before === undefined) !== (after === undefined))
    throw new OperatorError(`Setting or removing ${flag} needs a restart.`);
}

/** Reads the state that a reload replaces. Throws OperatorError. */
export async function openLiveSettings(config: Config, clock: Clock, log: Log): Promise<LiveSettings> {
  return {
    clientAuthorities: clientAuthoritiesOf(config),
    clientRevocations: await clientRevocationsOf(config, clock, log),
    externalIssuers: readIssuersFile(config.cardIssuers),
    smtp: smtpOf(config),
  };
}

const smtpOf = ({ smtpUrl, mailFrom }: Config): SmtpSettings | undefined =>
  smtpUrl === undefined ? undefined : { url: smtpUrl, from: mailFrom };

/** Trusted proxies that a reload replaces. */
export class LiveProxies implements TrustedProxies {
  #current: TrustedProxies;

  constructor(entries: readonly string[]) {
    this.#current = trustedProxies(entries);
  }

  includes(address: string): boolean {
    return this.#current.includes(address);
  }

  use(proxies: TrustedProxies): void {
    this.#current = proxies;
  }
}

const logLevelPart = (level: LogLevel): Reloadable => ({
  settings: ['logLevel'],
  prepare: (config) => () => {
    level.current = config.logLevel;
  },
});

const proxiesPart = (live: LiveProxies): Reloadable => ({
  settings: ['trustedProxies'],
  prepare(config) {
    const proxies = trustedProxies(config.trustedProxies);
    return () => live.use(proxies);
  },
});

/** Existing connections keep their certificate. */
const tlsPart = (listeners: readonly Listener[], first: Config): Reloadable => ({
  settings: ['tlsCertificate', 'tlsKey', 'tlsAuthority'],
  files: ({ tlsCertificate, tlsKey, tlsAuthority }) => [tlsCertificate, tlsKey, tlsAuthority],
  prepare(config) {
    refuseSwitch(first.tlsCertificate, config.tlsCertificate, '--tls-certificate');
    const trust = trustAuthority(config.tlsAuthority);
    const tls = openTls(config);
    return () => {
      trust();
      if (tls) for (const listener of listeners) listener.useCertificate(tls);
    };
  },
});

const clientAuthoritiesPart = (
  { clientAuthorities, clientRevocations }: LiveSettings,
  first: Config,
): Reloadable => ({
  settings: ['tlsClientAuthorities', 'tlsClientRevocations'],
  files: ({ tlsClientAuthorities }) => [tlsClientAuthorities],
  async prepare(config) {
    refuseSwitch(first.tlsClientAuthorities, config.tlsClientAuthorities, '--tls-client-authorities');
    refuseSwitch(first.tlsClientRevocations, config.tlsClientRevocations, '--tls-client-revocations');
    const authorities = clientAuthoritiesOf(config);
    const revoked = await clientRevocations?.prepare(config.tlsClientRevocations ?? '');
    return () => {
      replaceAll(clientAuthorities, authorities);
      revoked?.();
    };
  },
});

const cardIssuersPart = ({ externalIssuers }: LiveSettings): Reloadable => ({
  settings: ['cardIssuers'],
  prepare({ cardIssuers }) {
    const issuers = readIssuersFile(cardIssuers);
    return () => replaceAll(externalIssuers, issuers);
  },
});

const mailPart = ({ smtp }: LiveSettings, first: Config): Reloadable => ({
  settings: ['smtpUrl', 'mailFrom'],
  prepare(config) {
    refuseSwitch(first.smtpUrl, config.smtpUrl, '--smtp-url');
    const next = smtpOf(config);
    return () => {
      if (smtp && next) Object.assign(smtp, next);
    };
  },
});

/** The settings of those parts. */
export const reloadableSettings: ReadonlySet<string> = new Set<keyof Config>([
  ...(['logLevel', 'trustedProxies', 'tlsCertificate', 'tlsKey', 'tlsAuthority', 'cardIssuers'] as const),
  ...(['tlsClientAuthorities', 'tlsClientRevocations', 'smtpUrl', 'mailFrom'] as const),
]);

/** All parts of the configuration that can change while the process runs. */
export const reloadableParts = (
  config: Config,
  parts: { live: LiveSettings; logLevel: LogLevel; proxies: LiveProxies; listeners: readonly Listener[] },
): Reloadable[] => [
  logLevelPart(parts.logLevel),
  proxiesPart(parts.proxies),
  tlsPart(parts.listeners, config),
  clientAuthoritiesPart(parts.live, config),
  cardIssuersPart(parts.live),
  mailPart(parts.live, config),
];
