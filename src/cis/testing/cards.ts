import { type CardRecord, type OutboxMail, paths } from '../protocol.ts';
import { newCardKey, spkiOf, type TestCis } from './cis.ts';

// What the tests of cards share.

/** A registration authority manager of the seed. */
export const manager = '656005750104';

export const newKeys = (type: 'ec' | 'rsa' = 'ec') => {
  const [authentication, signing] = [newCardKey(type), newCardKey()];
  return {
    authentication,
    body: {
      authenticationKey: spkiOf(authentication.publicKey),
      signingKey: spkiOf(signing.publicKey),
    },
  };
};

export const cardOf = async (cis: TestCis, serial: string): Promise<CardRecord> =>
  (await cis.call(paths.card(serial), { as: 'console' })).body as unknown as CardRecord;

export const mailsOf = async (cis: TestCis): Promise<OutboxMail[]> =>
  (await cis.call(paths.mailOutbox, { as: 'console' })).body.mails as OutboxMail[];

export const codeIn = ({ text }: OutboxMail): string => /\b\d{8}\b/.exec(text)?.[0] ?? '';

export const auditOf = async (cis: TestCis, action: string) =>
  (await cis.audit.list()).filter((record) => record.action === action);
