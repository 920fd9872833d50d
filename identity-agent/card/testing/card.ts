import { KeyObject, randomBytes, webcrypto } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromBER, Integer, Utf8String } from 'asn1js';
import {
  AttributeTypeAndValue,
  Certificate,
  CryptoEngine,
  type CryptoEngineParameters,
  PublicKeyInfo,
} from 'pkijs';
import type { CardIssuer, CertificateRequest } from '../card-issue.ts';
import type { CardSeed } from '../card-record.ts';
import { CardStore } from '../card-store.ts';
import { PivApplet } from '../piv-applet.ts';

const engine = new CryptoEngine({ name: 'node', crypto: webcrypto } as unknown as CryptoEngineParameters);
const ISSUER = 'Test issuing authority';
const nameOf = (value: string) =>
  new AttributeTypeAndValue({ type: '2.5.4.3', value: new Utf8String({ value }) });
const ecdsa = { name: 'ECDSA', namedCurve: 'P-256' };

/** A real certificate authority for tests. */
export class TestAuthority implements CardIssuer {
  /** Requests received, in order. */
  readonly requests: CertificateRequest[] = [];
  /** Expiry of the certificates that it issues from now on. */
  notAfter = new Date('2028-01-01T00:00:00Z');
  readonly #key = webcrypto.subtle.generateKey(ecdsa, true, ['sign', 'verify']);

  /** Public key that verifies its certificates. */
  async publicKey(): Promise<KeyObject> {
    return KeyObject.from((await this.#key).publicKey);
  }

  async issue(request: CertificateRequest) {
    this.requests.push(request);
    const [authentication, signing] = await Promise.all(
      [request.authenticationKey, request.signingKey].map((key) => this.#certificate(request.uid, key)),
    );
    if (!authentication || !signing) throw new Error('Two keys make two certificates.');
    return { authentication, signing };
  }

  issueSigning({ uid, signingKey }: Pick<CertificateRequest, 'uid' | 'signingKey'>): Promise<Uint8Array> {
    return this.#certificate(uid, signingKey);
  }

  /** Returns the serial of the last card certified for this person. */
  serialOf(uid: string): string {
    return this.requests.findLast((request) => request.uid === uid)?.serial ?? '';
  }

  async #certificate(uid: string, spki: Uint8Array): Promise<Uint8Array> {
    const certificate = new Certificate();
    certificate.version = 2;
    certificate.serialNumber = new Integer({ valueHex: Uint8Array.from([1, ...randomBytes(15)]).buffer });
    certificate.subject.typesAndValues.push(nameOf(uid));
    certificate.issuer.typesAndValues.push(nameOf(ISSUER));
    certificate.notBefore.value = new Date('2026-01-01T00:00:00Z');
    certificate.notAfter.value = this.notAfter;
    certificate.subjectPublicKeyInfo = new PublicKeyInfo({
      schema: fromBER(Uint8Array.from(spki).buffer).result,
    });
    const { privateKey } = await this.#key;
    await certificate.sign(privateKey as CryptoKey, 'SHA-256', engine);
    return new Uint8Array(certificate.toSchema(true).toBER(false));
  }
}

/** A fictional person. */
export const person: CardSeed = { persona: 'tester', uid: '656005750199', name: 'Robin Tester' };

/** A card store in a temporary folder, with a function to open it again. */
export async function temporaryStore(test: { after(end: () => Promise<void>): void }) {
  const folder = await mkdtemp(join(tmpdir(), 'cards-'));
  test.after(() => rm(folder, { recursive: true, force: true }));
  const files = {
    path: join(folder, 'agent', 'cards.json'),
    secretPath: join(folder, 'agent', 'install.secret'),
  };
  return { folder, files, store: await CardStore.open(files), reopen: () => CardStore.open(files) };
}

/** A powered card with keys, in its own store. */
export async function poweredCard(
  test: { after(end: () => Promise<void>): void },
  seed: Partial<CardSeed> = {},
) {
  const place = await temporaryStore(test);
  const { serial } = await place.store.add({ ...person, ...seed });
  const authority = new TestAuthority();
  const card = await place.store.ensureKeys(serial, authority);
  return { ...place, authority, card, applet: new PivApplet(place.store.memory(serial)) };
}
