import assert from 'node:assert/strict';
import { createPrivateKey, hash, verify, X509Certificate } from 'node:crypto';
import { chmod, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { describe, test } from 'node:test';
import { assertMode } from '../../test/testing/platform.ts';
import type { CardSeed } from './card-record.ts';
import { CardStore } from './card-store.ts';
import { padded } from './piv.ts';
import { PivApplet } from './piv-applet.ts';
import { PivClient } from './piv-client.ts';
import { person, poweredCard, TestAuthority, temporaryStore } from './testing/card.ts';

const seeds: CardSeed[] = [
  { persona: 'first', uid: '656005750191', name: 'Robin First' },
  { persona: 'second', uid: '656005750192', name: 'Robin Second', locked: true, keyType: 'RSA-2048' },
  { persona: 'second-again', uid: '656005750192', name: 'Robin Second', profile: 'expired', series: '9' },
];

describe('CardStore', () => {
  test('creates a standard card with the default PIN by default', async (t) => {
    const { store, reopen } = await temporaryStore(t);
    assert.equal(store.isNew, true);
    const card = await store.add(person);
    assert.match(card.serial, /^[1-9][0-9]{11}$/);
    const { serial } = card;
    const counters = { pinTriesLeft: 3, pukTriesLeft: 3, locked: false, certificates: undefined };
    const kind = { series: '10', keyType: 'EC-P256', profile: 'standard' };
    assert.deepEqual(card, { ...person, serial, ...kind, ...counters });
    const again = await reopen();
    assert.equal(again.isNew, false);
    assert.deepEqual(again.list(), [card]);
    for (const name of [serial, 'tester', person.uid]) assert.deepEqual(again.get(name), card);
    assert.equal(again.get('nobody'), undefined);
    assert.deepEqual(await again.memory(serial).present('pin', padded('123456')), { ok: true, triesLeft: 3 });
    assert.deepEqual(await again.memory(serial).present('puk', padded('87654321')), {
      ok: true,
      triesLeft: 3,
    });
  });

  test('returns the newest of several cards of a person', async (t) => {
    const { store } = await temporaryStore(t);
    const older = await store.add(person);
    const newer = await store.add(person);
    assert.notEqual(older.serial, newer.serial);
    assert.equal(store.get('tester')?.serial, newer.serial);
  });

  test('gives the same seeds the same serials, with new keys', async (t) => {
    const { store } = await temporaryStore(t);
    await store.add(person);
    await store.reset(seeds);
    const before = store.list();
    assert.deepEqual(
      before.map(({ persona, locked }) => [persona, locked]),
      [
        ['first', false],
        ['second', true],
        ['second-again', false],
      ],
    );
    assert.equal(new Set(before.map(({ serial }) => serial)).size, 3);
    await store.ensureKeys('first', new TestAuthority());
    const gone: string[] = [];
    store.onGone((serial) => gone.push(serial));
    await store.reset(seeds);
    assert.deepEqual(store.list(), before);
    assert.deepEqual(
      gone,
      before.map(({ serial }) => serial),
    );
    const elsewhere = (await temporaryStore(t)).store;
    await elsewhere.reset(seeds);
    assert.deepEqual(elsewhere.list(), before);
  });

  test('stores attempt counters up to the block', async (t) => {
    const { store, reopen, card } = await poweredCard(t);
    const { serial } = card;
    assert.deepEqual(await store.memory(serial).present('pin', padded('111111')), {
      ok: false,
      triesLeft: 2,
    });
    const second = await reopen();
    assert.equal(second.get(serial)?.pinTriesLeft, 2);
    await second.memory(serial).present('pin', padded('111111'));
    const third = await reopen();
    await third.memory(serial).present('pin', padded('111111'));
    await third.memory(serial).present('puk', padded('11111111'));
    const fourth = await reopen();
    assert.deepEqual(await fourth.memory(serial).present('pin', padded('123456')), {
      ok: false,
      triesLeft: 0,
    });
    assert.deepEqual([fourth.get(serial)?.locked, fourth.get(serial)?.pukTriesLeft], [true, 2]);
    const client = new PivClient(new PivApplet(fourth.memory(serial)));
    await client.select();
    assert.deepEqual(await client.unblock('87654321', '123456'), { ok: true });
    assert.deepEqual([fourth.get(serial)?.locked, fourth.get(serial)?.pukTriesLeft], [false, 3]);
  });

  test('counts concurrent attempts', async (t) => {
    const { store, card } = await poweredCard(t);
    const memory = store.memory(card.serial);
    const guesses = ['111111', '222222', '333333', '123456'].map((pin) => memory.present('pin', padded(pin)));
    assert.deepEqual(
      (await Promise.all(guesses)).map(({ ok, triesLeft }) => [ok, triesLeft]),
      [
        [false, 2],
        [false, 1],
        [false, 0],
        [false, 0],
      ],
    );
  });

  test('uses an attempt even if it cannot be stored', async (t) => {
    const { store, files, card } = await poweredCard(t);
    await rm(dirname(files.path), { recursive: true });
    await writeFile(dirname(files.path), 'a file where the folder was');
    await assert.rejects(store.memory(card.serial).present('pin', padded('111111')));
    assert.equal(store.get(card.serial)?.pinTriesLeft, 2);
    await assert.rejects(store.add(person));
    assert.equal(store.list().length, 1);
  });

  test('sets PIN and attempts with edit and unblock', async (t) => {
    const { store } = await temporaryStore(t);
    await store.add(person);
    assert.equal((await store.edit('tester', { locked: true })).locked, true);
    assert.equal((await store.edit('tester', {})).pinTriesLeft, 0);
    assert.equal((await store.edit('tester', { locked: false })).pinTriesLeft, 3);
    assert.equal((await store.edit('tester', { locked: true, pin: '222222' })).pinTriesLeft, 0);
    assert.equal((await store.edit('tester', { pin: '333333' })).pinTriesLeft, 3);
    const memory = store.memory('tester');
    assert.equal((await memory.present('pin', padded('333333'))).ok, true);
    for (let guess = 0; guess < 3; guess += 1) {
      await memory.present('pin', padded('111111'));
      await memory.present('puk', padded('11111111'));
    }
    const { pinTriesLeft, pukTriesLeft, locked } = await store.unblock('tester');
    assert.deepEqual([pinTriesLeft, pukTriesLeft, locked], [3, 3, false]);
    assert.equal((await memory.present('pin', padded('333333'))).ok, true);
    await store.unblock('tester', '444444');
    assert.equal((await memory.present('pin', padded('444444'))).ok, true);
    for (const pin of ['12345', '123456789', 'abcdef']) {
      await assert.rejects(store.edit('tester', { pin }), { code: 'invalid_card' });
      await assert.rejects(store.unblock('tester', pin), { code: 'invalid_card' });
    }
    await assert.rejects(store.edit('nobody', {}), { code: 'unknown_card' });
    await assert.rejects(store.unblock('nobody'), { code: 'unknown_card' });
  });

  test('removes a card and notifies its users', async (t) => {
    const { store, applet, card, reopen } = await poweredCard(t);
    const gone: string[] = [];
    const stop = store.onGone((serial) => gone.push(serial));
    await store.remove('tester');
    stop();
    assert.deepEqual([gone, store.list(), (await reopen()).list()], [[card.serial], [], []]);
    await assert.rejects(store.remove('tester'), { code: 'unknown_card' });
    const select = Buffer.from('00a4040009a0000003080000100000', 'hex');
    assert.equal(
      Buffer.from(await applet.transmit(select))
        .toString('hex')
        .slice(-4),
      '9000',
    );
    await store.add({ ...person, serial: card.serial });
    const answer = await applet.transmit(Buffer.from('00200080', 'hex'));
    assert.equal(Buffer.from(answer).toString('hex'), '6f00', 'the old applet must not serve the new card');
  });

  test('creates one set of keys for concurrent first insertions, and none after a refusal', async (t) => {
    const { store, reopen } = await temporaryStore(t);
    const { serial } = await store.add({ ...person, profile: 'renew' });
    const refusing = { issue: () => Promise.reject(new Error('closed')) };
    await assert.rejects(store.ensureKeys('tester', refusing), /closed/);
    assert.equal(store.get('tester')?.certificates, undefined);
    const authority = new TestAuthority();
    const names = ['tester', serial, 'tester', person.uid];
    const cards = await Promise.all(names.map((name) => store.ensureKeys(name, authority)));
    assert.equal(authority.requests.length, 1);
    const [request] = authority.requests;
    assert.deepEqual([request?.uid, request?.serial, request?.profile], [person.uid, serial, 'renew']);
    assert.ok(cards.every((card) => card.certificates?.signing !== undefined));
    assert.deepEqual(await store.ensureKeys(serial, refusing), cards[0]);
    assert.deepEqual((await reopen()).get(serial), cards[0]);
    const { publicKey } = new X509Certificate(cards[0]?.certificates?.signing ?? '');
    assert.deepEqual(
      publicKey.export({ type: 'spki', format: 'der' }),
      Buffer.from(request?.signingKey ?? ''),
    );
  });

  test('refuses certificates for other keys', async (t) => {
    const { store } = await temporaryStore(t);
    await store.add(person);
    const authority = new TestAuthority();
    const swapped = {
      issue: async (request: Parameters<TestAuthority['issue']>[0]) => {
        const { authentication, signing } = await authority.issue(request);
        return { authentication: signing, signing: authentication };
      },
    };
    await assert.rejects(store.ensureKeys('tester', swapped), /another key/);
    assert.equal(store.get('tester')?.certificates, undefined);
  });

  test('gives no keys to a card that was reset while they were created', async (t) => {
    const { store } = await temporaryStore(t);
    await store.reset(seeds);
    const authority = new TestAuthority();
    const resetting = {
      issue: async (request: Parameters<TestAuthority['issue']>[0]) => {
        await store.reset(seeds);
        return authority.issue(request);
      },
    };
    await assert.rejects(store.ensureKeys('first', resetting), { code: 'unknown_card' });
    assert.equal(store.get('first')?.certificates, undefined);
  });

  test('gets an RSA signing key at its first use, once, with the PIN for each signature', async (t) => {
    const { store, reopen } = await temporaryStore(t);
    await store.add(person);
    const authority = new TestAuthority();
    const { certificates } = await store.ensureKeys('tester', authority);
    await store.ensureRsaSigningKey('tester', authority);
    const made = store.get('tester')?.certificates;
    await store.ensureRsaSigningKey('tester', authority);
    assert.deepEqual(store.get('tester')?.certificates, made, 'it is made once');
    assert.deepEqual(made?.authentication, certificates?.authentication);
    const { publicKey } = new X509Certificate(made?.signing ?? '');
    assert.deepEqual(publicKey.asymmetricKeyDetails, { modulusLength: 2_048, publicExponent: 65_537n });

    const again = await reopen();
    const client = new PivClient(new PivApplet(again.memory(again.get('tester')?.serial ?? '')));
    await client.select();
    const message = Buffer.from('a document');
    for (const [algorithm, digest] of [
      ['RS256', 'sha256'],
      ['RS1', 'sha1'],
    ] as const) {
      const signature = await client.sign('signing', hash(digest, message, 'buffer'), algorithm, '123456');
      assert.ok(verify(digest, message, publicKey, signature), algorithm);
    }
    await assert.rejects(client.sign('signing', hash('sha256', message, 'buffer'), 'RS256'), {
      code: 'pin_required',
    });
    await client.verifyPin('123456');
    const proof = await client.sign('authentication', hash('sha256', message, 'buffer'), 'ES256');
    assert.ok(verify('sha256', message, new X509Certificate(made?.authentication ?? '').publicKey, proof));
  });

  test('keeps its signing key if the issuer certifies no other', async (t) => {
    const { store } = await temporaryStore(t);
    await store.add(person);
    const authority = new TestAuthority();
    const { certificates } = await store.ensureKeys('tester', authority);
    const failing = Object.assign(new TestAuthority(), {
      issueSigning: () => Promise.reject(new Error('closed')),
    });
    await assert.rejects(store.ensureRsaSigningKey('tester', failing), /closed/);
    assert.deepEqual(store.get('tester')?.certificates, certificates);
  });

  test('sends the issuer the unblocking code with the first keys only', async (t) => {
    const { store } = await temporaryStore(t);
    const { serial } = await store.add({ ...person, puk: '24681357' });
    const elsewhere = await temporaryStore(t);
    await elsewhere.store.importAll(store.exportAll());
    const authority = new TestAuthority();
    await store.ensureKeys(serial, authority);
    await store.renewKeys(serial, authority);
    await elsewhere.store.ensureKeys(serial, authority);
    assert.deepEqual(
      authority.requests.map(({ unblockingCode }) => unblockingCode),
      ['24681357', undefined, '24681357'],
    );
  });

  test('writes private and complete files that reveal neither PIN nor key', async (t) => {
    const { store, files, card } = await poweredCard(t, { pin: '97531864', puk: '24681357' });
    const content = await readFile(files.path, 'utf8');
    for (const path of [files.path, files.secretPath]) assertMode(path, 0o600);
    assert.deepEqual((await readdir(dirname(files.path))).sort(), ['cards.json', 'install.secret']);
    for (const secret of ['97531864', '24681357']) assert.ok(!content.includes(secret));
    for (const slot of ['authentication', 'signing'] as const) {
      const key = Buffer.from(store.memory(card.serial).privateKey(slot) ?? []);
      // The scalar of a P-256 key has the same offset in each PKCS#8 file of node:crypto.
      const scalar = key.subarray(36, 68);
      assert.deepEqual(
        scalar,
        Buffer.from(
          createPrivateKey({ key, type: 'pkcs8', format: 'der' }).export({ format: 'jwk' }).d ?? '',
          'base64url',
        ),
      );
      const { privateKey } = JSON.parse(content).cards[0].slots[slot];
      const sealed = Buffer.from(privateKey.split('.')[1], 'base64url');
      assert.ok(sealed.length > 100 && !sealed.includes(scalar));
      assert.ok(!content.includes(key.toString('base64')) && !content.includes(key.toString('base64url')));
    }
    assert.equal((await readFile(files.secretPath)).length, 32);
  });

  test('moves cards with PIN, counters and keys to another installation by export', async (t) => {
    const { store, applet, card } = await poweredCard(t, { pin: '555555' });
    const client = new PivClient(applet);
    await client.select();
    await client.verifyPin('111111');
    const exported = JSON.parse(JSON.stringify(store.exportAll()));
    const elsewhere = await temporaryStore(t);
    await elsewhere.store.importAll(exported);
    const moved = (await elsewhere.reopen()).get(card.serial);
    assert.deepEqual(moved, { ...card, pinTriesLeft: 2 });
    const there = new PivClient(new PivApplet((await elsewhere.reopen()).memory(card.serial)));
    await there.select();
    assert.deepEqual(await there.verifyPin('555555'), { ok: true });
    assert.ok((await there.sign('authentication', new Uint8Array(32), 'ES256')).length > 60);
    assert.notEqual((await readFile(elsewhere.files.path, 'utf8')).includes(exported.cards[0].cardKey), true);
  });

  test('changes nothing for an invalid import', async (t) => {
    const { store } = await poweredCard(t);
    const before = store.list();
    const [card] = JSON.parse(JSON.stringify(store.exportAll())).cards;
    const wrong: [unknown, string][] = [
      [undefined, 'invalid_card'],
      [{}, 'invalid_card'],
      [{ version: 2, cards: [card] }, 'invalid_card'],
      [{ version: 1 }, 'invalid_card'],
      [{ version: 1, cards: [null] }, 'invalid_card'],
      [{ version: 1, cards: [card, card] }, 'duplicate_card'],
      ...Object.entries({
        serial: '1',
        uid: 5,
        name: 'a\nb',
        persona: 'No',
        series: 'x',
        keyType: 'toString',
        profile: 'other',
        cardKey: 'short',
        pin: { hash: 'x', triesLeft: 4 },
        puk: {},
        slots: { authentication: card.slots.authentication },
        more: 1,
      }).map(([member, value]): [unknown, string] => [
        { version: 1, cards: [{ ...card, [member]: value }] },
        'invalid_card',
      ]),
      [{ version: 1, cards: [{ ...card, cardKey: Buffer.alloc(32).toString('base64url') }] }, 'invalid_card'],
    ];
    for (const [value, code] of wrong)
      await assert.rejects(store.importAll(value), { code }, JSON.stringify(value));
    assert.deepEqual(store.list(), before);
  });

  test('requires a card to be well formed and new', async (t) => {
    const { store } = await temporaryStore(t);
    const { serial } = await store.add(person);
    await assert.rejects(store.add({ ...person, serial }), { code: 'duplicate_card' });
    for (const wrong of [
      { uid: '1' },
      { serial: '12' },
      { pin: '12345' },
      { puk: '1234567' },
      { persona: 'A B' },
      { name: '' },
      { series: '100' },
    ])
      await assert.rejects(
        store.add({ ...person, ...wrong }),
        { code: 'invalid_card' },
        JSON.stringify(wrong),
      );
    await assert.rejects(
      store.reset([
        { ...person, serial },
        { ...person, serial },
      ]),
      { code: 'duplicate_card' },
    );
    assert.equal(store.list().length, 1);
  });

  test('reports a damaged file and a wrong or missing secret without overwriting anything', async (t) => {
    const { files, reopen } = await poweredCard(t);
    const good = await readFile(files.path, 'utf8');
    const secret = await readFile(files.secretPath);
    for (const bad of [
      '',
      '{',
      'null',
      '{"version":1}',
      good.replace('"version":1', '"version":9'),
      good.replace('EC-P256', 'EC-P999'),
    ]) {
      await writeFile(files.path, bad);
      await assert.rejects(reopen(), { code: 'damaged_store' }, bad.slice(0, 20));
      assert.equal(await readFile(files.path, 'utf8'), bad);
    }
    await writeFile(files.path, good);
    await chmod(files.secretPath, 0o644);
    await reopen();
    assertMode(files.secretPath, 0o600);
    await writeFile(files.secretPath, Buffer.alloc(32, 1));
    await assert.rejects(reopen(), /does not belong to the secret/);
    await writeFile(files.secretPath, 'short');
    await assert.rejects(reopen(), { code: 'damaged_store' });
    await rm(files.secretPath);
    await assert.rejects(reopen(), /is missing/);
    await mkdir(files.secretPath);
    await assert.rejects(CardStore.open(files), { code: 'EISDIR' });
    await rm(files.secretPath, { recursive: true });
    await writeFile(files.secretPath, secret);
    assert.equal((await reopen()).list().length, 1);
  });
});
