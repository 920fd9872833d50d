import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { thumbprint } from '@alongside/kernel/jws';
import { assertNeedsAudit } from '../../test/testing/failing-audit.ts';
import { cardRenewalMessage, paths, signInMessage } from './protocol.ts';
import { codeIn, issueCard, mailsOf, manager, newKeys, type TestCard, wrongCode } from './testing/cards.ts';

import { startCis, type TestCis, uids } from './testing/cis.ts';
import { Desk } from './testing/desk.ts';
import { type LegacyClient, legacyCard, legacyClient } from './testing/legacy-client.ts';

/** Tables of CIS that acts change. */
const tables = [
  'person',
  'person_role',
  'organisation',
  'setting',
  'card',
  'certificate',
  'cis_session',
  'outbox',
  'unlock_code',
  'legacy_ticket',
];

interface Stage {
  cis: TestCis;
  card: TestCard;
  /** Signed in with the card. */
  desk: Desk;
  legacy: LegacyClient;
}

const ofConsole = (cis: TestCis, method: string, path: string, body?: unknown) =>
  cis.call(path, { method, as: 'console', ...(body === undefined ? {} : { body }) });
const act = (name: Parameters<typeof paths.cardAct>[1], body: object) => async (stage: Stage) => () =>
  ofConsole(stage.cis, 'POST', paths.cardAct(stage.card.serial, name), { actor: manager, ...body });
const newestCode = async (cis: TestCis): Promise<string> =>
  codeIn((await mailsOf(cis))[0] ?? assert.fail('no mail'));

/** Prepares an act and returns it. */
type Prepare = (stage: Stage) => Promise<() => Promise<{ status: number }>>;

const acts: Readonly<Record<string, Prepare>> = {
  'adding a person': async ({ cis }) => {
    const person = { givenName: 'Ada', familyName: 'Hall', displayName: 'Ada Hall' };
    return () => ofConsole(cis, 'POST', paths.people, person);
  },
  'changing a person':
    async ({ cis }) =>
    () =>
      ofConsole(cis, 'PATCH', paths.person(uids.locum), { email: 'new@example.test' }),
  'removing a person':
    async ({ cis }) =>
    () =>
      ofConsole(cis, 'DELETE', paths.person(uids.starter)),
  'importing activities':
    async ({ cis }) =>
    () =>
      ofConsole(cis, 'POST', paths.directoryImport, {
        version: 1,
        people: [],
        activities: [{ code: 'B0001', name: 'One' }],
      }),
  'ordering a card':
    async ({ cis }) =>
    () =>
      ofConsole(cis, 'POST', paths.cards, { actor: manager, uid: uids.nurse }),
  'revoking a card': act('revoke', { reason: 'keyCompromise' }),
  'replacing a card': act('replace', { reason: 'keyCompromise' }),
  'allowing a renewal': act('renew', {}),
  'issuing certificates': async ({ cis }) => {
    const { body } = newKeys();
    const order = { ...body, uid: uids.gp, cardSerial: '123456789012', profile: 'standard' };
    return () => cis.call(paths.certificates, { body: order, as: 'cardIssuer' });
  },
  'renewing certificates': async ({ cis }) => {
    const card = await issueCard(cis, uids.gp, { profile: 'renew' });
    const desk = new Desk(cis);
    await desk.signIn(card);
    const { body } = newKeys();
    return async () => {
      const challenge = await desk.challenge();
      const message = cardRenewalMessage(challenge, card.serial, body.authenticationKey, body.signingKey);
      const renewal = { ...card.sign(message), challenge, ...body };
      return desk.sessionCall('POST', paths.cardRenewal(desk.sessionId), renewal);
    };
  },
  'signing in at a desk where someone else is signed in': async ({ cis, desk }) => {
    const other = await issueCard(cis, uids.nurse);
    return () => desk.trySignIn(other);
  },
  'giving the PIN again':
    async ({ card, desk, cis }) =>
    async () => {
      cis.clock.advance(1);
      const challenge = await desk.challenge();
      const message = signInMessage(challenge, thumbprint(desk.sessionKey.jwk));
      return desk.sessionCall('POST', paths.pin(desk.sessionId), { ...card.sign(message), challenge });
    },
  'choosing a role':
    async ({ desk }) =>
    () =>
      desk.sessionCall('PUT', paths.role(desk.sessionId), { roleId: null }),
  'signing out':
    async ({ desk }) =>
    () =>
      desk.sessionCall('DELETE', paths.session(desk.sessionId)),
  'starting the agent again':
    async ({ desk }) =>
    () =>
      desk.start(),
  'asking for an unlock code':
    async ({ card, desk }) =>
    () =>
      desk.askCode(card),
  'giving a wrong unlock code': async ({ cis, card, desk }) => {
    await desk.askCode(card);
    const wrong = wrongCode(await newestCode(cis));
    return () => desk.giveCode(card, wrong);
  },
  'giving the right unlock code': async ({ cis, card, desk }) => {
    await desk.askCode(card);
    const code = await newestCode(cis);
    return () => desk.giveCode(card, code);
  },
  'signing in by the legacy interface': async ({ cis, legacy }) => {
    const card = await legacyCard(cis, uids.nurse);
    // The first challenge creates the key of the interface.
    await legacy.activate();
    return async () => legacy.validate(await legacy.form(card));
  },
  'reporting a blocked PIN':
    async ({ card, desk }) =>
    () =>
      desk.agentCall(paths.pinState(card.serial), { certificate: card.certificate, pin: 'blocked' }),
};

const reads: Readonly<Record<string, Prepare>> = {
  'reading an unblocking code': act('unblock', {}),
  'exporting the directory':
    async ({ cis }) =>
    () =>
      ofConsole(cis, 'GET', paths.directoryExport),
  'reading a legacy role assertion': async ({ cis, legacy }) => {
    const ticket = await legacy.signIn(await legacyCard(cis, uids.gp));
    return () => legacy.assertion(ticket);
  },
};

describe('without its audit record', () => {
  let cis: TestCis;
  let legacy: LegacyClient;
  before(async () => {
    cis = await startCis({ legacy: {}, limits: { unlockMailsPerHour: 100, unlockMailsOfCardPerHour: 100 } });
    legacy = await legacyClient(cis);
  });
  after(async () => {
    await legacy.stop();
    await cis.close();
  });

  async function stage(): Promise<Stage> {
    const card = await issueCard(cis, uids.gp);
    const desk = new Desk(cis);
    await desk.signIn(card);
    return { cis, card, desk, legacy };
  }

  for (const [name, prepare] of Object.entries(acts))
    test(`${name} fails and changes nothing`, async () => {
      await assertNeedsAudit(cis.database, tables, await prepare(await stage()));
    });

  for (const [name, prepare] of Object.entries(reads))
    test(`${name} fails`, async () => {
      await assertNeedsAudit(cis.database, [], await prepare(await stage()));
    });

  test('the sweep ends no session', async () => {
    const { desk } = await stage();
    cis.clock.advance(601);
    const sweep = () =>
      cis.service.sweep().then(
        () => ({ status: 200 }),
        () => ({ status: 500 }),
      );
    await assertNeedsAudit(cis.database, tables, sweep);
    assert.equal((await cis.call(paths.session(desk.sessionId), { as: 'cis2' })).body.endCause, 'expired');
  });
});
