import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { PivClient } from './piv-client.ts';
import { person, TestAuthority, temporaryStore } from './testing/card.ts';
import { VirtualReader } from './virtual-reader.ts';

type Test = Parameters<typeof temporaryStore>[0];

/** A reader with two cards outside it, and its recorded changes. */
async function desk(t: Test) {
  const { store } = await temporaryStore(t);
  const first = await store.add(person);
  const second = await store.add({ ...person, persona: 'other', uid: '656005750198' });
  const reader = new VirtualReader(store, new TestAuthority());
  const told: boolean[] = [];
  reader.onChange((present) => told.push(present));
  return { store, reader, told, first, second };
}

async function clientOf(reader: VirtualReader): Promise<PivClient> {
  const card = reader.card();
  assert.ok(card);
  const client = new PivClient(card);
  await client.select();
  return client;
}

describe('VirtualReader', () => {
  test('inserts a card with keys, uses it and removes it', async (t) => {
    const { reader, told, first } = await desk(t);
    assert.equal(reader.card(), undefined);
    const inserted = await reader.insert('tester');
    assert.equal(inserted.serial, first.serial);
    assert.equal(reader.serial, first.serial);
    const client = await clientOf(reader);
    assert.deepEqual(await client.readCertificate('authentication'), inserted.certificates?.authentication);
    reader.remove();
    reader.remove();
    assert.deepEqual([reader.card(), told], [undefined, [true, false]]);
    await assert.rejects(client.attemptsLeft(), { code: 'card_removed' });
    await assert.rejects(reader.insert('nobody'), { code: 'unknown_card' });
  });

  test('ends a running exchange when the card is removed', async (t) => {
    const { reader, store } = await desk(t);
    await reader.insert('tester');
    const client = await clientOf(reader);
    const verifying = client.verifyPin('111111');
    const queued = client.readCertificate('signing');
    // The card has counted the wrong PIN and is storing that.
    await new Promise(setImmediate);
    reader.remove();
    await assert.rejects(verifying, { code: 'card_removed' });
    await assert.rejects(queued, { code: 'card_removed' });
    assert.equal(store.get('tester')?.pinTriesLeft, 2);
  });

  test('forgets the PIN of a card that is inserted again, and keeps the old client unusable', async (t) => {
    const { reader } = await desk(t);
    await reader.insert('tester');
    const before = await clientOf(reader);
    await before.verifyPin('123456');
    reader.remove();
    await reader.insert('tester');
    await assert.rejects(before.attemptsLeft(), { code: 'card_removed' });
    const after = await clientOf(reader);
    await assert.rejects(after.sign('authentication', new Uint8Array(32), 'ES256'), { code: 'pin_required' });
  });

  test('replaces a card by another, and keeps the same card', async (t) => {
    const { reader, told, second } = await desk(t);
    await reader.insert('tester');
    const card = reader.card();
    await reader.insert('tester');
    assert.equal(reader.card(), card);
    await reader.insert('other');
    assert.deepEqual([reader.serial, told], [second.serial, [true, false, true]]);
  });

  test('applies the last change while keys are being created', async (t) => {
    const { reader, told, second } = await desk(t);
    const first = reader.insert('tester');
    const other = reader.insert('other');
    await assert.rejects(first, { code: 'card_removed' });
    await other;
    assert.deepEqual([reader.serial, told], [second.serial, [true]]);
    const { reader: emptied, told: nothing } = await desk(t);
    const waiting = emptied.insert('tester');
    emptied.remove();
    await assert.rejects(waiting, { code: 'card_removed' });
    assert.deepEqual([emptied.card(), nothing], [undefined, []]);
  });

  test('inserts a card once for two concurrent calls', async (t) => {
    const { reader, told } = await desk(t);
    const [one, two] = await Promise.all([reader.insert('tester'), reader.insert('tester')]);
    assert.deepEqual([one, told], [two, [true]]);
  });

  test('does not insert a card without certificates, and can try again', async (t) => {
    const { store } = await desk(t);
    const authority = new TestAuthority();
    let open = false;
    const issuer = {
      issue: (request: Parameters<TestAuthority['issue']>[0]) =>
        open ? authority.issue(request) : Promise.reject(new Error('closed')),
      issueSigning: () => Promise.reject(new Error('closed')),
    };
    const reader = new VirtualReader(store, issuer);
    await assert.rejects(reader.insert('tester'), /closed/);
    assert.equal(reader.card(), undefined);
    open = true;
    await reader.insert('tester');
    assert.ok(reader.card());
  });

  test('removes a card that is destroyed or reset', async (t) => {
    const { reader, store, told } = await desk(t);
    await reader.insert('tester');
    await store.remove('other');
    assert.ok(reader.card());
    await store.remove('tester');
    assert.equal(reader.card(), undefined);
    await store.reset([person]);
    await reader.insert('tester');
    await store.importAll(store.exportAll());
    assert.deepEqual([reader.card(), told], [undefined, [true, false, true, false]]);
  });

  test('releases the card and the listeners when closed', async (t) => {
    const { reader, store, told } = await desk(t);
    const stopped: boolean[] = [];
    reader.onChange((present) => stopped.push(present))();
    await reader.insert('tester');
    await reader.close();
    await store.remove('tester');
    assert.deepEqual([reader.card(), told, stopped], [undefined, [true, false], []]);
  });
});
