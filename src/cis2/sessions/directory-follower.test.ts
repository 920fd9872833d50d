import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLog } from '@alongside/kernel/log';
import { sql } from '../../storage/database.ts';
import type { Authentication } from '../model/session.ts';
import { Browser } from '../testing/browser.ts';
import { startInstance } from '../testing/instance.ts';
import { choice } from '../testing/journey.ts';
import { otherProcess } from '../testing/other-process.ts';
import { gp, nurse } from '../testing/people.ts';
import { startRpEndpoint } from '../testing/rp-endpoint.ts';

/** Starts CIS2 and a relying party, with the rounds of another process on the same storage. */
async function start() {
  const cis2 = await startInstance();
  const rp = await startRpEndpoint();
  const client = await cis2.register({ backchannelLogoutUri: rp.url });
  const { sessions, lookForGonePeople } = otherProcess(cis2);
  const authentication = (uid: string): Authentication => ({
    authenticator: 'security-key',
    uid,
    methods: ['FIDO2'],
    level: { nhs: 3, others: 3 },
    personAt: cis2.clock.now(),
    provenAt: cis2.clock.now(),
    proofCounts: false,
    cisSessionId: null,
    agentId: null,
    roleId: null,
  });
  /** Stores a session of each. */
  const store = (uids: readonly string[]) =>
    cis2.database.batch(
      uids.map((uid) => sessions.prepare(authentication(uid), '3', null, undefined).statement),
    );
  const round = async () => {
    cis2.cis.calls = [];
    await lookForGonePeople();
    return cis2.cis.calls.length;
  };
  const stop = async () => {
    await rp.stop();
    await cis2.stop();
  };
  return { cis2, rp, client, sessions, store, round, stop };
}

test('a round ends the sessions of disabled people only and notifies their relying parties', async () => {
  const { cis2, rp, client, sessions, round, stop } = await start();
  try {
    for (const { uid } of [gp, nurse]) {
      const browser = new Browser();
      await browser.post(`${await choice(cis2, browser, client, {})}/persona/answer`, { uid });
    }
    await round();
    assert.equal(rp.received.length, 0);
    cis2.cis.people.set(nurse.uid, { ...nurse, disabled: true });
    await round();
    assert.equal(rp.received.length, 1);
    assert.equal((await sessions.ofPerson(nurse.uid)).length, 0);
    assert.equal((await sessions.ofPerson(gp.uid)).length, 1);
    // An outage of CIS ends no session.
    cis2.cis.down = true;
    await round();
    assert.equal((await sessions.ofPerson(gp.uid)).length, 1);
  } finally {
    await stop();
  }
});

test('an outage of CIS and its end are each logged once', async () => {
  const cis2 = await startInstance();
  try {
    const said: string[] = [];
    const log = { ...silentLog, warn: (_: unknown, message: string) => said.push(message) };
    const { lookForGonePeople } = otherProcess(cis2, { log });
    cis2.cis.down = true;
    for (let round = 0; round < 3; round++) await lookForGonePeople();
    cis2.cis.down = false;
    for (let round = 0; round < 2; round++) await lookForGonePeople();
    assert.deepEqual(said, [
      'changes of the directory cannot be followed',
      'changes of the directory are followed again',
    ]);
  } finally {
    await cis2.stop();
  }
});

test('with 1,000 signed-in people, a round ends the sessions of disabled and removed people with few requests', async () => {
  const { cis2, sessions, store, round, stop } = await start();
  try {
    const people = Array.from({ length: 1_000 }, (_, index) => ({
      ...gp,
      uid: `9${String(index).padStart(11, '0')}`,
    }));
    for (const person of people) cis2.cis.people.set(person.uid, person);
    await store(people.map(({ uid }) => uid));
    const live = async () =>
      (await cis2.database.all(sql('SELECT uid FROM cis2_session WHERE ended_at IS NULL'))).length;
    await round();
    assert.equal(await live(), 1_000);
    const [first, middle, last] = [people[3], people[500], people[999]];
    assert.ok(first && middle && last);
    cis2.cis.people.set(last.uid, { ...last, disabled: true });
    cis2.cis.people.delete(middle.uid);
    // A changed but enabled person, and a person without a session.
    cis2.cis.changed.push(last.uid, middle.uid, first.uid, nurse.uid);
    assert.ok((await round()) < 30);
    assert.equal(await live(), 998);
    assert.deepEqual(
      [(await sessions.ofPerson(last.uid)).length, (await sessions.ofPerson(first.uid)).length],
      [0, 1],
    );
    // A failed lookup is repeated when CIS responds again.
    cis2.cis.people.delete(first.uid);
    cis2.cis.changed.push(first.uid);
    cis2.cis.down = true;
    await round();
    cis2.cis.down = false;
    await round();
    assert.equal(await live(), 997);
    // A change that was not reported is found by the lookups in turn.
    cis2.cis.people.delete(people[700]?.uid ?? '');
    for (let rounds = 0; rounds < 52; rounds++) await round();
    assert.equal(await live(), 996);
    // Another process continues with the changes where this one stopped.
    const missed = people[600]?.uid ?? '';
    cis2.cis.people.delete(missed);
    cis2.cis.changed.push(missed);
    await otherProcess(cis2).lookForGonePeople();
    assert.equal(await live(), 995);
  } finally {
    await stop();
  }
});

test('a round reads few sessions, also of a person with thousands, and passes on to the next person', async (t) => {
  const { cis2, sessions, store, round, stop } = await start();
  try {
    const [many, one] = [gp.uid, nurse.uid].sort() as [string, string];
    await store([...Array<string>(1_000).fill(many), one]);
    cis2.cis.people.delete(one);
    const { mock } = t.mock.method(cis2.database, 'all');
    for (let rounds = 0; rounds < 3; rounds++) await round();
    const sizes = await Promise.all(mock.calls.map(async ({ result }) => (await result)?.length ?? 0));
    assert.equal(Math.max(...sizes), 200);
    assert.equal((await sessions.ofPerson(one)).length, 0);
  } finally {
    await stop();
  }
});
