import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { sharePostgres, type TestDatabases } from '../../test/testing/postgres.ts';
import type { Database } from '../storage/database.ts';
import { openDatabase } from '../storage/dialects.ts';
import { type KeptCardsAnswer, paths } from './protocol.ts';
import { cardOf, codeIn, issueCard, mailsOf, manager, wrongCode } from './testing/cards.ts';

import { startCis, type TestCis, uids } from './testing/cis.ts';
import { Desk } from './testing/desk.ts';
import { legacyCard, legacyClient } from './testing/legacy-client.ts';

// Statements of CIS in the other dialect.
describe('CIS on PostgreSQL', () => {
  let postgres: TestDatabases;
  let database: Database;
  let cis: TestCis;
  before(async () => {
    postgres = await sharePostgres();
    database = await openDatabase(await postgres.create('cis'), '');
    cis = await startCis({ database, legacy: {} });
  });
  after(async () => {
    await cis.close();
    await database.close();
    await postgres.stop();
  });

  const act = (path: string, body: object) =>
    cis.call(path, { body: { actor: manager, ...body }, as: 'console' });

  test('orders and replaces a card once', async () => {
    const orders = await Promise.all(
      Array.from({ length: 5 }, () =>
        act(paths.cards, { uid: uids.gp, serial: '900000000001', locked: true }),
      ),
    );
    assert.deepEqual(orders.map(({ status }) => status).sort(), [201, 409, 409, 409, 409]);
    const card = await issueCard(cis, uids.gp);
    const replacements = await Promise.all(
      Array.from({ length: 5 }, () => act(paths.cardAct(card.serial, 'replace'), { reason: 'superseded' })),
    );
    assert.equal(replacements.filter(({ status }) => status === 201).length, 1);
    assert.deepEqual([(await cardOf(cis, card.serial)).state], ['replaced']);
    const { body } = await cis.call(`${paths.cards}?uid=${uids.gp}`, { as: 'console' });
    assert.equal((body.cards as unknown[]).length, 3);
  });

  test('returns all simultaneous changes of people', async () => {
    const changes = async (query = '') => {
      const { body } = await cis.call(`${paths.changes}${query}`, { as: 'cis2' });
      return body as { uids: string[]; last: number };
    };
    const { last } = await changes();
    const changed = [uids.gp, uids.nurse, uids.locum];
    await Promise.all(
      changed.map((uid) =>
        cis.call(paths.person(uid), { as: 'console', method: 'PATCH', body: { title: 'Dame' } }),
      ),
    );
    const heard = await changes(`?after=${last}`);
    assert.deepEqual(heard.uids.sort(), changed.sort());
    assert.deepEqual(await changes(`?after=${heard.last}`), { uids: [], gone: [], last: heard.last });
  });

  test('accepts a mailed code once and counts wrong ones', async () => {
    const card = await issueCard(cis, uids.nurse);
    const desk = new Desk(cis);
    await desk.askCode(card);
    const [mail] = await mailsOf(cis);
    const code = codeIn(mail ?? assert.fail());
    const give = (given: string) => desk.giveCode(card, given);
    const wrong = await give(wrongCode(code));
    assert.deepEqual([wrong.status, wrong.body.attemptsLeft], [403, 4]);
    const answers = await Promise.all([give(code), give(code), give(code)]);
    assert.equal(answers.filter(({ status }) => status === 200).length, 1);
  });

  test('increments the number of the CRL', async () => {
    const card = await issueCard(cis, uids.locum);
    const list = async () => {
      const { rows } = await database.run({
        text: "SELECT value FROM setting WHERE name = 'cis.crl.number'",
        values: [],
      });
      return Number(rows[0]?.value ?? 0);
    };
    const client = await legacyClient(cis);
    await client.get(paths.crl);
    const before = await list();
    await act(paths.cardAct(card.serial, 'revoke'), { reason: 'keyCompromise' });
    await client.get(paths.crl);
    assert.equal(await list(), before + 1);
    await client.stop();
  });

  test('stores the presence of an agent, an import and a legacy ticket', async () => {
    const desk = new Desk(cis);
    const { sessionId } = await desk.signIn(await issueCard(cis, uids.gp));
    await desk.sayPresent({}, sessionId);
    const agents = await cis.call(`${paths.presence}?address=127.0.0.1`, { as: 'cis2' });
    assert.equal((agents.body.agents as { sessionId: string }[])[0]?.sessionId, sessionId);

    const { body } = await cis.call(paths.directoryExport, { as: 'console' });
    const imported = await cis.call(paths.directoryImport, { body, as: 'console' });
    assert.deepEqual([imported.status, imported.body.unchanged], [200, 16]);

    const client = await legacyClient(cis);
    const ticket = await client.signIn(await legacyCard(cis, uids.nurse));
    assert.equal((await client.assertion(ticket)).status, 200);
    await client.stop();
  });

  test('exports and imports cards unchanged, and reports the end of a session to a waiting agent', async () => {
    const card = await issueCard(cis, uids.admin);
    const desk = new Desk(cis);
    await desk.signIn(card);
    const waiting = desk.sessionCall('GET', paths.end(desk.sessionId));
    await act(paths.cardAct(card.serial, 'revoke'), { reason: 'keyCompromise' });
    const ended = (await waiting).body;
    assert.equal(ended.endCause ?? ended.cause, 'administrator');

    const list = async () =>
      (await cis.call<KeptCardsAnswer>(paths.cardRecords, { as: 'console' })).body.cards;
    const before = await list();
    const at = (serial: string) => paths.cardRecord(serial);
    for (const { serial } of before) await cis.call(at(serial), { method: 'DELETE', as: 'console' });
    assert.deepEqual(await list(), []);
    for (const body of before)
      assert.equal((await cis.call(at(body.serial), { method: 'PUT', body, as: 'console' })).status, 204);
    assert.deepEqual(await list(), before);
  });
});
