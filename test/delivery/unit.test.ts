import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';
import { clone } from './packages/testing/project.ts';

const run = promisify(execFile);
const analyze = process.env.ALONGSIDE_SYSTEMD_ANALYZE ?? '';
const unit = join(clone, 'deploy/alongside.service');
const missing = analyze === '' && 'systemd-analyze is missing: as root, this command installs it';

describe('the systemd unit of the server', { skip: missing }, () => {
  test('exposes at most 1.5 of 10 by the measure of systemd', async () => {
    const { stdout } = await run(analyze, ['security', '--offline=true', '--threshold=15', unit]);
    assert.match(stdout, /Overall exposure level .* OK/);
  });

  test('passes the check of systemd', async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'unit-'));
    t.after(() => rm(folder, { recursive: true, force: true }));
    // The program must exist, at a path without spaces.
    const text = (await readFile(unit, 'utf8')).replace('/opt/alongside/alongside', '/bin/true');
    await writeFile(join(folder, 'alongside.service'), text);
    const { stderr } = await run(analyze, ['verify', join(folder, 'alongside.service')]);
    assert.doesNotMatch(stderr, /alongside\.service/);
    await writeFile(join(folder, 'wrong.service'), text.replace('ProtectHome=yes', 'ProtectHme=yes'));
    assert.match((await run(analyze, ['verify', join(folder, 'wrong.service')])).stderr, /ProtectHme/);
  });
});
