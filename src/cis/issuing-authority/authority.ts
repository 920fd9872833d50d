import { X509Certificate } from 'node:crypto';
import type { Clock } from '@alongside/kernel/clock';
import type { Vault } from '@alongside/kernel/secrets';
import { z } from 'zod';
import { storedJson } from '../../storage/row.ts';
import type { Settings } from '../../storage/settings.ts';
import type { CertificatePlan, Name } from './x509-builder.ts';

/** A certificate and its private key in storage: DER and PKCS#8 in base64. */
const storedKey = z.object({ certificate: z.string(), privateKey: z.string() });
const storedAuthority = z.object({ root: storedKey, issuing: storedKey });

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

const settingOf = (id: AuthorityId): string => `cis.authority.${id}`;

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

/**
 * The authorities of virtual cards. Each has a root and an issuing key, P-256, encrypted in storage. It is created for the first card,
 * once for all processes.
 */
export class Authorities {
  readonly #settings: Settings;
  readonly #vault: Vault;
  readonly #clock: Clock;
  readonly #loaded = new Map<string, Promise<Authority>>();

  constructor(settings: Settings, vault: Vault, clock: Clock) {
    this.#settings = settings;
    this.#vault = vault;
    this.#clock = clock;
  }

  /** Returns an authority and creates it if necessary. */
  async ensure(id: AuthorityId): Promise<Authority> {
    const sealed =
      (await this.#settings.get(settingOf(id))) ??
      (await this.#settings.first(settingOf(id), await this.#create(id)));
    return this.#load(id, sealed);
  }

  /** Returns an authority; undefined if no card has needed it yet. */
  async find(id: AuthorityId): Promise<Authority | undefined> {
    const sealed = await this.#settings.get(settingOf(id));
    return sealed === undefined ? undefined : this.#load(id, sealed);
  }

  /** Caches by the stored text, because an import may replace an authority. */
  #load(id: AuthorityId, sealed: string): Promise<Authority> {
    const known = this.#loaded.get(sealed);
    if (known) return known;
    const loading = this.#open(id, sealed);
    for (const older of this.#loaded.keys()) if (this.#loaded.size > 4) this.#loaded.delete(older);
    this.#loaded.set(sealed, loading);
    loading.catch(() => this.#loaded.delete(sealed));
    return loading;
  }

  async #open(id: AuthorityId, sealed: string): Promise<Authority> {
    const setting = settingOf(id);
    const { root, issuing } = storedJson(storedAuthority, this.#vault.open(setting, sealed), setting);
    const certificate = new X509Certificate(Buffer.from(issuing.certificate, 'base64'));
    return {
      certificate,
      root: new X509Certificate(Buffer.from(root.certificate, 'base64')),
      name: nameOf(id, 'Authentication'),
      publicKey: certificate.publicKey.export({ type: 'spki', format: 'der' }),
      signWith: await subtle.importKey('pkcs8', Buffer.from(issuing.privateKey, 'base64'), curve, false, [
        'sign',
      ]),
    };
  }

  async #create(id: AuthorityId): Promise<string> {
    const { buildCertificate, newSerial } = await import('./x509-builder.ts');
    const now = this.#clock.now();
    const [root, issuing] = await Promise.all([newKey(), newKey()]);
    const shared = {
      issuer: nameOf(id, 'Root Authority'),
      issuerKey: root.publicKey,
      notBefore: now - 5 * year,
      keyUsage: certificateSigning,
    };
    const rootPlan: CertificatePlan = {
      ...shared,
      serial: newSerial(),
      subject: shared.issuer,
      subjectKey: root.publicKey,
      notAfter: now + 30 * year,
      authority: { pathLength: 1 },
    };
    const issuingPlan: CertificatePlan = {
      ...shared,
      serial: newSerial(),
      subject: nameOf(id, 'Authentication'),
      subjectKey: issuing.publicKey,
      notAfter: now + 20 * year,
      authority: { pathLength: 0 },
    };
    const [rootCertificate, issuingCertificate] = await Promise.all([
      buildCertificate(rootPlan, root.signWith),
      buildCertificate(issuingPlan, root.signWith),
    ]);
    const stored: z.infer<typeof storedAuthority> = {
      root: { certificate: rootCertificate.toString('base64'), privateKey: root.privateKey },
      issuing: { certificate: issuingCertificate.toString('base64'), privateKey: issuing.privateKey },
    };
    return this.#vault.seal(settingOf(id), JSON.stringify(stored));
  }
}
