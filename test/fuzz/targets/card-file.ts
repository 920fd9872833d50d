import assert from 'node:assert/strict';
import { parseStoredCards } from '../../../identity-agent/card/card-record.ts';
import { asText, type FuzzTarget, json, orRefused } from '../target.ts';

const card = {
  serial: '100000000001',
  uid: '656005750199',
  name: 'Robin Tester',
  persona: 'tester',
  series: '10',
  keyType: 'EC-P256',
  profile: 'standard',
  cardKey: 'AAAA',
  pin: { hash: 'AAAA', triesLeft: 3 },
  puk: { hash: 'AAAA', triesLeft: 3 },
};
const slot = { privateKey: 'AAAA', certificate: 'AAAA' };

export const target: FuzzTarget = {
  name: 'card-file',
  corpus: [
    json([card]),
    json([
      { ...card, slots: { authentication: slot, signing: slot } },
      { ...card, serial: '100000000002' },
    ]),
    json([]),
  ],
  words: ['"__proto__":', '"constructor":', 'null', '[', '{}', '1e999', '"slots":'],
  run(bytes) {
    const value = orRefused(['SyntaxError'], () => JSON.parse(asText(bytes)) as unknown);
    const cards = orRefused(['CardStoreError'], () => parseStoredCards(value));
    for (const { serial, uid, pin } of cards ?? []) {
      assert.match(serial, /^\d{12}$/);
      assert.match(uid, /^\d{12}$/);
      assert.ok(pin.triesLeft >= 0 && pin.triesLeft <= 3);
    }
  },
};
