import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { randomDigits } from '@alongside/kernel/ids';
import {
  type CardProfile,
  type CardRecord,
  type CardSignature,
  type CertificateAnswer,
  type OutboxAnswer,
  type OutboxMail,
  paths,
} from '../protocol.ts';
import type { TestCis } from './cis.ts';

/** A registration authority manager of the seed. */
export const manager = '656005750104';

/** A software card: the keys of a virtual card without its applet. */
export interface TestCard {
  uid: string;
  serial: string;
  /** DER in base64. */
  certificate: string;
  signingCertificate: string;
  key: KeyObject;
  sign(message: string | Uint8Array): CardSignature;
}

export const newCardKey = (type: 'ec' | 'rsa' = 'ec') =>
  type === 'ec'
    ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
    : generateKeyPairSync('rsa', { modulusLength: 2_048 });

export const spkiOf = (key: KeyObject): string =>
  key.export({ type: 'spki', format: 'der' }).toString('base64');

/** Two keys of a card, and the members of a request that name them. */
export const newKeys = (type: 'ec' | 'rsa' = 'ec') => {
  const [authentication, signing] = [newCardKey(type), newCardKey()];
  return {
    authentication,
    body: { authenticationKey: spkiOf(authentication.publicKey), signingKey: spkiOf(signing.publicKey) },
  };
};

export const testCard = (
  uid: string,
  serial: string,
  certificates: CertificateAnswer,
  key: KeyObject,
): TestCard => ({
  uid,
  serial,
  certificate: certificates.authentication,
  signingCertificate: certificates.signing,
  key,
  sign: (message) => ({
    certificate: certificates.authentication,
    signature: sign('sha256', Buffer.from(message), key).toString('base64'),
  }),
});

/** Issues a card by the endpoint. */
export async function issueCard(
  cis: Pick<TestCis, 'call'>,
  uid: string,
  { profile = 'standard', type = 'ec' }: { profile?: CardProfile; type?: 'ec' | 'rsa' } = {},
): Promise<TestCard> {
  const keys = newKeys(type);
  const serial = randomDigits(12);
  const order = { uid, cardSerial: serial, profile, ...keys.body };
  const { status, body } = await cis.call<CertificateAnswer>(paths.certificates, {
    body: order,
    as: 'cardIssuer',
  });
  assert.equal(status, 201, JSON.stringify(body));
  return testCard(uid, serial, body, keys.authentication.privateKey);
}

export const cardOf = async (cis: TestCis, serial: string): Promise<CardRecord> =>
  (await cis.call<CardRecord>(paths.card(serial), { as: 'console' })).body;

export const mailsOf = async (cis: TestCis): Promise<OutboxMail[]> =>
  (await cis.call<OutboxAnswer>(paths.mailOutbox, { as: 'console' })).body.mails;

export const codeIn = ({ text }: OutboxMail): string => /\b\d{8}\b/.exec(text)?.[0] ?? '';

/** Returns a code that differs from this one in its first digit. */
export const wrongCode = (code: string): string =>
  code.replace(/^./, (digit) => String((Number(digit) + 1) % 10));

export const auditOf = async (cis: TestCis, action: string) =>
  (await cis.audit.list()).filter((record) => record.action === action);
