import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import { postgresMissing, sharePostgres, type TestDatabases } from '../../test/testing/postgres.ts';
import { type Database, RowError, sql } from './database.ts';
import { openDatabase } from './dialects.ts';
import {
  computed,
  flag,
  integer,
  json,
  nullable,
  oneOf,
  type RowOf,
  row,
  rowShapes,
  sharedJson,
  storedJson,
  text,
} from './row.ts';

describe('row', () => {
  const shape = row('card', {
    serial: text,
    state: oneOf('active', 'revoked'),
    issued_locked: flag,
    renewal_until: nullable(integer),
    found: computed(json(z.object({ name: z.string() }))),
  });
  const stored = {
    serial: 's',
    state: 'active',
    issued_locked: 1,
    renewal_until: null,
    found: '{"name":"n"}',
  };

  test('converts the columns of the shape and drops others', () => {
    const expected: RowOf<typeof shape> = {
      serial: 's',
      state: 'active',
      issued_locked: true,
      renewal_until: null,
      found: { name: 'n' },
    };
    assert.deepEqual(shape.read({ ...stored, other: 'x' }), expected);
  });

  for (const [column, value] of [
    ['serial', 7],
    ['serial', null],
    ['state', 'secret'],
    ['issued_locked', 2],
    ['renewal_until', 'secret'],
    ['renewal_until', 1.5],
    ['found', '{"name":'],
    ['found', '{"secret":"n"}'],
  ] as const)
    test(`names the column and not the data when ${column} is ${value}`, () => {
      assert.throws(
        () => shape.read({ ...stored, [column]: value }),
        (error) =>
          error instanceof RowError && error.message === `The stored value of card.${column} is invalid.`,
      );
    });

  test('rejects a row without a column of the shape', () => {
    const { renewal_until: _, ...incomplete } = stored;
    assert.throws(() => shape.read(incomplete), /card\.renewal_until/);
  });

  test('parses each shared text once and freezes the value', () => {
    const column = sharedJson(z.object({ list: z.array(z.string()) }));
    const value = column.read('{"list":["a"]}');
    assert.equal(column.read('{"list":["a"]}'), value);
    assert.throws(() => value?.list.push('b'), TypeError);
  });

  test('names stored JSON that is not a column', () => {
    assert.throws(() => storedJson(z.string(), '7', 'setting x'), /^RowError: The stored value of setting x/);
  });
});

// Modules register their shapes when they are loaded.
const source = join(import.meta.dirname, '..');
const importsRow = /from '[^']*\/row\.ts'/;

type Schema = Map<string, { storedAs: string; isNullable: boolean }>;

async function schemaOf(database: Database): Promise<Schema> {
  const statement =
    database.dialect === 'sqlite'
      ? `SELECT m.name || '.' || c.name AS name, LOWER(c.type) AS type, c."notnull" = 0 AND c.pk = 0 AS may_be_null
         FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table'`
      : `SELECT table_name || '.' || column_name AS name, data_type AS type, (is_nullable = 'YES')::int AS may_be_null
         FROM information_schema.columns WHERE table_schema = 'public'`;
  const columns = await database.all(
    sql(statement),
    row('schema', { name: computed(text), type: computed(text), may_be_null: computed(flag) }),
  );
  return new Map(
    columns.map(({ name, type, may_be_null: isNullable }) => [
      name,
      { storedAs: type === 'text' ? 'text' : 'integer', isNullable },
    ]),
  );
}

describe('row shapes', () => {
  let server: TestDatabases | undefined;
  before(async () => {
    if (postgresMissing === false) server = await sharePostgres();
    for (const file of readdirSync(source, { recursive: true, encoding: 'utf8' })) {
      if (!file.endsWith('.ts') || /\.test\.ts$/.test(file)) continue;
      const path = join(source, file);
      if (importsRow.test(readFileSync(path, 'utf8'))) await import(pathToFileURL(path).href);
    }
  });
  after(() => server?.stop());

  for (const [name, open] of [
    ['SQLite', () => openDatabase(':memory:', '')],
    ['PostgreSQL', async () => openDatabase((await server?.create('rows')) ?? assert.fail(), '')],
  ] as const)
    test(`match the schema of ${name}`, { skip: name === 'PostgreSQL' && postgresMissing }, async () => {
      const database = await open();
      try {
        const schema = await schemaOf(database);
        for (const { table, columns } of rowShapes()) {
          for (const [column, { storedAs, isNullable, isComputed }] of Object.entries(columns)) {
            if (isComputed) continue;
            const found = table
              .split(' ')
              .map((each) => schema.get(`${each}.${column}`))
              .find(Boolean);
            assert.deepEqual({ storedAs, isNullable }, found, `${table}.${column}`);
          }
        }
      } finally {
        await database.close();
      }
    });
});
