import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { sharePostgres, type TestDatabases } from '../../../../test/testing/postgres.ts';
import { type Database, sql } from '../../../storage/database.ts';
import { openDatabase } from '../../../storage/dialects.ts';
import { pdsBase, type RunningGateway, scopes, startGateway } from '../../testing/gateway.ts';
import { reset } from './seed.ts';
import { Patients } from './store.ts';

const number = '9000000009';
const path = `${pdsBase}/Patient/${number}`;

for (const dialect of ['SQLite', 'PostgreSQL'] as const)
  describe(`patients that were read before, on ${dialect}`, () => {
    const folder = mkdtempSync(join(tmpdir(), 'alongside-patients-'));
    let postgres: TestDatabases | undefined;
    let gateway: RunningGateway;
    let elsewhere: Database;
    let token: string;
    before(async () => {
      if (dialect === 'PostgreSQL') postgres = await sharePostgres();
      const setting = postgres ? await postgres.create('patients') : `sqlite:${join(folder, 'patients.db')}`;
      gateway = await startGateway({}, setting);
      elsewhere = await openDatabase(setting, '');
      token = await gateway.issue();
    });
    after(async () => {
      await elsewhere.close();
      await gateway.stop();
      await postgres?.stop();
      rmSync(folder, { recursive: true, force: true });
    });
    const read = async (by = token) => {
      const answer = await gateway.call(path, { token: by });
      const body = (await answer.json()) as { meta: { versionId: string }; name: { family: string }[] };
      assert.equal(answer.headers.get('etag'), `W/"${body.meta.versionId}"`);
      return { version: Number(body.meta.versionId), family: body.name?.[0]?.family };
    };

    test('show the write of another process to the next read', async () => {
      const patients = new Patients(elsewhere);
      for (let turn = 0; turn < 10; turn++) {
        const before = await read();
        assert.deepEqual(await read(), before);
        const stored = await patients.get(number);
        assert.ok(stored);
        const record = structuredClone(stored);
        const [name] = record.patient.name ?? [];
        assert.ok(name);
        name.family = `Turn${turn}`;
        assert.equal(await patients.replace(stored, record), true);
        assert.deepEqual(await read(), { version: before.version + 1, family: `Turn${turn}` });
      }
    });

    test('show other content under the same version after a reset', async () => {
      const before = await read();
      await elsewhere.run(
        sql("UPDATE patient SET body = replace(body, ?, 'Other') WHERE nhs_number = ?", 'Turn9', number),
      );
      assert.deepEqual(await read(), { ...before, family: 'Other' });
      await reset(elsewhere);
      assert.equal((await read()).family, 'Smith');
    });

    test('show a change by PATCH to the next read', async () => {
      const { version } = await read();
      const answer = await gateway.call(path, {
        token,
        method: 'PATCH',
        headers: { 'content-type': 'application/json-patch+json', 'if-match': `W/"${version}"` },
        body: JSON.stringify({ patches: [{ op: 'replace', path: '/gender', value: 'male' }] }),
      });
      assert.equal(answer.status, 200, await answer.text());
      assert.equal((await read()).version, version + 1);
    });

    test('show each caller its own view', async () => {
      const restricted = `${pdsBase}/Patient/9000000025`;
      const privileged = await gateway.issue({ scope: scopes.privileged });
      for (let turn = 0; turn < 2; turn++)
        for (const [by, isFull] of [
          [token, false],
          [privileged, true],
        ] as const) {
          const answer = await gateway.call(restricted, { token: by });
          assert.equal('address' in ((await answer.json()) as object), isFull);
        }
    });

    test('cannot be changed by code that reads them', async () => {
      const patients = new Patients(gateway.database);
      const record = await patients.get(number);
      assert.throws(() => {
        (record as { patient: { gender?: string } }).patient.gender = 'other';
      }, TypeError);
      assert.equal(await patients.get(number), record);
    });
  });
