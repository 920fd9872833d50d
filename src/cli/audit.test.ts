import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ManualClock } from '@alongside/kernel/clock';
import { OperatorError, UsageError } from '@alongside/kernel/operator';
import { openStorage, type Storage } from '../boot/storage.ts';
import { AuditLog } from '../storage/audit.ts';
import { sql } from '../storage/database.ts';
import { audit as command } from './commands/audit.ts';
import { backup } from './commands/backup.ts';
import { recordedOutput } from './testing/command.ts';

const nhsNumber = '9000000009';

describe('alongside audit', () => {
  const folder = mkdtempSync(join(tmpdir(), 'alongside-audit-'));
  const log = join(folder, 'serve.log');
  let storage: Storage;
  let written: AuditLog;
  const anchors: string[] = [];

  before(async () => {
    storage = await openStorage({ database: '', ephemeral: false }, folder, 'production');
    const anchorLog = {
      debug() {},
      warn() {},
      error() {},
      info: (fields: object, msg: string) => void anchors.push(JSON.stringify({ level: 30, ...fields, msg })),
    };
    const clock = new ManualClock(Date.parse('2026-03-02T09:00:00Z'));
    written = new AuditLog(storage.database, clock, storage.vault, { anchorLog });
    await written.recordAlone({
      action: 'patient.read',
      outcome: 'ok',
      actor: '656005750107',
      application: 'app-1',
      role: '555254240100',
      subject: nhsNumber,
      address: '192.0.2.1',
      requestId: 'r-1',
      detail: { status: 200 },
    });
    clock.advance(86_400);
    await written.recordAlone({ action: 'keys.rotated', outcome: 'ok', actor: 'console', target: 'cis2' });
    await written.tick();
    writeFileSync(log, ['no JSON: audit anchor', '{"msg":"other"}', ...anchors, ''].join('\n'));
  });
  after(async () => {
    await storage.database.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function run(...argv: string[]) {
    const { lines, out } = recordedOutput();
    const code = await command.run({ argv: [...argv, '--data', folder], out, commands: async () => [] });
    return { code, lines };
  }

  test('search filters by time, action and patient, and prints no NHS number', async () => {
    const all = await run('search');
    assert.equal(all.code, 0);
    // Two were written before, with an anchor; the search records itself first.
    assert.equal(all.lines.length, 4);
    assert.match(all.lines[3] ?? '', /audit\.exported/);
    assert.match(all.lines[0] ?? '', /^2026-03-02T09:00:00.000Z {2}ok {2}patient\.read/);
    assert.equal((await run('search', '--from', '2026-03-03', '--action', 'keys.rotated')).lines.length, 1);
    const found = await run('search', '--patient', nhsNumber, '--to', '2026-03-03');
    assert.equal(found.lines.length, 1);
    assert.doesNotMatch(JSON.stringify([all, found]), new RegExp(nhsNumber));
  });

  test('export prints records or AuditEvent resources, and writes a record of it', async () => {
    const [line = '{}'] = (await run('export')).lines;
    assert.equal((JSON.parse(line) as { action: string }).action, 'patient.read');
    const { lines } = await run('export', '--format', 'fhir', '--action', 'patient.read');
    const event = JSON.parse(lines[0] ?? '{}') as Record<string, unknown>;
    assert.deepEqual(
      [event.resourceType, event.action, event.outcome, event.recorded],
      ['AuditEvent', 'R', '0', '2026-03-02T09:00:00.000Z'],
    );
    assert.deepEqual((event.agent as { who: { identifier: { value: string } } }[])[0]?.who.identifier, {
      system: 'urn:alongside:audit:actor',
      value: '656005750107',
    });
    assert.doesNotMatch(lines.join(), new RegExp(nhsNumber));
    const used = (await written.list()).filter(({ action }) => action === 'audit.exported').at(-1);
    assert.deepEqual(used?.detail, { filter: 'action', format: 'fhir' });
    await assert.rejects(run('export', '--format', 'xml'), UsageError);
  });

  for (const [action, member] of [
    ['search', 'action'],
    ['export', 'action'],
    ['export --format fhir', 'resourceType'],
  ] as const)
    test(`${action} prints one JSON line with --json`, async () => {
      const { lines } = await run(...action.split(' '), '--json');
      assert.equal(lines.length, 1);
      const { records } = JSON.parse(lines[0] ?? '{}') as { records: Record<string, unknown>[] };
      assert.ok(records.length > 1 && records.every((record) => record[member]));
    });

  test('verify accepts unchanged records, also with exported anchors', async () => {
    const { code, lines } = await run('verify', '--anchors', log);
    assert.equal(code, 0, lines.join());
    assert.match(lines[0] ?? '', /records in (?:1 chain|\d+ chains) are as they were written/);
    const journal = join(folder, 'journal.log');
    writeFileSync(journal, anchors.map((line) => `Mar 02 09:00:00 host alongside[12]: ${line}\n`).join(''));
    assert.equal((await run('verify', '--anchors', journal)).code, 0);
    await assert.rejects(run('verify', '--anchors', join(folder, 'none.log')), OperatorError);
    await assert.rejects(run('verify', '--from', 'yesterday'), UsageError);
  });

  test('verify exits with 1 and names chain and record', async () => {
    await storage.database.run(
      sql(`UPDATE audit_block SET records = REPLACE(records, '"keys.rotated"', '"keys.announced"')`),
    );
    const { code, lines } = await run('verify');
    const chain = (await written.list())[0]?.chain;
    assert.equal(code, 1);
    assert.equal(
      lines[0],
      `Chain ${chain}, record 2: The record was changed, moved or not written by this installation.`,
    );
    const json = await run('verify', '--json');
    assert.deepEqual((JSON.parse(json.lines[0] ?? '{}') as { problem: object }).problem, {
      chain,
      seq: 2,
      problem: 'changed',
    });
    assert.equal((await run('verify', '--to', '2026-03-03')).code, 0);
  });

  test('refuses a folder without data', async () => {
    const empty = mkdtempSync(join(tmpdir(), 'alongside-empty-'));
    await assert.rejects(
      command.run({
        argv: ['verify', '--data', empty],
        commands: async () => [],
        out: recordedOutput().out,
      }),
      /There is no data/,
    );
    rmSync(empty, { recursive: true, force: true });
  });
});

describe('alongside audit verify after the newest record was cut off with its count', () => {
  const folder = mkdtempSync(join(tmpdir(), 'alongside-audit-cut-'));
  const file = join(folder, 'monday.tar');
  const run = async (program: typeof command | typeof backup, ...argv: string[]) => {
    const { lines, notes, out } = recordedOutput();
    const code = await program.run({ argv: [...argv, '--data', folder], out, commands: async () => [] });
    return { code, text: lines.join('\n'), notes };
  };
  before(async () => {
    const { database, vault } = await openStorage({ database: '', ephemeral: false }, folder, 'production');
    const log = new AuditLog(database, new ManualClock(Date.parse('2026-03-02T09:00:00Z')), vault);
    for (const target of ['cis2', 'cis'])
      await log.recordAlone({ action: 'keys.rotated', outcome: 'ok', actor: 'console', target });
    assert.equal((await run(backup, file)).code, 0);
    const [first] = await log.list();
    assert.ok(first);
    const { chain, hash } = first;
    await database.run(
      sql(
        'DELETE FROM audit_term WHERE block IN (SELECT last FROM audit_block WHERE chain = ? AND seq > 1)',
        chain,
      ),
    );
    await database.run(sql('DELETE FROM audit_block WHERE chain = ? AND seq > 1', chain));
    await database.run(sql('UPDATE audit_chain SET seq = 1, mac = ? WHERE chain = ?', hash, chain));
    await database.close();
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const change = async (...statements: string[]) => {
    const { database } = await openStorage({ database: '', ephemeral: false }, folder, 'production');
    await database.batch(statements.map((statement) => sql(statement)));
    await database.close();
  };

  test('names it by the stored ends of the chains', async () => {
    const { code, text } = await run(command, 'verify');
    assert.equal(code, 1);
    assert.match(text, /^Chain .+, record 2: The chain ends before this record/);
  });

  test('exits with 3 if the stored ends were removed too, and reports what is not proven', async () => {
    await change("DELETE FROM setting WHERE name = 'audit.heads'");
    const { code, notes } = await run(command, 'verify');
    assert.equal(code, 3);
    assert.match(notes[0] ?? '', /^Not proven: .* cut off together with their count.* --anchors FILE/);
    const { text } = await run(command, 'verify', '--json');
    const { ok, proven } = JSON.parse(text) as { ok: boolean; proven: boolean };
    assert.deepEqual([ok, proven], [true, false]);
  });

  test('names the first missing record with a backup as anchors', async () => {
    const { code, text, notes } = await run(command, 'verify', '--anchors', file);
    assert.deepEqual([code, notes], [1, []]);
    assert.match(
      text,
      /^Chain .+, record 2: The chain ends before this record, which was counted or anchored\.$/,
    );
  });

  test('never calls an emptied log intact', async () => {
    await change(
      ...['audit_block', 'audit_term', 'audit_unsealed', 'audit_chain'].map(
        (table) => `DELETE FROM ${table}`,
      ),
    );
    assert.equal((await run(command, 'verify')).code, 3);
    assert.equal((await run(command, 'verify', '--anchors', file)).code, 1);
    assert.equal((await run(command, 'search')).code, 0);
    const { code, notes } = await run(command, 'verify');
    assert.equal(code, 0, 'the search began a new log, and stored its end');
    assert.match(
      notes[0] ?? '',
      /^Compared with the ends of the chains that the data folder has from \d{4}-/,
    );
  });

  test('refuses the backup of another master key', async () => {
    const other = mkdtempSync(join(tmpdir(), 'alongside-audit-other-'));
    const { database } = await openStorage({ database: '', ephemeral: false }, other, 'production');
    await database.close();
    const { out } = recordedOutput();
    const argv = ['verify', '--anchors', file, '--data', other];
    await assert.rejects(command.run({ argv, out, commands: async () => [] }), /another master key/);
    rmSync(other, { recursive: true, force: true });
  });
});
