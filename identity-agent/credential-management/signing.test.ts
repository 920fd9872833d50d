import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ada, ben, refusedWith, rightPin } from '../testing/desk.ts';
import { assertSigned, signingDesk } from '../testing/signing-desk.ts';
import { toSign } from '../testing/signing-page.ts';

const documents = ['first document', 'second document'];
/** The codes in `docs/signing.md`. */
const codes = {
  invalid: 1_397_311_235,
  noCard: 1_397_311_237,
  declined: 0x53494780,
  timedOut: 0x53494781,
  cardRemoved: 0x53494782,
  anotherCard: 0x53494783,
  cardBlocked: 0x53494784,
  busy: 0x53494785,
  unreachable: 0x53494787,
};

describe('requestToSign', () => {
  for (const [algorithm, digest] of [
    ['RS256', 'sha256'],
    ['RS1', 'sha1'],
  ] as const)
    test(`signs with ${algorithm} by the signing key of the card, after its PIN`, async (t) => {
      const desk = await signingDesk(t);
      await desk.signIn();
      const before = (await desk.call<{ cards: { serial: string }[] }>('listCards')).cards;
      const page = await desk.page();
      const signing = page.sign(toSign(documents, { algorithm }));
      const status = await desk.asked();
      assert.deepEqual(
        [status.state, status.documents, status.from],
        ['signedIn', 2, 'http://localhost:3000'],
      );
      const after = await desk.call('answerPin', { pin: rightPin });
      assert.deepEqual([after.question, after.documents, after.from], [null, null, null]);
      const { status: http, body } = await signing;
      assert.equal(http, 200);
      assert.equal(body.I, '0');
      const certificate = assertSigned(body, documents, digest);
      assert.equal(certificate.subject, `CN=${ada}`);
      assert.equal(certificate.publicKey.asymmetricKeyDetails?.modulusLength, 2_048);
      assert.deepEqual(body.R?.failed_signatures, []);
      assert.equal(before.length, 3);
    });

  test('needs no sign-in, and its PIN is none', async (t) => {
    const desk = await signingDesk(t);
    await desk.call('insertCard', { card: 'ada' });
    const page = await desk.page();
    const signing = page.sign(toSign(documents));
    await desk.asked();
    await desk.call('answerPin', { pin: rightPin });
    assertSigned((await signing).body, documents);
    const { state, person, question } = await desk.call('status');
    assert.deepEqual([state, person, question], ['pinRequested', null, 'pin']);
  });

  test('signs 250 documents with one PIN, and the same key signs the next request', async (t) => {
    const desk = await signingDesk(t);
    await desk.call('insertCard', { card: 'ada' });
    const page = await desk.page();
    const many = Array.from({ length: 250 }, (_, index) => `document ${index} ${'x'.repeat(600)}`);
    const certificates: string[] = [];
    for (const each of [many, documents]) {
      const signing = page.sign(toSign(each));
      await desk.asked();
      await desk.call('answerPin', { pin: rightPin });
      certificates.push(assertSigned((await signing).body, each).fingerprint256);
    }
    assert.equal(certificates[0], certificates[1]);
  });

  test('shows the documents by their SHA-256', async (t) => {
    const desk = await signingDesk(t);
    await desk.call('insertCard', { card: 'ada' });
    await assert.rejects(desk.call('question'), refusedWith('no_open_question'));
    const page = await desk.page('https://127.0.0.1:8443');
    const signing = page.sign(toSign(['abc']));
    await desk.asked();
    const { id, ...asked } = await desk.call<Record<string, unknown>>('question');
    assert.match(String(id), /^[\w-]{16}$/);
    assert.deepEqual(asked, {
      question: 'signature',
      from: 'https://127.0.0.1:8443',
      documents: 1,
      algorithm: 'RS256',
      digests: ['ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
    });
    await desk.call('declineQuestion');
    assert.equal((await signing).body.R?.status_code, codes.declined);
  });

  test('never uses the PIN of a sign-in, nor that for other documents', async (t) => {
    const desk = await signingDesk(t);
    await desk.call('insertCard', { card: 'ada' });
    const page = await desk.page();
    const signing = page.sign(toSign(documents));
    await desk.asked();
    for (const question of ['pin', 'AAAAAAAAAAAAAAAA'])
      await assert.rejects(
        desk.call('answerPin', { pin: rightPin, question }),
        refusedWith('no_open_question'),
        question,
      );
    assert.equal(desk.agent.pinQuestion, true);
    // A page of a sign-in, which shows the documents nowhere.
    await desk.agent.answerPin(rightPin, { from: 'browser', keys: [] });
    assert.equal((await desk.call('status')).question, 'signature', 'nothing was signed');
    const { id } = await desk.call<{ id: string }>('question');
    await desk.call('answerPin', { pin: rightPin, question: id });
    assertSigned((await signing).body, documents);
  });

  test('asks for the PIN each time, and counts a wrong one', async (t) => {
    const desk = await signingDesk(t);
    await desk.signIn();
    const page = await desk.page();
    const signing = page.sign(toSign(documents));
    await desk.asked();
    await assert.rejects(desk.call('answerPin', { pin: '999999' }), refusedWith('wrong_pin', 2));
    assert.equal((await desk.call('status')).question, 'signature');
    await desk.call('answerPin', { pin: rightPin });
    assertSigned((await signing).body, documents);

    const next = page.sign(toSign(documents));
    await desk.asked();
    for (const left of [2, 1])
      await assert.rejects(desk.call('answerPin', { pin: '999999' }), refusedWith('wrong_pin', left));
    await assert.rejects(desk.call('answerPin', { pin: '999999' }), refusedWith('card_blocked', 0));
    assert.equal((await next).body.R?.status_code, codes.cardBlocked);
    assert.equal((await page.sign(toSign(documents))).body.R?.status_code, codes.cardBlocked);
  });
});

describe('requestToSign signs nothing', () => {
  test('without a card, and says so in the published words', async (t) => {
    const desk = await signingDesk(t);
    const { body } = await (await desk.page()).sign(toSign(documents));
    const { timestamp, ...response } = body.R ?? { timestamp: '' };
    assert.deepEqual(response, {
      certificate: '',
      signatures: null,
      failed_signatures: null,
      status_code: codes.noCard,
      status_string: 'ERROR',
      message:
        'Unable to locate a Smartcard on the local system that contains an appropriate X.509 Digital Certificate that can be used to perform a signing operation. Error Code: (0x53494705) No X.509 Signing certificate found',
    });
    assert.equal(timestamp, '2026-11-24T12:00:00.000Z');
  });

  test('of an invalid request, and says so in the published words', async (t) => {
    const desk = await signingDesk(t);
    await desk.call('insertCard', { card: 'ada' });
    const page = await desk.page();
    for (const args of [['not base64!'], ['e30='], [], ['e30=', 'e30=']]) {
      const { body } = await page.invoke('requestToSign', args);
      assert.deepEqual(
        [body.R?.status_code, body.R?.message, body.R?.signatures],
        [
          codes.invalid,
          'Failed to process inbound JSON request. Check logs for futher information. Error Code: (0x53494703) An Internal error occurred',
          null,
        ],
      );
    }
    assert.equal((await desk.call('status')).question, 'pin');
  });

  const ends: readonly (readonly [
    string,
    (desk: Awaited<ReturnType<typeof signingDesk>>) => Promise<unknown>,
    number,
  ])[] = [
    ['when the user declines', (desk) => desk.call('declineQuestion'), codes.declined],
    ['when the card is removed', (desk) => desk.call('takeCard'), codes.cardRemoved],
    ['when another card is inserted', (desk) => desk.call('insertCard', { card: 'ben' }), codes.cardRemoved],
    ['when the user signs out', (desk) => desk.call('destroyTicket'), codes.declined],
  ];
  for (const [what, act, code] of ends)
    test(what, async (t) => {
      const desk = await signingDesk(t);
      await desk.signIn();
      const signing = (await desk.page()).sign(toSign(documents));
      await desk.asked();
      const { id } = await desk.call<{ id: string }>('question');
      await act(desk);
      const { body } = await signing;
      assert.deepEqual([body.R?.status_code, body.R?.signatures], [code, null]);
      await assert.rejects(
        desk.call('answerPin', { pin: rightPin, question: id }),
        refusedWith('no_open_question'),
      );
      assert.notEqual((await desk.call('status')).question, 'signature');
    });

  test('when the user does not answer in time', async (t) => {
    const desk = await signingDesk(t, { answerTimeout: 50 });
    await desk.call('insertCard', { card: 'ada' });
    const { body } = await (await desk.page()).sign(toSign(documents));
    assert.equal(body.R?.status_code, codes.timedOut);
    assert.equal((await desk.call('status')).question, 'pin');
  });

  test('when the page leaves', async (t) => {
    const desk = await signingDesk(t);
    await desk.call('insertCard', { card: 'ada' });
    for (const leave of ['close', 'abort'] as const) {
      const page = await desk.page();
      const closing = new AbortController();
      const signing = page.sign(toSign(documents), closing.signal).catch(() => undefined);
      await desk.asked();
      if (leave === 'close') closing.abort();
      else await page.inConnection('abort', { method: 'POST' });
      await signing;
      for (let tries = 0; (await desk.call('status')).question === 'signature'; tries += 1) {
        assert.ok(tries < 200, leave);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    }
  });

  test('while another request waits', async (t) => {
    const desk = await signingDesk(t);
    await desk.call('insertCard', { card: 'ada' });
    const [one, two] = [await desk.page(), await desk.page('http://localhost:4000')];
    const first = one.sign(toSign(documents));
    await desk.asked();
    for (const page of [one, two])
      assert.equal((await page.sign(toSign(['other']))).body.R?.status_code, codes.busy);
    await desk.call('answerPin', { pin: rightPin });
    assertSigned((await first).body, documents);
  });

  test('with the card of another person than the one who is signed in', async (t) => {
    const desk = await signingDesk(t, { generation: 'internet', mode: 'normal' });
    await desk.call('insertCard', { card: 'ada' });
    desk.agent.askForPin();
    await desk.call('answerPin', { pin: rightPin });
    await desk.call('takeCard');
    await desk.call('insertCard', { card: 'ben' });
    const { person } = await desk.call('status');
    assert.equal(person?.uid, ada, 'the session continues without its card');
    const { body } = await (await desk.page()).sign(toSign(documents));
    assert.equal(body.R?.status_code, codes.anotherCard);
    assert.notEqual(ada, ben);
  });

  test('with a signing certificate that has expired, and says that there is none', async (t) => {
    const desk = await signingDesk(t);
    await desk.call('insertCard', { card: 'ada' });
    desk.cis.authority.notAfter = new Date('2026-11-24T11:59:59Z');
    const { body } = await (await desk.page()).sign(toSign(documents));
    assert.equal(body.R?.status_code, codes.noCard);
  });

  test('with a card that is blocked', async (t) => {
    const desk = await signingDesk(t);
    await desk.call('insertCard', { card: 'locked' });
    const { body } = await (await desk.page()).sign(toSign(documents));
    assert.equal(body.R?.status_code, codes.cardBlocked);
  });

  test('while CIS does not certify the key of a virtual card', async (t) => {
    const desk = await signingDesk(t);
    await desk.call('insertCard', { card: 'ada' });
    await desk.cis.close();
    const { body } = await (await desk.page()).sign(toSign(documents));
    assert.equal(body.R?.status_code, codes.unreachable);
  });
});
