import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import { describe, test } from 'node:test';
import { systemClock } from '@alongside/kernel/clock';
import { EventRecorder } from '@alongside/kernel/events';
import { Vault } from '@alongside/kernel/secrets';
import { bothDialects } from '../../../test/testing/dialects.ts';
import { assertNeedsAudit } from '../../../test/testing/failing-audit.ts';
import { AuditLog } from '../../storage/audit.ts';
import { openDatabase } from '../../storage/dialects.ts';
import { StoredEvents } from '../../storage/events.ts';
import { SingleUse } from '../../storage/single-use.ts';
import type { PersonKeys } from '../keys.ts';
import type { SigningServices } from '../parts.ts';
import { type SigningRequest, Transactions } from '../transactions.ts';
import { complete, end } from './complete.ts';

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

/** Opens a database as a process of its own does. */
async function connect(setting = ':memory:') {
  const database = await openDatabase(setting, '');
  const vault = new Vault(Buffer.alloc(32, 7));
  const audit = new AuditLog(database, systemClock, vault);
  const transactions = new Transactions(new SingleUse(database, systemClock), vault);
  const recorder = new EventRecorder(systemClock, new StoredEvents(database));
  const signing = { keys, transactions, audit, database, recorder } as unknown as SigningServices;
  return { database, audit, transactions, signing };
}

/** Opens a database with one request that waits. */
async function open() {
  const made = await connect();
  await made.database.run(made.transactions.keepStatement('a-token', request));
  return made;
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

// Two services on one database, as two processes are: each with its own connections.
for (const [dialect, create] of bothDialects())
  test(`two services on ${dialect} complete a request once, whether it is signed, declined or both`, async (t) => {
    const setting = await create();
    const one = await connect(setting);
    const two = await connect(setting);
    t.after(() => Promise.all([one.database.close(), two.database.close()]));
    const { transactions } = one;
    /** Each service seals its own records before both can be read. */
    async function recorded(action: string): Promise<number> {
      await one.audit.search({ action });
      return (await two.audit.search({ action })).length;
    }
    const expected = { 'signing.signed': 0, 'signing.refused': 0 };
    for (const declines of [0, 0, 10, 10, 10, 20]) {
      const token = transactions.newToken();
      await one.database.run(transactions.keepStatement(token, request));
      await Promise.all(
        Array.from({ length: 20 }, (_, n) => {
          const { signing } = n % 4 < 2 ? one : two;
          return (n * 7) % 20 < declines
            ? end(signing, token, request, { ending: 'declined', detail: 'declined' }, from)
            : complete(signing, token, request, presence, from);
        }),
      );
      const answer = await transactions.answer(token);
      assert.ok(answer);
      expected['ending' in answer ? 'signing.refused' : 'signing.signed'] += 1;
      for (const [action, count] of Object.entries(expected)) assert.equal(await recorded(action), count);
    }
    assert.ok(expected['signing.signed'] >= 2 && expected['signing.refused'] >= 1);
  });
