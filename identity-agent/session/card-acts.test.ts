import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { describe, test } from 'node:test';
import type { AgentStatus, SocketCard } from '../protocol.ts';
import { ada, refusedWith, rightPin, type TestDesk, testDesk } from '../testing/desk.ts';

const puk = '87654321';
const serialOf = (desk: TestDesk) => desk.agent.card?.label.serial ?? '';

async function block(desk: TestDesk): Promise<void> {
  await desk.call('insertCard', { card: 'ada' });
  for (let n = 0; n < 3; n += 1) await assert.rejects(desk.call('answerPin', { pin: '999999' }));
  assert.equal((await desk.call('status')).state, 'blocked');
}

describe('changePin', () => {
  test('needs the old PIN and a new one of 6 to 8 digits', async (t) => {
    const desk = await testDesk(t);
    await desk.call('insertCard', { card: 'ada' });
    for (const [newPin, error] of [
      ['12345', 'invalid_pin'],
      ['123456789', 'invalid_pin'],
      [rightPin, 'same_pin'],
    ] as const)
      await assert.rejects(desk.call('changePin', { pin: rightPin, newPin }), refusedWith(error));
    await desk.call('changePin', { pin: rightPin, newPin: '24681357' });
    await assert.rejects(desk.call('answerPin', { pin: rightPin }), refusedWith('wrong_pin', 2));
    assert.equal((await desk.call('answerPin', { pin: '24681357' })).state, 'signedIn');
    await desk.call('changePin', { pin: '24681357', newPin: rightPin });
    assert.equal((await desk.call('status')).state, 'signedIn', 'the session goes on');
    assert.ok(!JSON.stringify([desk.arrows, desk.lines]).includes('24681357'), 'no PIN in events or log');
  });

  test('uses an attempt for a wrong old PIN, and the last one ends the session', async (t) => {
    const desk = await testDesk(t);
    await desk.signIn();
    const change = () => desk.call('changePin', { pin: '999999', newPin: '222222' });
    await assert.rejects(change(), refusedWith('wrong_pin', 2));
    await assert.rejects(change(), refusedWith('wrong_pin', 1));
    await assert.rejects(change(), refusedWith('card_blocked'));
    await assert.rejects(change(), refusedWith('card_blocked'));
    await desk.agent.settled();
    assert.deepEqual(
      [...desk.cis.sessions.values()].map(({ ended }) => ended),
      ['signedOut'],
    );
  });

  test('needs a card', async (t) => {
    const desk = await testDesk(t);
    await assert.rejects(desk.call('changePin', { pin: rightPin, newPin: '222222' }), refusedWith('no_card'));
  });
});

describe('unblockPin', () => {
  test('sets a new PIN and restores the attempts', async (t) => {
    const desk = await testDesk(t);
    const heard: string[] = [];
    desk.agent.onNotice((name) => void heard.push(name));
    await block(desk);
    assert.ok(heard.includes('cardBlocked'));
    await assert.rejects(
      desk.call('unblockPin', { unblockingCode: '11111111', newPin: '222222' }),
      refusedWith('wrong_unblocking_code', 2),
    );
    await assert.rejects(
      desk.call('unblockPin', { unblockingCode: puk, newPin: '22' }),
      refusedWith('invalid_pin'),
    );
    const open = await desk.call('unblockPin', { unblockingCode: puk, newPin: '222222' });
    assert.deepEqual([open.state, open.attemptsLeft, open.problem], ['pinRequested', 3, null]);
    assert.equal((await desk.call('answerPin', { pin: '222222' })).state, 'signedIn');
    assert.deepEqual(
      desk.cis.cards.pinStates.map(({ pin }) => pin),
      ['blocked', 'open'],
    );
  });

  test('makes the card unusable after three wrong codes', async (t) => {
    const desk = await testDesk(t);
    await block(desk);
    const wrong = () => desk.call('unblockPin', { unblockingCode: '11111111', newPin: '222222' });
    await assert.rejects(wrong(), refusedWith('wrong_unblocking_code', 2));
    await assert.rejects(wrong(), refusedWith('wrong_unblocking_code', 1));
    await assert.rejects(wrong(), refusedWith('unblocking_code_blocked'));
    await assert.rejects(
      desk.call('unblockPin', { unblockingCode: puk, newPin: '222222' }),
      refusedWith('unblocking_code_blocked'),
    );
  });
});

describe('unlockCard', () => {
  test('uses the mailed code for the unblocking code once', async (t) => {
    const desk = await testDesk(t);
    await block(desk);
    await desk.call('requestUnlockCode');
    const { code } = desk.cis.cards.mailed.get(serialOf(desk)) ?? { code: '' };
    await assert.rejects(
      desk.call('unlockCard', { code: '00000000', newPin: '222222' }),
      refusedWith('wrong_code', 4),
    );
    await assert.rejects(desk.call('unlockCard', { code, newPin: '2' }), refusedWith('invalid_pin'));
    assert.ok(desk.cis.cards.mailed.has(serialOf(desk)), 'a PIN that cannot be does not use the code up');
    assert.equal((await desk.call('unlockCard', { code, newPin: '222222' })).state, 'pinRequested');
    assert.equal((await desk.call('answerPin', { pin: '222222' })).state, 'signedIn');
    await assert.rejects(desk.call('unlockCard', { code, newPin: '333333' }), refusedWith('code_expired'));
  });

  test('refuses a code after 15 minutes, and reports that CIS does not respond', async (t) => {
    const desk = await testDesk(t);
    await block(desk);
    await desk.call('requestUnlockCode');
    const { code } = desk.cis.cards.mailed.get(serialOf(desk)) ?? { code: '' };
    desk.clock.advance(900);
    await assert.rejects(desk.call('unlockCard', { code, newPin: '222222' }), refusedWith('code_expired'));
    desk.cis.down = true;
    await assert.rejects(desk.call('requestUnlockCode'), refusedWith('cis_unreachable'));
    await assert.rejects(desk.call('unlockCard', { code, newPin: '222222' }), refusedWith('cis_unreachable'));
  });

  test('works for a card with its own unblocking code, which CIS gets with the first keys', async (t) => {
    const desk = await testDesk(t);
    const seed = { uid: ada, name: 'Dr Ada Fictional', puk: '24681357', locked: true };
    const { serial } = await desk.call<SocketCard>('addCard', seed);
    await desk.call('insertCard', { card: serial });
    await desk.call('requestUnlockCode');
    const { code } = desk.cis.cards.mailed.get(serial) ?? { code: '' };
    assert.equal(desk.cis.cards.unblockingCodes.get(serial), '24681357');
    await desk.call('unlockCard', { code, newPin: '222222' });
    assert.equal((await desk.call('answerPin', { pin: '222222' })).state, 'signedIn');
  });

  test('reports a card that CIS does not know as the one in the reader', async (t) => {
    const desk = await testDesk(t);
    await block(desk);
    desk.cis.cards.refusesCards = true;
    await assert.rejects(desk.call('requestUnlockCode'), refusedWith('card_unproven'));
    await assert.rejects(
      desk.call('unlockCard', { code: '12345678', newPin: '222222' }),
      refusedWith('card_unproven'),
    );
  });

  test('works for a card that was issued locked', async (t) => {
    const desk = await testDesk(t);
    await desk.call('insertCard', { card: 'locked' });
    await desk.call('requestUnlockCode');
    const { code } = desk.cis.cards.mailed.get(serialOf(desk)) ?? { code: '' };
    await desk.call('unlockCard', { code, newPin: '222222' });
    assert.equal((await desk.call('answerPin', { pin: '222222' })).state, 'signedIn');
  });
});

/** A workstation with cards that expire in the given number of days. */
async function deskEndingIn(t: Parameters<typeof testDesk>[0], days: number) {
  const desk = await testDesk(t);
  desk.cis.authority.notAfter = new Date(desk.clock.now() + days * 86_400_000);
  return desk;
}
const certificateOf = async (desk: TestDesk): Promise<X509Certificate> => {
  const { certificate } = (await desk.agent.signWithCard(desk.agent.session!, Buffer.from('x')))!;
  return new X509Certificate(Buffer.from(certificate, 'base64'));
};

describe('renewCard', () => {
  test('is available in the last 90 days, and gives the same card and session new keys', async (t) => {
    const desk = await deskEndingIn(t, 30);
    const before = await desk.signIn();
    assert.equal(before.card?.renewalDue, true);
    const old = await certificateOf(desk);
    const after = await desk.call<AgentStatus>('renewCard');
    assert.deepEqual([after.state, after.card?.renewalDue], ['signedIn', false]);
    const renewed = await certificateOf(desk);
    assert.notEqual(renewed.publicKey.export({ format: 'jwk' }).x, old.publicKey.export({ format: 'jwk' }).x);
    assert.equal(desk.cis.cards.renewed.length, 1);
    assert.equal((await desk.handOff((await desk.cis2.request()).jws)).status, 302, 'the new key signs');
    await desk.call('takeCard');
    assert.equal((await desk.signIn()).state, 'signedIn', 'the new keys are on the card');
    const { cards } = await desk.call<{ cards: SocketCard[] }>('listCards');
    assert.equal(cards.find(({ uid }) => uid === ada)?.profile, 'standard');
  });

  test('is refused too early, without a session, and with the sentence of CIS', async (t) => {
    const early = await deskEndingIn(t, 91);
    await early.signIn();
    await assert.rejects(early.call('renewCard'), refusedWith('not_due'));
    const desk = await deskEndingIn(t, 89);
    await assert.rejects(desk.call('renewCard'), refusedWith('no_card'));
    await desk.call('insertCard', { card: 'ada' });
    await assert.rejects(desk.call('renewCard'), refusedWith('not_signed_in'));
    await desk.call('answerPin', { pin: rightPin });
    const old = (await certificateOf(desk)).serialNumber;
    desk.cis.cards.refusesRenewal = { status: 403, error: 'certificate_revoked', sentence: 'Revoked.' };
    await assert.rejects(desk.call('renewCard'), (thrown: Error) => thrown.message === 'Revoked.');
    desk.cis.cards.refusesRenewal = { status: 409, error: 'renewal_too_early', sentence: 'Too early.' };
    await assert.rejects(desk.call('renewCard'), refusedWith('not_due'));
    desk.cis.down = true;
    await assert.rejects(desk.call('renewCard'), refusedWith('cis_unreachable'));
    assert.equal((await certificateOf(desk)).serialNumber, old, 'the card stayed as it was');
    assert.equal((await desk.call('status')).state, 'signedIn');
  });

  test('is refused for a card of another maker', async (t) => {
    const desk = await deskEndingIn(t, 30);
    await desk.signIn();
    // A reader without a card office, like a real one.
    const { card } = desk.agent;
    assert.ok(card);
    desk.agent.attach(
      { name: 'real', card: () => undefined, onChange: () => () => undefined, close: async () => undefined },
      () => undefined,
    );
    await assert.rejects(desk.call('renewCard'), refusedWith('not_renewable'));
    assert.equal(desk.agent.renewalDue, false);
  });
});
