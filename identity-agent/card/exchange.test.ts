import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { exchange } from './exchange.ts';

const fromHex = (digits: string): Uint8Array => new Uint8Array(Buffer.from(digits, 'hex'));
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** A card that returns scripted responses and records the commands. */
function scripted(...answers: string[]) {
  const asked: string[] = [];
  const transmit = async (command: Uint8Array): Promise<Uint8Array> => {
    asked.push(hex(command));
    const answer = answers[asked.length - 1] ?? answers.at(-1);
    if (answer === undefined) throw new Error('cable');
    return fromHex(answer);
  };
  return { asked, transmit };
}
const get = { cla: 0, ins: 0xcb, p1: 0x3f, p2: 0xff, le: 256 };

describe('exchange', () => {
  test('collects the waiting data after 61xx', async () => {
    const card = scripted('aa6102', 'bb6101', 'cc9000');
    assert.deepEqual(await exchange(card, get), { data: fromHex('aabbcc'), sw: 0x9000 });
    assert.deepEqual(card.asked, ['00cb3fff00', '00c0000002', '00c0000001']);
  });

  test('repeats with the length of 6Cxx, also in GET RESPONSE', async () => {
    const card = scripted('6c05', '6103', '6c02', 'aabb9000');
    assert.deepEqual(await exchange(card, get), { data: fromHex('aabb'), sw: 0x9000 });
    assert.deepEqual(card.asked, ['00cb3fff00', '00cb3fff05', '00c0000003', '00c0000002']);
  });

  test('stops following 6Cxx after a limit', async () => {
    const card = scripted('6c05');
    assert.equal((await exchange(card, get)).sw, 0x6c05);
    assert.equal(card.asked.length, 2);
  });

  test('chains long data and stops when the card refuses', async () => {
    const data = new Uint8Array(600).fill(1);
    const accepting = scripted('9000', '9000', 'aa9000');
    assert.equal((await exchange(accepting, { ...get, data })).sw, 0x9000);
    assert.deepEqual(
      accepting.asked.map((asked) => asked.slice(0, 10)),
      ['10cb3fffff', '10cb3fffff', '00cb3fff5a'],
    );
    const refusing = scripted('9000', '6884', '9000');
    assert.equal((await exchange(refusing, { ...get, data })).sw, 0x6884);
    assert.equal(refusing.asked.length, 2);
  });

  test('sends long data in one command if the card supports it', async () => {
    const card = scripted('9000');
    await exchange(card, { ...get, data: new Uint8Array(600) }, { extendedLength: true });
    assert.deepEqual(
      card.asked.map((asked) => asked.slice(0, 14)),
      ['00cb3fff000258'],
    );
  });

  test('throws for an endless response, a missing status word and a missing card', async () => {
    await assert.rejects(exchange(scripted('6101'), get), { code: 'malformed_response' });
    await assert.rejects(exchange(scripted(`${'aa'.repeat(4000)}6100`), get), { code: 'malformed_response' });
    await assert.rejects(exchange(scripted('90'), get), { code: 'malformed_response' });
    await assert.rejects(exchange(scripted(), get), { code: 'transaction_failed' });
  });
});
