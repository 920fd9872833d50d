import { X509Certificate } from 'node:crypto';
import type { Clock } from '@alongside/kernel/clock';
import type { Vault } from '@alongside/kernel/secrets';
import { z } from 'zod';
import { storedJson } from '../../storage/row.ts';
import type { Settings } from '../../storage/settings.ts';
import type { Name } from './x509-builder.ts';

/** A certificate and its private key in storage: DER and PKCS#8 in base64. */
const storedKey = z.object({ certificate: z.string(), privateKey: z.string() });
const storedAuthority = z.object({ root: storedKey, issuing: storedKey });
type StoredAuthority = z.infer<typeof storedAuthority>;

/** An authority that signs card certificates. */
export interface Authority {
  /** Certificate of the issuing key, which the root signed. */
  certificate: X509Certificate;
  root: X509Certificate;
  name: Name;
  /** SPKI DER of the issuing key. */
  publicKey: Buffer;
  signWith: CryptoKey;
}

export type AuthorityId = 'own' | 'foreign';

const organisations: Readonly<Record<AuthorityId, string>> = {
  own: 'Alongside TEST',
  foreign: 'Another TEST Authority',
};

const year = 365.25 * 86_400_000;
const curve = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const { subtle } = crypto;
/** keyCertSign and cRLSign. */
const certificateSigning = { bits: 0x06, unused: 1 };

/** Returns the name of a person or a service for whom the own authority certifies a key. */
export const subjectIn = (unit: 'people' | 'services', ...others: Name): Name => [
  ['C', 'GB'],
  ['O', organisations.own],
  ['OU', unit],
  ...others,
];

const nameOf = (id: AuthorityId, commonName: string): Name => [
  ['C', 'GB'],
  ['O', organisations[id]],
  ['OU', 'CA'],
  ['CN', `${organisations[id]} ${commonName}`],
];

async function newKey() {
  const pair = await subtle.generateKey(curve, true, ['sign', 'verify']);
  const publicKey = Buffer.from(await subtle.exportKey('spki', pair.publicKey));
  const privateKey = Buffer.from(await subtle.exportKey('pkcs8', pair.privateKey)).toString('base64');
  return { publicKey, privateKey, signWith: pair.privateKey };
}

async function open(id: AuthorityId, { root, issuing }: StoredAuthority): Promise<Authority> {
  const certificate = new X509Certificate(Buffer.from(issuing.certificate, 'base64'));
  const privateKey = Buffer.from(issuing.privateKey, 'base64');
  return {
    certificate,
    root: new X509Certificate(Buffer.from(root.certificate, 'base64')),
    name: nameOf(id, 'Authentication'),
    publicKey: certificate.publicKey.export({ type: 'spki', format: 'der' }),
    signWith: await subtle.importKey('pkcs8', privateKey, curve, false, ['sign']),
  };
}

async function create(id: AuthorityId, now: number): Promise<StoredAuthority> {
  const { buildCertificate, newSerial } = await import('./x509-builder.ts');
  const [root, issuing] = await Promise.all([newKey(), newKey()]);
  async function certify(key: typeof root, commonName: string, years: number, pathLength: number) {
    const plan = {
      serial: newSerial(),
      issuer: nameOf(id, 'Root Authority'),
      issuerKey: root.publicKey,
      subject: nameOf(id, commonName),
      subjectKey: key.publicKey,
      notBefore: now - 5 * year,
      notAfter: now + years * year,
      keyUsage: certificateSigning,
      authority: { pathLength },
    };
    const certificate = await buildCertificate(plan, root.signWith);
    return { certificate: certificate.toString('base64'), privateKey: key.privateKey };
  }
  return {
    root: await certify(root, 'Root Authority', 30, 1),
    issuing: await certify(issuing, 'Authentication', 20, 0),
  };
}

/** The authorities of virtual cards. Each has a root and an issuing key, P-256, and is created for the first card. */
export class Authorities {
  readonly #clock: Clock;
  readonly #keys: Readonly<Record<AuthorityId, SealedSetting<StoredAuthority, Authority>>>;

  constructor(settings: Settings, vault: Vault, clock: Clock) {
    this.#clock = clock;
    const keys = (id: AuthorityId) =>
      new SealedSetting(settings, vault, `cis.authority.${id}`, storedAuthority, (stored) =>
        open(id, stored),
      );
    this.#keys = { own: keys('own'), foreign: keys('foreign') };
  }

  /** Returns an authority and creates it if necessary. */
  ensure(id: AuthorityId): Promise<Authority> {
    return this.#keys[id].ensure(() => create(id, this.#clock.now()));
  }

  /** Returns an authority; undefined if no card has needed it yet. */
  find(id: AuthorityId): Promise<Authority | undefined> {
    return this.#keys[id].find();
  }
}

/** Keys in a setting, encrypted. The first process that needs them creates them for all. `Opened` is their usable form. */
export class SealedSetting<Stored, Opened> {
  readonly #settings: Settings;
  readonly #vault: Vault;
  readonly #name: string;
  readonly #shape: z.ZodType<Stored>;
  readonly #open: (stored: Stored) => Promise<Opened>;
  #cached: { sealed: string; opened: Promise<Opened> } | undefined;

  constructor(
    settings: Settings,
    vault: Vault,
    name: string,
    shape: z.ZodType<Stored>,
    open: (stored: Stored) => Promise<Opened>,
  ) {
    this.#settings = settings;
    this.#vault = vault;
    this.#name = name;
    this.#shape = shape;
    this.#open = open;
  }

  /** Returns the keys, and creates them the first time. */
  async ensure(create: () => Promise<Stored>): Promise<Opened> {
    const sealed = await this.#settings.get(this.#name);
    if (sealed !== undefined) return this.#opened(sealed);
    const created = this.#vault.seal(this.#name, JSON.stringify(await create()));
    return this.#opened(await this.#settings.first(this.#name, created));
  }

  /** Returns the keys; undefined if they do not exist yet. */
  async find(): Promise<Opened | undefined> {
    const sealed = (await this.#settings.cached(this.#name)) ?? (await this.#settings.get(this.#name));
    return sealed === undefined ? undefined : this.#opened(sealed);
  }

  /** Caches by the stored text, because an import may replace the keys. */
  #opened(sealed: string): Promise<Opened> {
    if (this.#cached?.sealed === sealed) return this.#cached.opened;
    const opened = this.#open(storedJson(this.#shape, this.#vault.open(this.#name, sealed), this.#name));
    this.#cached = { sealed, opened };
    opened.catch(() => {
      this.#cached = undefined;
    });
    return opened;
  }
}
