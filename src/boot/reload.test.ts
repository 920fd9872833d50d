import assert from 'node:assert/strict';
import { appendFileSync, copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, beforeEach, describe, test } from 'node:test';
import { loadConfig } from '@alongside/kernel/config';
import { type Log, silentLog } from '@alongside/kernel/log';
import { makeAuthority } from '../../test/testing/authority.ts';
import { type Config, productionShape } from '../config.ts';
import { Reloads } from './reload.ts';
import { LiveProxies, openLiveSettings, reloadableParts, reloadableSettings } from './reloadables.ts';

const folder = mkdtempSync(join(tmpdir(), 'alongside-reload-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const configOf = (settings: Record<string, unknown>): Config => loadConfig(productionShape, settings);

describe('Reloads', () => {
  let logged: [string, Record<string, unknown>][];
  const note = (fields: Record<string, unknown>, message: string) => void logged.push([message, fields]);
  const log: Log = { ...silentLog, warn: note, error: note };
  beforeEach(() => {
    logged = [];
  });

  async function start(first: Config, check: (config: Config) => void = () => undefined) {
    const live = await openLiveSettings(first, { now: () => 0 }, silentLog);
    const proxies = new LiveProxies(first.trustedProxies);
    const logLevel = { current: first.logLevel as string };
    const reloads = new Reloads(first, { log, check });
    for (const part of reloadableParts(first, { live, proxies, logLevel, listeners: [] })) reloads.add(part);
    return { live, proxies, logLevel, reloads };
  }

  test('applies proxies, log level and secrets in files, and names settings that need a restart', async () => {
    const secret = join(folder, 'smtp');
    writeFileSync(secret, 'smtp://one@mail.example');
    const settings = { smtpUrl: `@${secret}`, trustedProxies: ['10.0.0.1'], logLevel: 'warn' };
    const { live, proxies, logLevel, reloads } = await start(configOf(settings));
    const held = live.smtp;
    writeFileSync(secret, 'smtp://two@mail.example');
    const changed = { ...settings, trustedProxies: ['10.0.0.2'], logLevel: 'debug', portBase: 9000 };
    assert.equal(await reloads.reload(() => configOf(changed)), true);
    assert.deepEqual([proxies.includes('10.0.0.1'), proxies.includes('10.0.0.2')], [false, true]);
    assert.equal(logLevel.current, 'debug');
    assert.equal(held?.url, 'smtp://two@mail.example');
    assert.deepEqual(logged, [
      ['changed settings need a restart', { settings: ['portBase'] }],
      ['configuration reloaded', { settings: ['logLevel', 'trustedProxies', 'smtpUrl'] }],
    ]);
  });

  for (const [what, wrong, reason] of [
    ['a part is wrong', { trustedProxies: ['everybody'] }, /"everybody" is not an address/],
    ['a file is missing', { cardIssuers: join(folder, 'missing.json') }, /missing\.json cannot be read/],
    ['a part is switched on', { smtpUrl: 'smtp://mail.example' }, /--smtp-url needs a restart/],
    ['production would refuse it', { mailFrom: 'unsafe@example' }, /unsafe/],
  ] as const)
    test(`keeps the earlier state, logs and counts when ${what}`, async () => {
      const { proxies, logLevel, reloads } = await start(
        configOf({ trustedProxies: ['10.0.0.1'] }),
        (config) => {
          if (config.mailFrom.startsWith('unsafe')) throw new Error('unsafe');
        },
      );
      const changed = { trustedProxies: ['10.0.0.2'], logLevel: 'debug', ...wrong };
      assert.equal(await reloads.reload(() => configOf(changed)), false);
      assert.equal(await reloads.reload(() => configOf(changed)), false);
      assert.deepEqual([proxies.includes('10.0.0.1'), logLevel.current], [true, 'info']);
      assert.deepEqual(
        logged.map(([, { failures }]) => failures),
        [1, 2],
      );
      assert.match(String(logged[0]?.[1].reason), reason);
      assert.equal(await reloads.reload(() => configOf({ trustedProxies: ['10.0.0.2'] })), true);
      assert.equal(proxies.includes('10.0.0.2'), true);
    });

  test('applies a changed file of client authorities, and tries an invalid one once', async () => {
    const [one, two] = [makeAuthority(), makeAuthority()];
    try {
      const tlsClientAuthorities = join(folder, 'clients.pem');
      copyFileSync(one.certificate, tlsClientAuthorities);
      const { live, reloads } = await start(configOf({ tlsClientAuthorities }));
      const held = live.clientAuthorities;
      await reloads.checkFiles();
      assert.deepEqual(logged, []);
      copyFileSync(two.certificate, tlsClientAuthorities);
      // Changes the size, because both files may have the same time and size.
      appendFileSync(tlsClientAuthorities, '\n');
      await reloads.checkFiles();
      const current = () => held.map((certificate) => certificate.toString());
      assert.deepEqual(current(), [readFileSync(two.certificate, 'utf8')]);
      writeFileSync(tlsClientAuthorities, 'damaged');
      assert.equal(await reloads.checkFiles(), false);
      assert.equal(await reloads.checkFiles(), true);
      assert.deepEqual(current(), [readFileSync(two.certificate, 'utf8')]);
      assert.deepEqual([logged.length, reloads.failures], [2, 1]);
    } finally {
      one.discard();
      two.discard();
    }
  });

  test('covers the settings that alongside config shows as reloadable', async () => {
    const first = configOf({});
    const live = await openLiveSettings(first, { now: () => 0 }, silentLog);
    const rest = { live, proxies: new LiveProxies([]), logLevel: { current: 'warn' }, listeners: [] };
    const covered = reloadableParts(first, rest).flatMap(({ settings }) => settings);
    assert.deepEqual([...reloadableSettings].sort(), covered.sort());
  });

  test('keeps the earlier state if the configuration cannot be read', async () => {
    const { reloads } = await start(configOf({}));
    const load = () => loadConfig(productionShape, {}, join(folder, 'no-config.json'));
    assert.equal(await reloads.reload(load), false);
    assert.match(String(logged[0]?.[1].reason), /no-config\.json cannot be read/);
  });
});
