import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import { describe, test } from 'node:test';
import { systemClock } from '@alongside/kernel/clock';
import { EventRecorder } from '@alongside/kernel/events';
import { Vault } from '@alongside/kernel/secrets';
import { assertNeedsAudit } from '../../../test/testing/failing-audit.ts';
import { AuditLog } from '../../storage/audit.ts';
import { openDatabase } from '../../storage/dialects.ts';
import { StoredEvents } from '../../storage/events.ts';
import { SingleUse } from '../../storage/single-use.ts';
import type { PersonKeys } from '../keys.ts';
import type { SigningServices } from '../parts.ts';
import { type SigningRequest, Transactions } from '../transactions.ts';
import { complete } from './complete.ts';

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
const keys = {
  ensure: async () => ({
    sign: async (_algorithm, data) => sign('sha256', data, privateKey),
    certificate: 'Y2VydA==',
    serial: '0a',
  }),
} satisfies Pick<PersonKeys, 'ensure'>;

const request: SigningRequest = {
  application: 'an-application',
  applicationName: 'An application',
  clientId: 'a-client',
  uid: '656005750108',
  family: 'a-family',
  callback: 'https://app.example.test/signed',
  state: null,
  algorithm: 'RS256',
  payloads: [{ id: '1', payload: 'YQ==' }],
};
const presence = { mode: 'user', authenticator: 'N3_SMARTCARD' } as const;
const from = { address: '127.0.0.1' };

/** Opens a database with one request that waits. */
async function open() {
  const database = await openDatabase(':memory:', '');
  const vault = new Vault(Buffer.alloc(32, 7));
  const audit = new AuditLog(database, systemClock, vault);
  const transactions = new Transactions(new SingleUse(database, systemClock), vault);
  const recorder = new EventRecorder(systemClock, new StoredEvents(database));
  const signing = { keys, transactions, audit, database, recorder } as unknown as SigningServices;
  await database.run(transactions.keepStatement('a-token', request));
  return { database, audit, transactions, signing };
}

describe('completing a signature request', () => {
  test('signs nothing without its audit records, as after a crash, and the same once they can be written', async (t) => {
    const { database, transactions, signing } = await open();
    t.after(() => database.close());
    await assertNeedsAudit(database, ['single_use'], async () => {
      try {
        await complete(signing, 'a-token', request, presence, from);
        return { status: 200 };
      } catch {
        assert.ok(await transactions.find('a-token'), 'it still waits');
        assert.equal(await transactions.answer('a-token'), undefined);
        return { status: 500 };
      }
    });
    assert.ok(await transactions.answer('a-token'));
  });

  test('has one winner of twenty, and one record of the signature', async (t) => {
    const { database, audit, transactions, signing } = await open();
    t.after(() => database.close());
    const all = await Promise.all(
      Array.from({ length: 20 }, () => complete(signing, 'a-token', request, presence, from)),
    );
    const won = all.filter((answer) => answer !== undefined);
    assert.equal(won.length, 1);
    assert.deepEqual(await transactions.answer('a-token'), JSON.parse(JSON.stringify(won[0])));
    assert.equal((await audit.search({ action: 'signing.signed' })).length, 1);
  });

  test('keeps payloads encrypted', async (t) => {
    const { database } = await open();
    t.after(() => database.close());
    const [row] = await database.all<{ payload: string }>({
      text: 'SELECT payload FROM single_use',
      values: [],
    });
    assert.doesNotMatch(row?.payload ?? '', /YQ==/);
  });
});
