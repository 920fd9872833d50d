import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { thumbprint } from '@alongside/kernel/jws';
import { paths, proofHeader, type SignInAnswer, signInMessage } from '../protocol.ts';
import { issueCard, type TestCard } from '../testing/cards.ts';
import { startCis, startTime, type TestCis, uids } from '../testing/cis.ts';
import { Desk, newP256, type ProofPlan } from '../testing/desk.ts';

describe('calls of an agent about its session', () => {
  let cis: TestCis;
  let card: TestCard;
  let desk: Desk;
  let answer: SignInAnswer;
  before(async () => {
    cis = await startCis();
    card = await issueCard(cis, uids.locum);
  });
  beforeEach(async () => {
    desk = new Desk(cis);
    answer = await desk.signIn(card);
  });
  after(() => cis.close());

  const stateOf = async (id: string) => (await cis.call(paths.session(id), { as: 'cis2' })).body;

  test('extends the session by 600 s at each heartbeat, up to ten hours', async () => {
    const begin = cis.clock.now();
    for (let beat = 0; beat < 60; beat++) {
      cis.clock.advance(599);
      const { status, body } = await desk.heartbeat();
      assert.equal(status, 200);
      const idle = Math.min(cis.clock.now() + 600_000, begin + 36_000_000);
      assert.deepEqual(body, {
        idleEndsAt: new Date(idle).toISOString(),
        endsAt: new Date(begin + 36_000_000).toISOString(),
      });
    }
    cis.clock.advance(59);
    assert.equal((await desk.heartbeat()).status, 200);
    cis.clock.advance(1);
    const { status, body } = await desk.heartbeat();
    assert.deepEqual([status, body.error, body.cause], [410, 'session_ended', 'expired']);
  });

  test('ends after 600 s without a heartbeat, not before', async () => {
    cis.clock.advance(599);
    assert.equal((await stateOf(desk.sessionId)).active, true);
    cis.clock.advance(1);
    const state = await stateOf(desk.sessionId);
    assert.deepEqual([state.active, state.endCause], [false, 'expired']);
    assert.equal((await desk.heartbeat()).status, 410);
  });

  test('chooses and clears a role of the person, and refuses others', async () => {
    const roleId = answer.roles[3]?.roleId ?? '';
    for (const method of ['PUT', 'POST']) {
      const chosen = await desk.sessionCall(method, paths.role(desk.sessionId), { roleId });
      assert.deepEqual([chosen.status, chosen.body], [200, { roleId }]);
      assert.equal((await stateOf(desk.sessionId)).roleId, roleId);
      await desk.sessionCall(method, paths.role(desk.sessionId), { roleId: null });
      assert.equal((await stateOf(desk.sessionId)).roleId, null);
    }
    const foreign = await desk.sessionCall('PUT', paths.role(desk.sessionId), { roleId: '555010842101' });
    assert.deepEqual([foreign.status, foreign.body.error], [422, 'no_role']);
    assert.equal(
      (await desk.sessionCall('PUT', paths.role(desk.sessionId), { roleId: 'R8000' })).status,
      400,
    );
  });

  test('clears a chosen role that the directory removes', async () => {
    const nurse = new Desk(cis);
    const { roles } = await nurse.signIn(await issueCard(cis, uids.nurse));
    const [kept, lost] = roles;
    await nurse.sessionCall('PUT', paths.role(nurse.sessionId), { roleId: lost?.roleId });
    await cis.call(paths.person(uids.nurse), { method: 'PATCH', body: { roles: [kept] }, as: 'console' });
    const state = await stateOf(nurse.sessionId);
    assert.deepEqual([state.active, state.roleId], [true, null]);
  });

  async function pin(of: TestCard, changes: Record<string, unknown> = {}) {
    const challenge = await desk.challenge();
    const signed = of.sign(signInMessage(challenge, thumbprint(desk.sessionKey.jwk)));
    return desk.sessionCall('POST', paths.pin(desk.sessionId), { ...signed, challenge, ...changes });
  }

  test('sets a new PIN time in the same session', async () => {
    cis.clock.advance(300);
    const now = new Date(cis.clock.now()).toISOString();
    const { status, body } = await pin(card);
    assert.deepEqual([status, body], [200, { pinTime: now }]);
    const state = await stateOf(desk.sessionId);
    assert.deepEqual([state.pinTime, state.active, state.endsAt], [now, true, answer.endsAt]);
    cis.clock.advance(599);
    assert.equal((await stateOf(desk.sessionId)).active, true);
  });

  test('accepts a PIN with another card of the person, not of another person', async () => {
    const second = await issueCard(cis, uids.locum);
    assert.equal((await pin(second)).status, 200);
    assert.equal((await stateOf(desk.sessionId)).cardSerial, second.serial);
    const before = await stateOf(desk.sessionId);
    cis.clock.advance(5);
    const other = await pin(await issueCard(cis, uids.gp));
    assert.deepEqual([other.status, other.body.error], [403, 'another_person']);
    assert.deepEqual(await stateOf(desk.sessionId), before);
  });

  test('requires a fresh challenge, a valid card and its signature for a PIN', async () => {
    assert.equal((await pin(card, { challenge: 'made-up' })).body.error, 'challenge_invalid');
    assert.equal(
      (await pin(await issueCard(cis, uids.locum, { profile: 'revoked' }))).body.error,
      'certificate_revoked',
    );
    assert.equal(
      (await pin(card, { signature: card.sign('another').signature })).body.error,
      'signature_invalid',
    );
  });

  test('ends the session once, with a cause that an agent may give', async () => {
    const path = paths.session(desk.sessionId);
    assert.equal((await desk.sessionCall('DELETE', path, { cause: 'administrator' })).status, 400);
    assert.equal((await desk.sessionCall('DELETE', path, { cause: 'cardRemoved' })).status, 204);
    assert.equal((await desk.sessionCall('DELETE', path, { cause: 'signedOut' })).status, 204);
    const state = await stateOf(desk.sessionId);
    assert.deepEqual([state.active, state.endCause], [false, 'cardRemoved']);
    assert.equal((await desk.heartbeat()).status, 410);
    const ends = (await cis.audit.list()).filter(
      ({ action, target }) => action === 'cis.session-ended' && target === desk.sessionId,
    );
    assert.deepEqual(
      ends.map(({ detail }) => detail.cause),
      ['cardRemoved'],
    );
  });

  test('ends the session with the cause signedOut without a body', async () => {
    assert.equal((await desk.sessionCall('DELETE', paths.session(desk.sessionId))).status, 204);
    assert.equal((await stateOf(desk.sessionId)).endCause, 'signedOut');
  });

  describe('the proof of the session key', () => {
    const call = async (plan: Partial<ProofPlan>, key?: ReturnType<typeof newP256>) => {
      const path = paths.heartbeat(desk.sessionId);
      const proof = await desk.proof({ method: 'POST', path, sid: desk.sessionId, ...plan }, key);
      return cis.call(path, { method: 'POST', headers: { [proofHeader]: proof } });
    };
    const refused = async (plan: Partial<ProofPlan>, key?: ReturnType<typeof newP256>) => {
      const { status, body } = await call(plan, key);
      assert.deepEqual([status, body.error], [401, 'invalid_proof']);
    };

    test('is required', async () => {
      const { status, body } = await cis.call(paths.heartbeat(desk.sessionId), { method: 'POST' });
      assert.deepEqual([status, body.error], [401, 'invalid_proof']);
    });
    test('is refused by another key', () => refused({}, newP256()));
    test('is refused by another key in its header', async () => {
      const key = newP256();
      await refused({ header: { jwk: key.jwk } }, key);
    });
    test('is refused for another method', () => refused({ method: 'DELETE' }));
    test('is refused for another path', () => refused({ path: paths.role(desk.sessionId) }));
    test('is refused for another origin', () =>
      refused({ claims: { htu: `http://127.0.0.1${paths.heartbeat(desk.sessionId)}` } }));
    test('is refused for another session', () => refused({ sid: 'another' }));
    test('is refused without a session', () => refused({ claims: { sid: undefined } }));
    test('is refused with another type', () => refused({ header: { typ: 'dpop+jwt' } }));
    test('is refused without an id', () => refused({ claims: { jti: undefined } }));
    test('is refused with a guessable id', () => refused({ claims: { jti: '1' } }));
    test('is refused without a time', () => refused({ claims: { iat: 'now' } }));

    test('is accepted within a minute of the clock and refused beyond', async () => {
      const iat = cis.clock.now() / 1_000;
      assert.equal((await call({ claims: { iat: iat - 60 } })).status, 200);
      assert.equal((await call({ claims: { iat: iat + 60 } })).status, 200);
      await refused({ claims: { iat: iat - 61 } });
      await refused({ claims: { iat: iat + 61 } });
    });

    test('is accepted once among ten simultaneous calls', async () => {
      const path = paths.heartbeat(desk.sessionId);
      const proof = await desk.proof({ method: 'POST', path, sid: desk.sessionId });
      const answers = await Promise.all(
        Array.from({ length: 10 }, () =>
          cis.call(path, { method: 'POST', headers: { [proofHeader]: proof } }),
        ),
      );
      assert.deepEqual(answers.map(({ status }) => status).sort(), [200, ...Array(9).fill(401)]);
      cis.clock.advance(60);
      assert.equal((await cis.call(path, { method: 'POST', headers: { [proofHeader]: proof } })).status, 401);
    });

    test('is refused for an unknown session', async () => {
      desk.sessionId = 'unknown';
      assert.equal((await desk.heartbeat()).status, 404);
      desk.sessionId = '%E0%A4%A';
      assert.ok(
        [400, 404].includes((await cis.call(`/sessions/%E0%A4%A/heartbeat`, { method: 'POST' })).status),
      );
    });
  });

  test('returns the session only to authorised services with their secret', async () => {
    const path = paths.session(desk.sessionId);
    assert.equal((await cis.call(path)).status, 401);
    assert.equal((await cis.call(path, { headers: { authorization: 'Bearer wrong' } })).status, 401);
    assert.equal((await cis.call(path, { as: 'cardIssuer' })).status, 403);
    assert.equal((await cis.call(paths.session('unknown'), { as: 'cis2' })).status, 404);
    const { body } = await cis.call(path, { as: 'cis2' });
    const { kty, crv, x, y } = desk.sessionKey.jwk;
    assert.deepEqual(body, {
      active: true,
      sessionId: desk.sessionId,
      uid: uids.locum,
      agentId: desk.agentId,
      cardSerial: card.serial,
      generation: 'hscn',
      mode: 'normal',
      pinTime: new Date(cis.clock.now()).toISOString(),
      endsAt: answer.endsAt,
      roleId: null,
      sessionKey: { kty, crv, x, y },
      endCause: null,
    });
    assert.ok(cis.clock.now() > startTime);
  });
});
