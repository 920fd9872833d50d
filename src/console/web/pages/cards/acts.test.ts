import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { SocketCard } from '../../../../../identity-agent/protocol.ts';
import type { CardRecord, ListedCard } from '../../../../cis/protocol.ts';
import { stateTags, withPins } from '../../parts/cards.ts';
import { actsOn } from './acts.ts';

const active: CardRecord = {
  serial: '100000000001',
  uid: '200000000001',
  state: 'active',
  pin: 'open',
  issuedLocked: false,
  orderedBy: null,
  replaces: null,
  notBefore: '2026-01-01T00:00:00.000Z',
  notAfter: '2028-01-01T00:00:00.000Z',
  renewable: false,
  revokedAt: null,
  revocationReason: null,
  unlockable: true,
};
const revoked = {
  state: 'revoked',
  revokedAt: '2026-11-03T10:00:00.000Z',
  revocationReason: 'keyCompromise',
} as const;

describe('acts on a card', () => {
  const whyNot = (changes: Partial<CardRecord>) =>
    Object.fromEntries(actsOn({ ...active, ...changes }).map((act) => [act.act, act.whyNot]));

  test('are all possible on an active card, and on an expired one', () => {
    for (const state of ['active', 'expired'] as const)
      assert.deepEqual(Object.values(whyNot({ state })), [undefined, undefined, undefined, undefined]);
  });

  test('give the reason when they are impossible', () => {
    const ordered = whyNot({ state: 'ordered', unlockable: false });
    assert.match(ordered.unblock ?? '', /not issued yet/);
    assert.match(ordered.renew ?? '', /not issued yet/);
    assert.equal(ordered.revoke, undefined);
    assert.match(whyNot({ unlockable: false }).unblock ?? '', /does not have the unblocking code/);
    for (const reason of Object.values(whyNot(revoked)))
      assert.equal(
        reason,
        'It was revoked on 2026-11-03 (keyCompromise), which cannot be undone. Order a new card.',
      );
    assert.match(whyNot({ state: 'replaced' }).revoke ?? '', /^It was replaced\. Use its successor\.$/);
  });
});

test('a card has one state, also if only the Identity Agent knows that its PIN is blocked', () => {
  const card = { serial: '1', state: 'active', pin: 'open', renewable: false } as ListedCard;
  const virtual = [{ serial: '1', locked: true }] as SocketCard[];
  assert.deepEqual(
    withPins([card, { ...card, serial: '2' }], virtual).map(({ pin }) => pin),
    ['blocked', 'open'],
  );
  const shown = withPins([card], virtual).map((each) => String(stateTags(each)));
  assert.match(shown.join(), /PIN blocked/);
  assert.doesNotMatch(shown.join(), /active/);
});
