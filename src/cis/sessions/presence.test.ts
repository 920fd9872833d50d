import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { callerNetwork, networkAddress } from '@alongside/kernel/networks';
import fc from 'fast-check';
import { Limiter } from '../limits.ts';
import { type PresenceAnswer, paths, proofHeader } from '../protocol.ts';
import { issueCard } from '../testing/cards.ts';
import { startCis, type TestCis, uids } from '../testing/cis.ts';
import { Desk, newP256 } from '../testing/desk.ts';

describe('POST /agents/presence', () => {
  let cis: TestCis;
  before(async () => {
    cis = await startCis();
  });
  after(() => cis.close());

  async function at(address: string): Promise<PresenceAnswer['agents']> {
    const { status, body } = await cis.call(`${paths.presence}?address=${encodeURIComponent(address)}`, {
      as: 'cis2',
    });
    assert.equal(status, 200);
    return (body as unknown as PresenceAnswer).agents;
  }

  test('finds agents by network address for 240 s, with their live session', async () => {
    const desk = new Desk(cis);
    assert.deepEqual(await at('127.0.0.1'), []);
    assert.equal((await desk.sayPresent()).status, 204);
    const seenAt = new Date(cis.clock.now()).toISOString();
    assert.deepEqual(await at('127.0.0.1'), [{ agentId: desk.agentId, seenAt, sessionId: null }]);
    assert.equal((await at('::1')).length, 1, 'one machine, whatever the family');
    assert.equal((await at('::ffff:127.0.0.1')).length, 1);
    assert.deepEqual(await at('192.0.2.7'), []);

    await desk.signIn(await issueCard(cis, uids.gp));
    assert.equal((await at('127.0.0.1'))[0]?.sessionId, desk.sessionId);
    await desk.sessionCall('DELETE', paths.session(desk.sessionId));
    assert.equal((await at('127.0.0.1'))[0]?.sessionId, null);

    cis.clock.advance(239);
    assert.equal((await at('127.0.0.1')).length, 1);
    cis.clock.advance(1);
    assert.equal((await at('127.0.0.1')).length, 0);
    await desk.sayPresent();
    const other = new Desk(cis);
    cis.clock.advance(1);
    await other.sayPresent();
    assert.deepEqual(
      (await at('127.0.0.1')).map(({ agentId }) => agentId),
      [other.agentId, desk.agentId],
    );
  });

  test('no longer lists a session that a restarted agent has lost', async () => {
    const desk = new Desk(cis);
    const sessionOf = async () =>
      (await at('127.0.0.1')).find(({ agentId }) => agentId === desk.agentId)?.sessionId;
    await desk.sayPresent();
    const { sessionId } = await desk.signIn(await issueCard(cis, uids.nurse));
    cis.clock.advance(60);
    await desk.sayPresent({}, sessionId);
    assert.equal(await sessionOf(), sessionId, 'it names it');
    cis.clock.advance(1);
    await desk.sayPresent({}, null);
    assert.equal(await sessionOf(), null, 'it names none');
    cis.clock.advance(1);
    await desk.heartbeat();
    assert.equal(await sessionOf(), sessionId, 'who beats has the key');
    cis.clock.advance(1);
    await desk.sayPresent({}, 'another');
    assert.equal(await sessionOf(), null);
  });

  test('ends the former sessions of a restarted agent and no others', async () => {
    const [desk, other] = [new Desk(cis), new Desk(cis)];
    const lost = await desk.signIn(await issueCard(cis, uids.nurse));
    const kept = await other.signIn(await issueCard(cis, uids.gp));
    const stateOf = async (id: string) => (await cis.call(paths.session(id), { as: 'cis2' })).body;
    assert.equal((await other.start({ path: paths.presence })).status, 401, 'a proof of another call');
    assert.equal((await desk.start()).status, 204);
    const { active, endCause } = await stateOf(lost.sessionId);
    assert.deepEqual([active, endCause], [false, 'agentStopped']);
    assert.equal((await stateOf(kept.sessionId)).active, true);
    const ended = await cis.events('cis.session-ended');
    assert.equal(ended.at(-1)?.detail.cause, 'agentStopped');
    assert.equal((await desk.start()).status, 204, 'nothing is left to end');
  });

  test('refuses an id that is not the thumbprint of the key', async () => {
    const desk = new Desk(cis);
    const refused = async (plan: Parameters<Desk['sayPresent']>[0]) => {
      const { status, body } = await desk.sayPresent(plan);
      assert.deepEqual([status, body.error], [401, 'invalid_proof']);
    };
    await refused({ header: {} });
    await refused({ header: { jwk: newP256().jwk } });
    await refused({ header: { jwk: { ...desk.agentKey.jwk, d: 'AAAA' } } });
    await refused({ path: '/sessions' });
    await refused({ claims: { iat: cis.clock.now() / 1_000 - 61 } });
    assert.equal((await desk.sayPresent()).status, 204);
  });

  test('accepts a proof once', async () => {
    const desk = new Desk(cis);
    const proof = await desk.proof(
      { method: 'POST', path: paths.presence, header: { jwk: desk.agentKey.jwk } },
      desk.agentKey,
    );
    const send = () =>
      cis.call(paths.presence, { body: { sessionId: null }, headers: { [proofHeader]: proof } });
    assert.deepEqual([(await send()).status, (await send()).status], [204, 401]);
  });

  test('limits the calls of one network address in a minute', async () => {
    const small = await startCis({ limits: { presencePerMinute: 2 } });
    try {
      const say = async () => (await new Desk(small).sayPresent()).status;
      assert.deepEqual([await say(), await say(), await say()], [204, 204, 429]);
      small.clock.advance(60);
      assert.equal(await say(), 204);
    } finally {
      await small.close();
    }
  });

  test('lists agents only for CIS2, and only for an address', async () => {
    assert.equal((await cis.call(`${paths.presence}?address=127.0.0.1`)).status, 401);
    assert.equal((await cis.call(`${paths.presence}?address=127.0.0.1`, { as: 'console' })).status, 403);
    assert.equal((await cis.call(paths.presence, { as: 'cis2' })).status, 400);
  });

  test('counts callers by IPv4 address or IPv6 network of 64 bits, for a limited time', async () => {
    assert.equal(callerNetwork('::ffff:192.0.2.1'), '192.0.2.1');
    assert.equal(callerNetwork('::1'), '127.0.0.1');
    assert.equal(callerNetwork('2001:DB8:0:7::1'), '2001:db8:0:7::/64');
    assert.equal(callerNetwork('2001:db8:0:7:ffff:1:2:3'), '2001:db8:0:7::/64');
    assert.equal(callerNetwork('2001:db8::7:192.0.2.1'), '2001:db8:0:0::/64');
    assert.equal(callerNetwork('fe80::1%eth0'), 'fe80:0:0:0::/64');
    const limiter = new Limiter(cis.database, cis.clock);
    assert.equal(await limiter.over('once', 1, 'minute'), false);
    const counts = async () =>
      (await cis.database.all({ text: "SELECT name FROM counter WHERE name = 'cis:once'", values: [] }))
        .length;
    await limiter.forget();
    assert.equal(await counts(), 1);
    cis.clock.advance(90_000);
    await limiter.forget();
    assert.equal(await counts(), 0);
  });

  test('normalises an address, and keeps a normal one', () => {
    assert.equal(networkAddress('127.8.9.1'), '127.0.0.1');
    assert.equal(networkAddress('::ffff:192.0.2.1'), '192.0.2.1');
    assert.equal(networkAddress('2001:DB8::1'), '2001:db8::1');
    const addresses = fc.oneof(
      fc.ipV4(),
      fc.ipV6(),
      fc.ipV4().map((four) => `::FFFF:${four}`),
    );
    fc.assert(
      fc.property(
        addresses,
        (address) => networkAddress(networkAddress(address)) === networkAddress(address),
      ),
    );
  });
});
