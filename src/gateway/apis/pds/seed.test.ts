import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { z } from 'zod';
import { sql } from '../../../storage/database.ts';
import { openDatabase } from '../../../storage/dialects.ts';
import { isNhsNumber } from './nhs-number.ts';
import { generatePatients, reset, seed, seededPatients } from './seed.ts';
import { patientShape } from './shape.ts';
import { Patients } from './store.ts';

describe('seededPatients', () => {
  for (const record of [...seededPatients(), ...generatePatients(25)])
    test(`gives ${record.patient.id} the published shape`, () => {
      const { error } = patientShape.safeParse(record.patient);
      assert.equal(error && z.prettifyError(error), undefined);
      assert.equal(record.patient.identifier[0]?.value, record.patient.id);
    });

  test('have unique numbers, and cover each scenario', () => {
    const all = seededPatients();
    assert.equal(new Set(all.map((record) => record.patient.id)).size, all.length);
    const codes = new Set(all.map((record) => record.patient.meta.security[0].code));
    assert.deepEqual([...codes].sort(), ['R', 'U', 'V']);
    assert.ok(all.some(({ invalidated }) => invalidated));
    const numbers = new Set(all.map((record) => record.patient.id));
    for (const { supersededBy } of all) if (supersededBy !== null) assert.ok(numbers.has(supersededBy));
    assert.ok(all.some((record) => record.patient.birthDate && !record.patient.address));
    assert.ok(all.some((record) => /[^\u0020-\u007e]/.test(record.patient.name?.[0]?.family ?? '')));
  });

  test('are stored once and read back unchanged', async () => {
    const database = await openDatabase(':memory:', '');
    const patients = new Patients(database);
    const count = seededPatients().length;
    assert.equal(await seed(database), count);
    assert.equal(await seed(database), 0);
    const jane = await patients.get('9000000009');
    assert.ok(jane);
    assert.equal(
      await patients.replace(jane, { ...jane, patient: { ...jane.patient, gender: 'other' } }),
      true,
    );
    await seed(database, [{ ...jane, patient: { ...jane.patient, id: '9000000106' } }]);
    await reset(database);
    assert.deepEqual(await patients.get('9000000009'), jane);
    assert.equal(await patients.get('9000000106'), undefined);
    assert.equal((await database.all(sql('SELECT nhs_number FROM patient'))).length, count);
    await database.close();
  });

  test('change once for two concurrent changes of one version', async () => {
    const database = await openDatabase(':memory:', '');
    const patients = new Patients(database);
    await seed(database);
    const jane = await patients.get('9000000009');
    assert.ok(jane);
    const wins = await Promise.all(['a', 'b', 'c', 'd'].map(() => patients.replace(jane, jane)));
    assert.equal(wins.filter(Boolean).length, 1);
    assert.equal((await patients.get('9000000009'))?.patient.meta.versionId, '3');
    await database.close();
  });

  test('can be extended by generated ones, always the same and with other numbers', () => {
    const some = [...generatePatients(500)];
    assert.deepEqual([...generatePatients(500)], some);
    const seeded = new Set(seededPatients().map((record) => record.patient.id));
    assert.ok(some.every((record) => isNhsNumber(record.patient.id) && !seeded.has(record.patient.id)));
  });
});
