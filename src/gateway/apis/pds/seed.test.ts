import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { z } from 'zod';
import { sql } from '../../../storage/database.ts';
import { openDatabase } from '../../../storage/dialects.ts';
import { isNhsNumber } from './nhs-number.ts';
import { generatePatients, populationFrom } from './seed/population.ts';
import { reset, seed, seededPatients } from './seed.ts';
import { patientShape } from './shape.ts';
import { Patients } from './store.ts';

describe('seededPatients', () => {
  for (const record of [...seededPatients(), ...generatePatients(40)])
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

  test('can be extended by a population, always the same and with other numbers', () => {
    const some = [...generatePatients(500)];
    assert.deepEqual([...generatePatients(500)], some);
    const seeded = new Set(seededPatients().map((record) => record.patient.id));
    assert.ok(some.every((record) => isNhsNumber(record.patient.id) && !seeded.has(record.patient.id)));
    const parts = [populationFrom(0, 200)];
    parts.push(populationFrom(parts[0]?.nextHousehold ?? 0, 300));
    const joined = parts.flatMap(({ records }) => records);
    assert.deepEqual(joined, some.slice(0, joined.length));
  });
});

describe('the generated population', () => {
  test('has the variety of a real one', () => {
    const people = [...generatePatients(20_000)];
    const families = new Map<string, number>();
    const births = new Set<string>();
    const pairs = new Map<string, number>();
    for (const { patient } of people) {
      const family = patient.name?.[0]?.family ?? '';
      families.set(family, (families.get(family) ?? 0) + 1);
      births.add(patient.birthDate ?? '');
      const pair = `${family} ${patient.birthDate}`;
      pairs.set(pair, (pairs.get(pair) ?? 0) + 1);
    }
    const share = (of: (record: (typeof people)[number]) => unknown) =>
      people.filter(of).length / people.length;
    assert.equal(new Set(people.map(({ patient }) => patient.id)).size, people.length);
    assert.ok(births.size > 12_000, `${births.size} dates of birth`);
    assert.ok(Math.max(...families.values()) / people.length < 0.015);
    assert.ok(
      share(({ patient }) => pairs.get(`${patient.name?.[0]?.family} ${patient.birthDate}`) === 1) > 0.9,
    );
    const near = (found: number, expected: number) =>
      assert.ok(found > expected / 2 && found < expected * 2, `${found} instead of ${expected}`);
    near(
      share(({ patient }) => patient.deceasedDateTime),
      0.12,
    );
    near(
      share(({ supersededBy }) => supersededBy),
      0.005,
    );
    near(
      share(({ patient }) => patient.meta.security[0].code === 'R'),
      0.003,
    );
    near(
      share(({ history }) => history.name.length > 0),
      0.08,
    );
    near(
      share(({ history }) => history.address.length > 0),
      0.25,
    );
    near(
      share(({ patient }) => patient.address?.some(({ use }) => use === 'temp')),
      0.01,
    );
    near(
      share(({ patient }) => /[^A-Za-z]/.test(patient.name?.[0]?.family ?? '')),
      0.1,
    );
  });
});
