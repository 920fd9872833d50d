import assert from 'node:assert/strict';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { after, before, beforeEach, describe, test } from 'node:test';
import fc from 'fast-check';
import type { Database } from '../../storage/database.ts';
import { sql } from '../../storage/database.ts';
import { openDatabase } from '../../storage/dialects.ts';
import { type ImportAnswer, type ImportProgress, importProgressType, paths } from '../protocol.ts';
import { startCis, type TestCis } from '../testing/cis.ts';
import { DocumentScanner, NotDocument } from './document-scanner.ts';

const head = 'uid,persona,givenName,familyName,orgCode,orgName,roleCode,roleName';
const role = 'S8000:G8000:R8001,"""Clinical"":""Clinical Provision"":""Nurse Access Role"""';
const uidOf = (n: number) => `7${String(n).padStart(11, '0')}`;
const personaOf = (n: number) => `person-${n}`;
const lineOf = (n: number, persona = '') =>
  `${uidOf(n)},${persona},Given${n},Family${n},ORG${n % 50},Organisation ${n % 50},${role}`;
const fileOf = (lines: readonly string[]) => `${[head, ...lines].join('\r\n')}\r\n`;
const many = (count: number) => Array.from({ length: count }, (_, n) => lineOf(n));

/** Records the number of statements of each batch. */
function watched(database: Database) {
  const sizes: number[] = [];
  const wrapped = Object.assign(Object.create(database) as Database, {
    dialect: database.dialect,
    batch: (...call: Parameters<Database['batch']>) => {
      sizes.push(call[0].length);
      return database.batch(...call);
    },
    run: (...call: Parameters<Database['run']>) => database.run(...call),
    durable: () => database.durable(),
    get: (...call: Parameters<Database['get']>) => database.get(...call),
    all: (...call: Parameters<Database['all']>) => database.all(...call),
    stampOf: (...call: Parameters<Database['stampOf']>) => database.stampOf(...call),
  });
  return { sizes, wrapped };
}

describe('an import of many people', () => {
  let cis: TestCis;
  let database: Database;
  let sizes: number[];
  before(async () => {
    database = await openDatabase(':memory:', '');
    const made = watched(database);
    sizes = made.sizes;
    cis = await startCis({ database: made.wrapped });
  });
  beforeEach(() => cis.reset());
  after(() => cis.close());

  const send = (body: string | Uint8Array, type = 'text/csv', query = '') =>
    cis.call<ImportAnswer & { error?: string; problem?: string }>(`${paths.directoryImport}${query}`, {
      method: 'POST',
      body,
      headers: { 'content-type': type },
      as: 'console',
    });
  const problemsOf = async (body: string | Uint8Array, type?: string) =>
    (await send(body, type)).body.errors.map(({ line, field, problem }) => `${line} ${field}: ${problem}`);
  const imported = async () =>
    Number(
      (await database.get<{ n: number }>(sql("SELECT COUNT(*) AS n FROM person WHERE uid LIKE '7000%'")))?.n,
    );
  const audited = async () =>
    (await cis.audit.list())
      .filter(({ action }) => action.startsWith('directory.import'))
      .map(({ action, detail }) => [action, detail]);

  /** Starts an import whose response has lines of progress. */
  async function begin(body: string, signal?: AbortSignal) {
    const response = await fetch(`${cis.origin}${paths.directoryImport}`, {
      method: 'POST',
      body,
      headers: {
        authorization: cis.authorization('console'),
        'content-type': 'text/csv',
        accept: importProgressType,
      },
      ...(signal ? { signal } : {}),
    });
    assert.equal(response.status, 200);
    const input = Readable.from(response.body ?? []);
    return createInterface({ input })[Symbol.asyncIterator]();
  }

  test('is written in batches of few people, and answers with progress', async () => {
    sizes.length = 0;
    const lines: (ImportProgress & { status?: number; result?: ImportAnswer })[] = [];
    const found = await begin(fileOf(many(1_000)));
    for (let next = await found.next(); !next.done; next = await found.next())
      lines.push(JSON.parse(next.value));
    const last = lines.pop();
    assert.deepEqual([last?.status, last?.result?.added], [200, 1_000]);
    const phases = new Set(lines.map(({ phase }) => phase));
    assert.deepEqual([...phases], ['checking', 'writing']);
    assert.ok(lines.every(({ done, total }) => done <= total));
    // Sixteen people with one role each, and the names that they share.
    assert.ok(Math.max(...sizes) <= 16 * 8, `a batch has ${Math.max(...sizes)} statements`);
    assert.ok(sizes.length >= 1_000 / 16);
    const counts = { added: 1_000, changed: 0 };
    assert.deepEqual((await audited()).slice(-2), [
      ['directory.import-started', counts],
      ['directory.imported', counts],
    ]);
  });

  test('is refused for a bad line at its end, before anything is written', async () => {
    const lines = many(5_000);
    lines[4_998] = lineOf(4_998).replace('ORG48', 'org48');
    assert.deepEqual(await problemsOf(fileOf(lines)), [
      '5000 organisations.0.orgCode: must be an ODS code: 3 to 12 capital letters and digits',
    ]);
    assert.equal(await imported(), 0);
  });

  test('stops between two batches when its client leaves, and the same file continues it', async () => {
    const leaving = new AbortController();
    const body = fileOf(many(3_000));
    const lines = await begin(body, leaving.signal);
    for (;;) {
      const { value, done } = await lines.next();
      assert.ok(!done, 'the import ended too early');
      if (JSON.parse(value).phase === 'writing') break;
    }
    leaving.abort();
    await lines.next().catch(() => undefined);
    let again = await send(body);
    for (let n = 0; again.status === 409 && n < 100; n++) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      again = await send(body);
    }
    const { added, unchanged, changed } = again.body;
    assert.deepEqual([again.status, changed, added + unchanged], [200, 0, 3_000]);
    assert.ok(unchanged > 0 && added > 0, `${unchanged} were there, ${added} were added`);
    assert.equal(await imported(), 3_000);
  });

  test('stops when its client leaves that asked for no progress', async () => {
    const leaving = new AbortController();
    const call = fetch(`${cis.origin}${paths.directoryImport}`, {
      method: 'POST',
      body: fileOf(many(3_000)),
      headers: { authorization: cis.authorization('console'), 'content-type': 'text/csv' },
      signal: leaving.signal,
    });
    while ((await imported()) === 0) await new Promise((resolve) => setTimeout(resolve, 2));
    leaving.abort();
    await assert.rejects(call, { name: 'AbortError' });
    for (let before = -1; before !== (await imported()); ) {
      before = await imported();
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    assert.ok((await imported()) < 3_000);
  });

  test('runs alone: another one is refused', async () => {
    const lines = await begin(fileOf(many(1_500)));
    await lines.next();
    const other = await send(fileOf([lineOf(9_999)]));
    assert.deepEqual([other.status, other.body.error], [409, 'import_running']);
    for (let end = false; !end; ) end = (await lines.next()).done === true;
    assert.equal((await send(fileOf([lineOf(9_999)]))).status, 200);
    assert.equal(await imported(), 1_501);
  });

  test('moves personas between people at its two ends in one batch', async () => {
    const lines = many(200);
    const withEnds = (first: string, last: string, rest: readonly string[]) =>
      fileOf([lineOf(0, first), ...rest, lineOf(199, last)]);
    const rest = lines.slice(1, -1);
    await send(withEnds(personaOf(0), personaOf(199), rest));
    // All others change too, so that the two would be in different batches.
    const changed = rest.map((line) => line.replace('Family', 'House'));
    const swapped = await send(withEnds(personaOf(199), personaOf(0), changed));
    assert.deepEqual([swapped.status, swapped.body.changed], [200, 200]);
    const taken = await send(fileOf([...lines, lineOf(200, personaOf(7)), lineOf(201, personaOf(7))]));
    assert.deepEqual(
      taken.body.errors.map(({ line }) => line),
      [203],
    );
  });

  test('needs a uid of each person in a document of several batches', async () => {
    const people = Array.from({ length: 17 }, (_, n) => ({ givenName: 'A', familyName: `B${n}` }));
    const document = (list: unknown[]) => JSON.stringify({ version: 1, people: list });
    assert.equal((await send(document(people.slice(1)), 'application/json')).body.added, 16);
    assert.match((await problemsOf(document(people), 'application/json'))[0] ?? '', /^1 uid: is required/);
  });

  test('is refused with a sentence for another encoding, and for a record that is too long', async () => {
    const text = fileOf([lineOf(1)]);
    const utf16 = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, 'utf16le')]);
    assert.deepEqual(await problemsOf(utf16), ['1 : it has the encoding UTF-16: save it as UTF-8']);
    const latin1 = Buffer.from(text.replace('Given1', 'Ren\u00e9'), 'latin1');
    assert.match((await problemsOf(latin1))[0] ?? '', /^1 : it is not UTF-8: save it as UTF-8/);
    assert.equal((await send(Buffer.from(`\uFEFF${text}`))).body.added, 1);
    const long = fileOf([lineOf(2), lineOf(3).replace('Given3', 'x'.repeat(70_000))]);
    assert.match((await problemsOf(long))[0] ?? '', /Max Record Size/);
    const json = (givenName: string) => `{"version":1,"people":[{"givenName":"${givenName}"}]}`;
    const big = await send(json('x'.repeat(1_100_000)), 'application/json');
    assert.deepEqual(
      [big.status, big.body.problem],
      [400, 'A value of people is longer than 1048576 bytes at line 1, column 24'],
    );
    const damaged = await send('{"version":1,\n"people":[\n{"givenName":"A" "B"}]}', 'application/json');
    assert.match(damaged.body.problem ?? '', /at line 3, column 18$/);
    assert.equal(await imported(), 1);
  });
});

describe('the scanner of a document', () => {
  interface Scanned {
    members: Record<string, unknown>;
    list: unknown[];
  }
  function scan(text: string, size: number): Scanned {
    const scanned: Scanned = { members: {}, list: [] };
    const scanner = new DocumentScanner(
      'people',
      { entry: 100_000, member: 100_000 },
      {
        member(name, value) {
          Object.defineProperty(scanned.members, name, { value, enumerable: true });
        },
        entry: (value) => void scanned.list.push(value),
      },
    );
    const bytes = Buffer.from(text);
    for (let from = 0; from < bytes.length; from += size) scanner.feed(bytes.subarray(from, from + size));
    scanner.end();
    return scanned;
  }

  test('finds what JSON.parse finds, in slices of any size', () => {
    const document = fc.record({
      version: fc.jsonValue(),
      people: fc.array(fc.jsonValue()),
      'a "name"': fc.jsonValue(),
    });
    fc.assert(
      fc.property(document, fc.integer({ min: 1, max: 40 }), fc.constantFrom(0, 1), (value, size, indent) => {
        const text = JSON.stringify(value, null, indent);
        const { people, ...members } = JSON.parse(text);
        const scanned = scan(text, size);
        assert.deepEqual(scanned.list, people);
        assert.deepEqual({ ...scanned.members }, { ...members, people: [] });
      }),
    );
  });

  test('refuses what JSON.parse refuses', () => {
    const piece = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"people"',
      '"a"',
      '1',
      'true',
      ' ',
      '\n',
      '"',
      'x',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 14 }), fc.integer({ min: 1, max: 5 }), (pieces, size) => {
        const text = pieces.join('');
        let isObject = false;
        try {
          const value: unknown = JSON.parse(text);
          isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
        } catch {
          // Not JSON.
        }
        if (isObject) return;
        assert.throws(() => scan(text, size), NotDocument);
      }),
      { numRuns: 2_000 },
    );
  });
});
