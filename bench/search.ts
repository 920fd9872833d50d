// Measures searches of people and cards in a large directory, on both databases: `npm run bench:search`.
//
// People have names, organisations and roles as unevenly spread as real ones. Each search is repeated with other values; the report has
// the median and the slowest.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@alongside/kernel/clock';
import { Vault } from '@alongside/kernel/secrets';
import { Cards } from '../src/cis/cards/cards.ts';
import { Directory } from '../src/cis/directory/directory.ts';
import { CertificateRecords } from '../src/cis/issuing-authority/certificate-records.ts';
import { insertStatement } from '../src/storage/batches.ts';
import type { Database, Statement, Value } from '../src/storage/database.ts';
import { openDatabase } from '../src/storage/dialects.ts';
import { keysOf, knownNamesStatements } from '../src/storage/person-keys.ts';
import { startPostgres } from '../test/testing/postgres.ts';
import { benchOptions, printReport } from './flags.ts';

const { people: count, ...options } = benchOptions('bench:search', {
  people: 1_000_000,
  database: ['sqlite', 'postgres'],
});

const organisationCount = Math.max(10, Math.round(count / 50));
const jobRoleCount = 150;
const atOnce = 2_000;
const rounds = 40;

/** A repeatable number from 0 to `below`; small ones are far more frequent, as are common names and large trusts. */
function skewed(seed: number, below: number): number {
  const part = ((Math.imul(seed + 1, 2_654_435_761) >>> 0) % 1_000_003) / 1_000_003;
  return Math.floor(part ** 3 * below);
}

const syllables = [
  'ma',
  'jo',
  'sa',
  'wil',
  'har',
  'ber',
  'el',
  'to',
  'an',
  'ka',
  'ry',
  'ste',
  'lin',
  'den',
  'ro',
];
function nameOf(number: number): string {
  let name = '';
  for (let rest = number + 20; rest > 0; rest = Math.floor(rest / syllables.length))
    name += syllables[rest % syllables.length];
  return `${name[0]?.toUpperCase()}${name.slice(1)}`;
}

const uidOf = (i: number): string => String(100_000_000_000 + i);
const codeOf = (number: number): string => `T${String(number).padStart(5, '0')}`;
const roleOf = (number: number): string => `R${String(1_000 + number)}`;

function personOf(i: number) {
  const [familyName, givenName] = [nameOf(skewed(i * 3, 40_000)), nameOf(skewed(i * 7 + 1, 4_000))];
  const places = i % 5 === 0 ? [i * 11, i * 13] : [i * 11];
  const roles = places.map((seed, index) => {
    const orgCode = codeOf(skewed(seed, organisationCount));
    const roleNumber = skewed(seed + 5, jobRoleCount);
    return {
      roleId: String(200_000_000_000 + i * 2 + index),
      personOrgId: String(300_000_000_000 + i * 2 + index),
      orgCode,
      orgName: `Organisation ${orgCode}`,
      roleCode: `S8000:G8000:${roleOf(roleNumber)}`,
      roleName: `"Clinical":"Clinical Provision":"Role ${roleNumber}"`,
      activities: [],
      workgroups: [],
      areasOfWork: [],
    };
  });
  return {
    uid: uidOf(i),
    persona: null,
    title: '',
    givenName,
    middleNames: '',
    familyName,
    initials: givenName[0] ?? '',
    displayName: `${familyName} ${givenName}`,
    email: '',
    idAssuranceLevel: '3',
    authenticators: ['smartcard'],
    organisations: roles.map(({ personOrgId, orgCode, orgName }) => ({
      personOrgId,
      orgCode,
      orgName,
      member: true,
    })),
    roles,
    professionalIds: {},
    disabled: false,
  };
}

async function fill(database: Database): Promise<void> {
  for (let from = 0; from < count; from += atOnce) {
    const people = Array.from({ length: Math.min(atOnce, count - from) }, (_, n) => personOf(from + n));
    const keys = people.flatMap((person) =>
      keysOf(person).map(({ scope, key }): Value[] => [scope, key, person.uid]),
    );
    const parts: Statement[] = [];
    for (let at = 0; at < keys.length; at += 5_000)
      parts.push(insertStatement('person_key', ['scope', 'key', 'uid'], keys.slice(at, at + 5_000)));
    const bodies = people.map((person): Value[] => [person.uid, JSON.stringify(person), 1]);
    const cards = people.map(({ uid }): Value[] => [
      `9${uid.slice(1)}`,
      uid,
      'active',
      'open',
      0,
      0,
      1,
      Number(uid),
    ]);
    await database.batch(
      [
        insertStatement('person', ['uid', 'body', 'revision'], bodies),
        ...parts,
        insertStatement(
          'card',
          ['serial', 'uid', 'state', 'pin', 'issued_locked', 'unlock_attempts', 'created_at', 'changed_at'],
          cards,
        ),
        ...knownNamesStatements(people),
      ],
      { patient: true },
    );
    if (from % 100_000 === 0) process.stderr.write(`${from} of ${count} people\n`);
  }
  if (database.dialect === 'postgres') await database.run({ text: 'ANALYZE', values: [] });
}

const rounded = (value: number): number => Math.round(value * 100) / 100;

async function measure(database: Database): Promise<Record<string, { median: number; slowest: number }>> {
  const directory = new Directory(database);
  const cards = new Cards(
    database,
    new CertificateRecords(database),
    new Vault(Buffer.alloc(32)),
    systemClock,
  );
  const all = { q: '', organisation: '', role: '' };
  const searches: Record<string, (n: number) => Promise<unknown>> = {
    'changed last': () => directory.search(all, '', 50),
    uid: (n) => directory.search({ ...all, q: uidOf(skewed(n, count)) }, '', 50),
    'one letter': (n) => directory.search({ ...all, q: 'mjswhbetakrsld'[n % 14] ?? 'm' }, '', 50),
    'family name': (n) => directory.search({ ...all, q: nameOf(n * 3) }, '', 50),
    'family and given name': (n) => directory.search({ ...all, q: `${nameOf(n)} ${nameOf(n)[0]}` }, '', 50),
    'name at the largest organisation': (n) =>
      directory.search({ ...all, q: nameOf(n), organisation: codeOf(0) }, '', 50),
    'the most frequent role': () => directory.search({ ...all, role: roleOf(0) }, '', 50),
    'rare role at a large organisation': (n) =>
      directory.search({ ...all, role: roleOf(jobRoleCount - 1 - n), organisation: codeOf(n) }, '', 50),
    'second page': async (n) => {
      const first = await directory.search({ ...all, q: nameOf(n)[0] ?? 'm' }, '', 50);
      return directory.search({ ...all, q: nameOf(n)[0] ?? 'm' }, first.next ?? '', 50);
    },
    'no such name': (n) => directory.search({ ...all, q: `xyz${n}` }, '', 50),
    'cards changed last': () => cards.search(all, '', 50),
    'cards by serial': (n) => cards.search({ ...all, q: `9${uidOf(n).slice(1)}` }, '', 50),
    'cards by name': (n) => cards.search({ ...all, q: nameOf(n * 3) }, '', 50),
    organisations: (n) => directory.findOrganisations(`n T000${n % 10}`),
    'no such organisation': (n) => directory.findOrganisations(`xyz${n}`),
    'job roles': (n) => directory.findJobRoles(`role ${n}`),
  };
  const report: Record<string, { median: number; slowest: number }> = {};
  for (const [name, search] of Object.entries(searches)) {
    const times: number[] = [];
    for (let n = 0; n < rounds; n++) {
      const began = performance.now();
      await search(n);
      times.push(performance.now() - began);
    }
    times.sort((one, other) => one - other);
    report[name] = { median: rounded(times[rounds / 2] ?? 0), slowest: rounded(times.at(-1) ?? 0) };
  }
  return report;
}

const server = options.database === 'postgres' ? await startPostgres() : undefined;
const folder = mkdtempSync(join(tmpdir(), 'alongside-search-'));
const database = await openDatabase(server ? await server.create('search') : '', folder);
try {
  await fill(database);
  const report = await measure(database);
  const lines = Object.entries(report).map(
    ([name, { median, slowest }]) => `${name.padEnd(36)} median ${median} ms, slowest ${slowest} ms`,
  );
  printReport(options.json, { people: count, ...report }, lines);
} finally {
  await database.close();
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
}
