import { createPrivateKey, generateKeyPair, type KeyObject, sign, X509Certificate } from 'node:crypto';
import { promisify } from 'node:util';
import type { Clock } from '@alongside/kernel/clock';
import type { Vault } from '@alongside/kernel/secrets';
import { z } from 'zod';
import type { Settings } from '../../storage/settings.ts';
import {
  type Authorities,
  type Authority,
  SealedSetting,
  subjectIn,
} from '../issuing-authority/authority.ts';
import { buildCertificate, newSerial } from '../issuing-authority/x509-builder.ts';
import type { CmsSigner } from './cms.ts';

const storedKey = z.object({ certificate: z.string(), privateKey: z.string() });
const year = 365.25 * 86_400_000;

/** The key that signs challenges and role assertions of the legacy interface, and its certificate. */
export interface LegacyKey {
  certificate: X509Certificate;
  privateKey: KeyObject;
  cms: CmsSigner;
}

async function open(stored: z.infer<typeof storedKey>): Promise<LegacyKey> {
  const certificate = new X509Certificate(Buffer.from(stored.certificate, 'base64'));
  const key = Buffer.from(stored.privateKey, 'base64');
  const privateKey = createPrivateKey({ key, type: 'pkcs8', format: 'der' });
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

async function create({ name, publicKey, signWith }: Authority, now: number) {
  const pair = await promisify(generateKeyPair)('rsa', { modulusLength: 2_048 });
  const certificate = await buildCertificate(
    {
      serial: newSerial(),
      issuer: name,
      issuerKey: publicKey,
      subject: subjectIn('services', ['CN', 'Alongside TEST CIS legacy interface']),
      subjectKey: pair.publicKey.export({ type: 'spki', format: 'der' }),
      notBefore: now - year,
      notAfter: now + 10 * year,
      // digitalSignature and nonRepudiation.
      keyUsage: { bits: 0xc0, unused: 6 },
    },
    signWith,
  );
  return {
    certificate: certificate.toString('base64'),
    privateKey: pair.privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64'),
  };
}

/** Signs with RSA, which old clients support. */
export class LegacySigner {
  readonly #keys: SealedSetting<z.infer<typeof storedKey>, LegacyKey>;
  readonly #authorities: Authorities;
  readonly #clock: Clock;

  constructor(settings: Settings, vault: Vault, authorities: Authorities, clock: Clock) {
    this.#keys = new SealedSetting(settings, vault, 'cis.legacy.signer', storedKey, open);
    this.#authorities = authorities;
    this.#clock = clock;
  }

  key(): Promise<LegacyKey> {
    return this.#keys.ensure(async () => create(await this.#authorities.ensure('own'), this.#clock.now()));
  }
}
