import { statSync } from 'node:fs';
import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { systemClock } from '@alongside/kernel/clock';
import { silentLog } from '@alongside/kernel/log';
import { isLoopbackName } from '@alongside/kernel/networks';
import { ConfigurationError, flagOf, OperatorError } from '@alongside/kernel/operator';
import { trustedProxies } from '@alongside/kernel/peer';
import { otherReader } from '@alongside/kernel/windows-access';
import { readIssuersFile } from '../cis/revocation/external-issuers.ts';
import { webAuthnPolicy } from '../cis2/authenticators/webauthn/policy.ts';
import type { Config } from '../config.ts';
import type { Urls } from '../service.ts';
import { apisProblem, type MutualTlsUrls, mutualTlsUrls, portsFrom, publicUrls } from './addresses.ts';
import { requireVolume } from './data-folder.ts';
import { MasterKeyFile } from './master-key.ts';
import { signInSettings, webAuthnSettings } from './sign-in-settings.ts';
import { tokenSettings } from './signing/token.ts';
import { openTheme } from './theme.ts';
import { certificateProblem, openTls, type TlsFiles, trustAuthority } from './tls.ts';
import { clientAuthoritiesOf, clientRevocationsOf, upstreamsOf } from './upstreams.ts';

interface Plan {
  config: Config;
  urls: Urls;
  mutualTls: MutualTlsUrls;
  folder: string;
  tls: TlsFiles | undefined;
  /** In milliseconds. */
  now: number;
}

type Check = (plan: Plan) => string | undefined;

const keepsData: Check = ({ config: { ephemeral, database } }) =>
  ephemeral || database === ':memory:'
    ? 'Production keeps its data: leave out --ephemeral and --database :memory:.'
    : undefined;

const hasNoSample: Check = ({ config: { only } }) =>
  only.includes('sample')
    ? 'The sample application is for development: leave "sample" out of --only.'
    : undefined;

const isHttps: Check = ({ urls, mutualTls }) => {
  const addresses = Object.entries({
    ...urls,
    apiMutualTls: mutualTls.api,
    apisMutualTls: mutualTls.apis,
    cis2MutualTls: mutualTls.cis2,
  });
  for (const [name, address] of addresses) {
    const { protocol, hostname } = new URL(address ?? 'https://localhost');
    if (protocol === 'http:' && !isLoopbackName(hostname))
      return `The address ${address} must be https, because others could read the traffic. Set it with --url-${flagOf(name)}.`;
  }
  return undefined;
};

/** Returns the public addresses that this process serves beyond loopback. */
function servedAddresses({
  config: { only },
  urls,
  mutualTls,
}: Pick<Plan, 'config' | 'urls' | 'mutualTls'>): URL[] {
  const platform = only.includes('authorisation') || only.includes('gateway');
  const addresses = [
    ...(platform ? [urls.api, mutualTls.api] : []),
    ...(only.includes('gateway') ? [urls.apis, mutualTls.apis] : []),
    ...(only.includes('cis2') ? [urls.cis2, mutualTls.cis2] : []),
    ...(only.includes('cis') ? [urls.cis] : []),
  ];
  return addresses.filter((address) => address !== undefined).map((address) => new URL(address));
}

const endsTls: Check = (plan) => {
  const { tlsCertificate, trustedProxies } = plan.config;
  if (tlsCertificate !== undefined || trustedProxies.length > 0) return undefined;
  const address = servedAddresses(plan).find(
    ({ protocol, hostname }) => protocol === 'https:' && !isLoopbackName(hostname),
  );
  return address
    ? `The address ${address.origin} is https, and nothing ends TLS: set --tls-certificate and --tls-key, or name the proxy that ends it with --trusted-proxies.`
    : undefined;
};

/** A proxy in front checks the certificate itself, and its name may differ. */
const certificateIsValid: Check = (plan) => {
  const { config, tls, now } = plan;
  if (!tls) return undefined;
  const hostnames =
    config.trustedProxies.length > 0 ? [] : servedAddresses(plan).map(({ hostname }) => hostname);
  const problem = certificateProblem(tls.certificate, hostnames, now);
  return (
    problem &&
    `The certificate ${config.tlsCertificate} ${problem}. Replace it, or correct the addresses (--url-…).`
  );
};

/** Self-service mails unlock codes and notices of changed authenticators. */
const mailsSelfService: Check = ({ config: { only, selfService, smtpUrl } }) =>
  only.includes('cis') && selfService && smtpUrl === undefined
    ? 'Self-service needs a mail server: set --smtp-url, or switch self-service off with --no-self-service.'
    : undefined;

/** Browsers create passkeys only for host names (WebAuthn section 5.1.3). */
const consoleHasName: Check = ({ config: { only }, urls }) => {
  const { hostname } = new URL(urls.console);
  return only.includes('console') && isIP(hostname.replace(/^\[|\]$/g, '')) !== 0
    ? 'Administrators sign in with passkeys, which need a host name: give --url-console one.'
    : undefined;
};

/** Returns whether others may open a file or folder; a missing one is reported when it is read. */
function isOpenToOthers(path: string, { hasOwnGroup = false } = {}): boolean {
  if (process.platform === 'win32') return otherReader(path) !== undefined;
  const { mode, gid } = statSync(path, { throwIfNoEntry: false }) ?? { mode: 0, gid: 0 };
  const forOthers = hasOwnGroup && gid === process.getegid?.() ? 0o037 : 0o077;
  return (mode & forOthers) !== 0;
}

const folderIsPrivate: Check = ({ config: { masterKey }, folder }) =>
  masterKey === undefined && process.platform !== 'win32' && isOpenToOthers(folder)
    ? `The master key would be in ${folder}, which other users can open: chmod 700 it, or use --master-key.`
    : undefined;

/** Returns why the folder is no place for the master key and the operator's token; no mode protects files of Windows. */
export function openFolderProblem(folder: string, reader = otherReader(folder)): string | undefined {
  return (
    reader &&
    `${reader} can open ${folder}, which has the secrets of this installation: let only its own user, Administrators and SYSTEM open it (docs/windows.md), or choose another with --data.`
  );
}

const folderIsClosed: Check = ({ folder }) => openFolderProblem(folder);

/** A container has one user. Kubernetes lets it read a Secret only through its group. */
const keyIsPrivate: Check = ({ config: { masterKey, dataVolume } }) =>
  masterKey !== undefined && isOpenToOthers(masterKey, { hasOwnGroup: dataVolume ?? false })
    ? `The master key ${masterKey} can be read by other users: ${process.platform === 'win32' ? 'let only its owner and Administrators read it' : 'chmod 600 it'}, and let it belong to the user that runs Alongside.`
    : undefined;

const capturesNothing: Check = ({ config: { captureMessages } }) =>
  captureMessages === true
    ? 'Requests and responses are captured in development only: leave out --capture-messages in production.'
    : undefined;
const hasNoSandbox: Check = ({ config: { sandbox } }) =>
  sandbox ? 'The sandbox of the PDS takes no token: leave out --sandbox in production.' : undefined;

const confirmsNative: Check = ({ config: { confirmNative } }) =>
  confirmNative
    ? undefined
    : 'Any user of a machine can be an application without a secret there: leave out --no-confirm-native in production.';

const hasRealCertificate: Check = ({ config: { tls } }) =>
  tls
    ? 'No client trusts the certificate of --tls: set --tls-certificate and --tls-key in production.'
    : undefined;

/** A browser on another machine must use TLS, which the console does not support itself. */
const consoleHasProxy: Check = ({ config: { only, consoleHost, trustedProxies } }) =>
  only.includes('console') &&
  consoleHost !== undefined &&
  !isLoopbackName(consoleHost) &&
  trustedProxies.length === 0
    ? `The console would be open at ${consoleHost} without TLS: name the proxy in front of it with --trusted-proxies, or leave out --console-host.`
    : undefined;

/** Each agent has its own card reader and sessions. */
const sharesWork: Check = ({ config: { only, processes = 1 } }) =>
  processes > 1 && only.includes('identity-agent')
    ? 'An Identity Agent is one process: leave identity-agent out of --only, or leave out --processes.'
    : undefined;

const apisAreApart: Check = ({ urls }) => apisProblem(urls);

const checks: readonly Check[] = [
  keepsData,
  hasNoSample,
  capturesNothing,
  hasNoSandbox,
  confirmsNative,
  hasRealCertificate,
  isHttps,
  sharesWork,
  apisAreApart,
  consoleHasName,
  consoleHasProxy,
  folderIsPrivate,
  folderIsClosed,
  keyIsPrivate,
  endsTls,
  certificateIsValid,
  mailsSelfService,
];

/** Returns all problems that prevent a production start, one sentence each. */
const productionProblems = (plan: Plan): string[] =>
  checks.map((check) => check(plan)).filter((problem) => problem !== undefined);

/** Throws ConfigurationError with one sentence for an unsafe production configuration. */
export function checkProduction(plan: Plan): void {
  const [problem] = productionProblems(plan);
  if (problem !== undefined) throw new ConfigurationError(problem);
}

/** Reads the master key, if there is one. The command of a key service runs only at a start. */
function readMasterKey(config: Config, folder: string): void {
  const file = new MasterKeyFile(folder, config);
  if (config.masterKeyCommand === undefined) file.read();
}

/** Returns all problems of this configuration that can be found before the database is opened. */
export async function startProblems(config: Config, now: number): Promise<string[]> {
  const problems: string[] = [];
  const attempt = async <T>(work: () => T | Promise<T>): Promise<T | undefined> => {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error;
      problems.push(error.message);
      return undefined;
    }
  };
  const folder = resolve(config.data);
  const tls = await attempt(() => openTls(config));
  for (const read of [
    () => trustAuthority(config.tlsAuthority),
    () => trustedProxies(config.trustedProxies),
    () => config.dataVolume && requireVolume(config.data),
    () => readMasterKey(config, folder),
    () => tokenSettings(config),
    () => openTheme(config.theme),
    () => upstreamsOf(config),
    () => webAuthnPolicy(webAuthnSettings(config), false),
    () => signInSettings(config),
    () => clientAuthoritiesOf(config),
    () => clientRevocationsOf(config, systemClock, silentLog),
    () => readIssuersFile(config.cardIssuers),
  ])
    await attempt<unknown>(read);
  const ports = portsFrom(config.portBase);
  const urls = publicUrls(config, ports, false);
  const plan = { config, urls, mutualTls: mutualTlsUrls(config, ports, urls), folder, tls, now };
  return [...problems, ...productionProblems(plan)];
}
