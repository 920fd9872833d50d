import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, beforeEach, describe, test } from 'node:test';
import { EventLoopWatch, type Readiness } from '@alongside/kernel/health';
import { newKeyPair } from '@alongside/kernel/key-pairs';
import { silentLog } from '@alongside/kernel/log';
import { testUrls } from '../journeys/testing/journeys.ts';
import { sql } from '../storage/database.ts';
import { type Core, createCore } from './core.ts';
import { createReadiness, haveRoom } from './readiness.ts';
import { openStorage, type Storage } from './storage.ts';

const folder = mkdtempSync(join(tmpdir(), 'alongside-readiness-'));
after(() => rmSync(folder, { recursive: true, force: true }));

describe('createReadiness', () => {
  let storage: Storage;
  let core: Core;
  let now: number;
  let eventLoop: EventLoopWatch;
  let readiness: Readiness;
  beforeEach(async () => {
    const config = { database: ':memory:', ephemeral: true, masterKey: undefined };
    storage = await openStorage(config, folder, 'production');
    const { database, vault } = storage;
    core = await createCore(database, vault, {
      development: false,
      urls: testUrls,
      platform: 'platform',
      captures: true,
      cis2Kids: 'urlSafe',
      events: { gather: 0 },
      log: silentLog,
    });
    now = 0;
    eventLoop = new EventLoopWatch(() => now);
    readiness = createReadiness({
      config: { only: ['cis2'], database: '' },
      core,
      vault,
      folder,
      log: silentLog,
      eventLoop,
    });
    await core.keys.cis2.ensure('ES256');
    assert.deepEqual(await readiness.failed(), []);
  });
  afterEach(async () => {
    core.stop();
    await storage.database.close();
  });
  const write = (text: string, ...values: string[]) => storage.database.run(sql(text, ...values));

  test('fails for a signing key of a local service that cannot be decrypted', async () => {
    await core.keys.cis.ensure('ES256');
    await write("UPDATE signing_key SET private_sealed = 'damaged.damaged' WHERE service = 'cis'");
    assert.deepEqual(await readiness.failed(), []);
    await write("UPDATE signing_key SET private_sealed = 'damaged.damaged'");
    assert.deepEqual(await readiness.failed(), ['signing-keys']);
  });

  test('fails for a key set that would not verify the signatures of its key', async () => {
    const { publicJwk } = await newKeyPair('ES256');
    await write('UPDATE signing_key SET public_jwk = ?', JSON.stringify(publicJwk));
    assert.deepEqual(await readiness.failed(), ['signing-keys']);
  });

  test('fails for data encrypted with another master key, as after a wrong restore', async () => {
    await write(
      "UPDATE setting SET value = ? WHERE name = 'installation'",
      storage.vault.seal('another', 'value'),
    );
    assert.deepEqual(await readiness.failed(), ['master-key']);
  });

  test('fails for an older schema and accepts that of a newer version', async () => {
    await write("UPDATE setting SET value = '9999' WHERE name = 'schema'");
    assert.deepEqual(await readiness.failed(), []);
    await write("UPDATE setting SET value = '1' WHERE name = 'schema'");
    assert.deepEqual(await readiness.failed(), ['schema']);
  });

  test('fails for storage that does not respond', async () => {
    await storage.database.close();
    assert.deepEqual(await readiness.failed(), ['storage']);
  });

  test('fails for an overloaded event loop', async () => {
    for (let late = 0; late < 2; late++) {
      now += 2_000;
      eventLoop.measure();
    }
    assert.deepEqual(await readiness.failed(), ['event-loop']);
  });

  test('fails for a full disk', async () => {
    assert.equal(await haveRoom([folder]), true);
    assert.equal(await haveRoom([folder], Number.MAX_SAFE_INTEGER), false);
    await assert.rejects(haveRoom([join(folder, 'unmounted')]));
  });
});
