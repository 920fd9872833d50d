import { KeyObject, X509Certificate } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder, OperatorError } from '@alongside/kernel/operator';
import type { Config } from '../config.ts';
import type { Urls } from '../service.ts';
import { certificateProblem, textIn } from './tls.ts';

const { subtle } = crypto;
const day = 86_400_000;
/** The longest validity that browsers accept. */
const validity = 397 * day;
/** A certificate with less validity left is replaced at the start. */
const renewal = 30 * day;
const serverAuthentication = '1.3.6.1.5.5.7.3.1';

/**
 * Returns the configuration with the files of `--tls` in the data folder; unchanged without `--tls`. With `--tls-authority`, one file
 * has that authority too.
 */
export function withOwnCertificate(config: Config, dataFolder: string): Config {
  if (!config.tls) return config;
  if (config.tlsCertificate || config.tlsKey)
    throw new OperatorError(
      'Use --tls, or a certificate of your own with --tls-certificate and --tls-key, not both.',
    );
  const fileOf = (name: string) => join(dataFolder, 'tls', `${name}.pem`);
  return {
    ...config,
    tlsCertificate: fileOf('certificate'),
    tlsKey: fileOf('key'),
    tlsAuthority: fileOf(config.tlsAuthority ? 'authorities' : 'authority'),
  };
}

async function newKey() {
  const pair = await subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
  return { spki: Buffer.from(await subtle.exportKey('spki', pair.publicKey)), privateKey: pair.privateKey };
}

const loopbackNames = ['localhost', '127.0.0.1', '::1'];

/**
 * Creates the certificate of `--tls` for this machine and its public names, unless the files have one that stays valid.
 * @param more the file of `--tls-authority`. Throws ConfigurationError if it cannot be read.
 */
export async function ensureOwnCertificate(
  config: Config,
  urls: Urls,
  now: number,
  more?: string,
): Promise<void> {
  const { tlsKey = '', tlsAuthority = '' } = config;
  const own = join(tlsKey, '..', 'authority.pem');
  await ensureFiles({ ...config, tlsAuthority: own }, urls, now);
  if (more)
    writeFileSync(tlsAuthority, `${readFileSync(own, 'utf8')}\n${textIn(more, 'authority certificate')}`);
}

async function ensureFiles(
  { tlsCertificate = '', tlsKey = '', tlsAuthority = '' }: Config,
  urls: Urls,
  now: number,
): Promise<void> {
  const publicNames = Object.values(urls).map((url) => new URL(url).hostname.replace(/^\[|\]$/g, ''));
  const hostnames = [...new Set([...loopbackNames, ...publicNames])];
  const isKept = [tlsCertificate, tlsKey, tlsAuthority].every((file) => existsSync(file));
  if (isKept && !certificateProblem(readFileSync(tlsCertificate, 'utf8'), hostnames, now + renewal)) return;
  // Loaded here, because most instances need no certificate.
  const { buildCertificate, newSerial } = await import('../cis/issuing-authority/x509-builder.ts');
  // The authority's key is not stored, so that it cannot certify another host.
  const [authority, own] = await Promise.all([newKey(), newKey()]);
  const issuer = [['CN', `Alongside on this machine ${newSerial().slice(0, 8)}`]] as const;
  const plan = { issuer, issuerKey: authority.spki, notBefore: now - day, notAfter: now + validity };
  const root = {
    ...plan,
    serial: newSerial(),
    subject: issuer,
    subjectKey: authority.spki,
    keyUsage: { bits: 0x06, unused: 1 },
    authority: { pathLength: 0 },
  };
  const server = {
    ...plan,
    serial: newSerial(),
    subject: [['CN', 'localhost']] as const,
    subjectKey: own.spki,
    keyUsage: { bits: 0x80, unused: 7 },
    extendedUsages: [serverAuthentication],
    hostnames,
  };
  const pemOf = async (each: typeof root | typeof server) =>
    new X509Certificate(await buildCertificate(each, authority.privateKey)).toString();
  makeFolder(join(tlsKey, '..'), 0o700);
  writeFileSync(tlsAuthority, await pemOf(root));
  writeFileSync(tlsKey, KeyObject.from(own.privateKey).export({ type: 'pkcs8', format: 'pem' }), {
    mode: 0o600,
  });
  writeFileSync(tlsCertificate, await pemOf(server));
}
