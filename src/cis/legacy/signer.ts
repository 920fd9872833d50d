import { createPrivateKey, generateKeyPair, type KeyObject, sign, X509Certificate } from 'node:crypto';
import { promisify } from 'node:util';
import type { Clock } from '@alongside/kernel/clock';
import type { Vault } from '@alongside/kernel/secrets';
import { z } from 'zod';
import { storedJson } from '../../storage/row.ts';
import type { Settings } from '../../storage/settings.ts';
import type { Authorities } from '../issuing-authority/authority.ts';
import type { CmsSigner } from './cms.ts';

const setting = 'cis.legacy.signer';
const storedKey = z.object({ certificate: z.string(), privateKey: z.string() });
const year = 365.25 * 86_400_000;

/** The key that signs challenges and role assertions of the legacy interface, and its certificate. */
export interface LegacyKey {
  certificate: X509Certificate;
  privateKey: KeyObject;
  cms: CmsSigner;
}

/** Provides an RSA key, because old clients read the signatures. It is created on first use, once for all processes, and encrypted in storage. */
export class LegacySigner {
  readonly #settings: Settings;
  readonly #vault: Vault;
  readonly #authorities: Authorities;
  readonly #clock: Clock;
  #loaded: { sealed: string; key: LegacyKey } | undefined;

  constructor(settings: Settings, vault: Vault, authorities: Authorities, clock: Clock) {
    this.#settings = settings;
    this.#vault = vault;
    this.#authorities = authorities;
    this.#clock = clock;
  }

  async key(): Promise<LegacyKey> {
    const sealed =
      (await this.#settings.get(setting)) ?? (await this.#settings.first(setting, await this.#create()));
    if (this.#loaded?.sealed !== sealed) this.#loaded = { sealed, key: this.#open(sealed) };
    return this.#loaded.key;
  }

  #open(sealed: string): LegacyKey {
    const stored = storedJson(storedKey, this.#vault.open(setting, sealed), setting);
    const certificate = new X509Certificate(Buffer.from(stored.certificate, 'base64'));
    const privateKey = createPrivateKey({
      key: Buffer.from(stored.privateKey, 'base64'),
      type: 'pkcs8',
      format: 'der',
    });
    return {
      certificate,
      privateKey,
      cms: {
        certificate: certificate.raw,
        digest: 'sha256',
        algorithm: '1.2.840.113549.1.1.1',
        sign: (content) => sign('sha256', content, privateKey),
      },
    };
  }

  async #create(): Promise<string> {
    const { buildCertificate, newSerial } = await import('../issuing-authority/x509-builder.ts');
    const authority = await this.#authorities.ensure('own');
    const pair = await promisify(generateKeyPair)('rsa', { modulusLength: 2_048 });
    const now = this.#clock.now();
    const certificate = await buildCertificate(
      {
        serial: newSerial(),
        issuer: authority.name,
        issuerKey: authority.publicKey,
        subject: [
          ['C', 'GB'],
          ['O', 'Alongside TEST'],
          ['OU', 'services'],
          ['CN', 'Alongside TEST CIS legacy interface'],
        ],
        subjectKey: pair.publicKey.export({ type: 'spki', format: 'der' }),
        notBefore: now - year,
        notAfter: now + 10 * year,
        // digitalSignature and nonRepudiation.
        keyUsage: { bits: 0xc0, unused: 6 },
      },
      authority.signWith,
    );
    const privateKey = pair.privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64');
    return this.#vault.seal(
      setting,
      JSON.stringify({ certificate: certificate.toString('base64'), privateKey }),
    );
  }
}
