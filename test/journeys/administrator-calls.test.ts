import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { AdjustableClock, systemClock } from '@alongside/kernel/clock';
import type { CardRecord, Person } from '../../src/cis/protocol.ts';
import { type Role, roles, rolesOf } from '../../src/console/model/administrators/roles.ts';
import type { ConsoleContext } from '../../src/console/model/dependencies.ts';
import { apiCalls } from '../../src/console/service/registry.ts';
import { signedInAdministrator } from '../../src/console/testing/administrators.ts';
import { send } from '../../src/console/testing/request.ts';
import type { Database } from '../../src/storage/database.ts';
import { openDatabase } from '../../src/storage/dialects.ts';
import { type ProductionInstance, startProduction } from '../testing/production.ts';

// The calls are only listed.
const calls = apiCalls({ urls: {}, development: false } as ConsoleContext);
const limited = roles.filter((role) => role !== 'administrator');

/** Organisations inside and outside the limit of the registration authority. */
const own = 'A9A5A';
const other = 'Y51';

const roleAt = (orgCode: string, job = 'R8000') => ({
  roleCode: `S8000:G8000:${job}`,
  roleName: '"Clinical":"Clinical Provision":"Clinical Practitioner Access Role"',
  orgCode,
  orgName: orgCode === own ? 'Alder' : 'Elsewhere',
});

/** `approval`: the call waits for another administrator. `refused`: it concerns another organisation. A number: the status. */
type Outcome = 'approval' | 'refused' | number;

interface Try {
  body?(parts: Parts): object;
  is: Outcome;
}

interface Parts {
  both: Person;
  officer: Person;
}

const acting = ({ officer }: Parts) => ({ actor: officer.uid });
const approval = { is: 'approval' } as const;

/** Every write that a limited role may call, with its outcome for a person of two organisations, one of them inside the limit. */
const writes: Readonly<Record<string, Partial<Record<Role, readonly Try[]>>>> = {
  'POST /people': {
    'registration-authority': [
      { body: () => ({ givenName: 'New', familyName: 'Colleague', roles: [roleAt(own)] }), is: 201 },
      {
        body: () => ({ givenName: 'New', familyName: 'Colleague', roles: [roleAt(own), roleAt(other)] }),
        is: 'refused',
      },
      {
        body: () => ({
          uid: '100000000077',
          givenName: 'New',
          familyName: 'Colleague',
          roles: [roleAt(own)],
        }),
        is: 'approval',
      },
    ],
  },
  'PATCH /people/:uid': {
    'registration-authority': [
      ...[
        { email: 'elsewhere@example.test' },
        { givenName: 'Other' },
        { familyName: 'Other' },
        { title: 'Dr' },
        { middleNames: 'Other' },
        { initials: 'XX' },
        { displayName: 'Other' },
        { idAssuranceLevel: '1' },
        { professionalIds: { gmc: '1234567' } },
        { authenticators: ['passkey'] },
        { persona: 'other' },
        { disabled: true },
      ].map((change) => ({ body: () => change, is: 'approval' as const })),
      { body: ({ both }) => ({ roles: both.roles.filter(({ orgCode }) => orgCode === own) }), is: 'refused' },
      { body: ({ both }) => ({ roles: both.roles.slice(0, 1), email: 'a@example.test' }), is: 'refused' },
      { body: ({ both }) => ({ roles: [...both.roles, roleAt('Y52')] }), is: 'refused' },
      { body: () => ({ organisations: [] }), is: 'refused' },
      { body: () => ({ otherClaims: { nhsid_nrbac_roles: [] } }), is: 'refused' },
      { body: ({ both }) => ({ roles: [...both.roles, roleAt(own, 'R8001')] }), is: 200 },
    ],
  },
  'DELETE /people/:uid': { 'registration-authority': [{ is: 'refused' }] },
  'DELETE /people/:uid/authenticators/:id': { 'registration-authority': [approval] },
  'POST /people/:uid/signing/revoke': {
    'registration-authority': [{ body: () => ({ reason: 'superseded' }), is: 'approval' }],
  },
  'POST /people/:uid/enrolments': {
    'registration-authority': [
      { body: ({ officer }) => ({ kind: 'passkey', officer: officer.uid }), is: 'approval' },
    ],
  },
  'POST /registration-authority/cards': {
    'registration-authority': [
      { body: (parts) => ({ ...acting(parts), person: parts.both.uid }), is: 'approval' },
    ],
  },
  'POST /registration-authority/cards/:serial/revoke': {
    'registration-authority': [
      { body: (parts) => ({ ...acting(parts), reason: 'superseded' }), is: 'approval' },
    ],
  },
  'POST /registration-authority/cards/:serial/replace': {
    'registration-authority': [
      { body: (parts) => ({ ...acting(parts), reason: 'superseded' }), is: 'approval' },
    ],
  },
  'POST /registration-authority/cards/:serial/renew': {
    'registration-authority': [{ body: acting, is: 'approval' }],
  },
  'POST /registration-authority/cards/:serial/unblock': {
    'registration-authority': [{ body: acting, is: 'approval' }],
  },
  'DELETE /approvals/:id': { 'registration-authority': [{ is: 404 }] },
  // Support is for all organisations, and ends sessions only.
  'DELETE /sessions/:sid': { support: [{ is: 404 }] },
  'DELETE /desk-sessions/:id': { support: [{ is: 404 }] },
  'DELETE /people/:person/sessions': { support: [{ is: 200 }] },
  'POST /explain': { support: [{ body: () => ({ text: 'x' }), is: 200 }] },
  'POST /journeys/open': { support: [{ is: 400 }] },
};

/** Statuses of reads other than 200 with the parameters of this test. */
const readStatuses: Readonly<Record<string, number>> = {
  'GET /refusals/:id': 404,
  'GET /journeys/:id': 404,
  'GET /messages/:id': 404,
  'GET /journeys/:id/export': 400,
  'GET /messages/:id/curl': 404,
  'GET /approvals/:id': 404,
};

/** Queries without which a read is refused. */
const readQueries: Readonly<Record<string, string>> = { 'GET /search': '?q=Both' };

/** Streams without an end. */
const endless: readonly string[] = ['GET /changes'];

/** Parameters that name a person, or a card of one. */
const ofPerson = /:(uid|person|serial)(?=\/|$)/;

describe('a call of the console', () => {
  let instance: ProductionInstance;
  let database: Database;
  let both: Person;
  let officer: Person;
  let serial: string;
  let stranger: { uid: string; serial: string };
  const cookies = new Map<Role, string>();
  before(async () => {
    instance = await startProduction();
    database = await openDatabase('', instance.folder);
    const clock = new AdjustableClock(systemClock);
    for (const role of roles) {
      const organisations = role === 'registration-authority' ? [own] : [];
      const where = { database, clock, origin: instance.urls.console };
      cookies.set(
        role,
        (await signedInAdministrator(where, { name: `Has ${role}`, role, organisations })).cookie,
      );
    }
    const add = (familyName: string, ...at: object[]) =>
      instance.api<Person>('POST', '/people', {
        givenName: 'Kit',
        familyName,
        email: `${familyName.toLowerCase()}@example.test`,
        roles: at,
      });
    officer = await add('Officer', roleAt(own, 'R5080'));
    both = await add('Both', roleAt(own), roleAt(other));
    const foreign = await add('Stranger', roleAt(other));
    const order = async (person: string) =>
      (
        await instance.api<CardRecord>('POST', '/registration-authority/cards', {
          actor: officer.uid,
          person,
        })
      ).serial;
    serial = await order(both.uid);
    stranger = { uid: foreign.uid, serial: await order(foreign.uid) };
  });
  after(async () => {
    await database?.close();
    await instance?.stop();
  });

  const ask = async (role: Role, method: string, path: string, json?: object) => {
    const { port, host } = new URL(instance.urls.console);
    const headers = { host, cookie: cookies.get(role) ?? '' };
    return send(Number(port), `/api/v1${path}`, { method, headers, ...(json ? { json } : {}) });
  };

  /** Everything about the person that a call may change, without the roles inside the limit. */
  const whole = async () => {
    const {
      roles: at,
      organisations: _,
      ...person
    } = await instance.api<Person>('GET', `/people/${both.uid}`);
    return {
      person,
      elsewhere: at.filter(({ orgCode }) => orgCode !== own),
      cards: await instance.api('GET', `/registration-authority/cards?person=${both.uid}`),
      authenticators: await instance.api('GET', `/people/${both.uid}/authenticators`),
    };
  };

  const filled = (path: string, of: { uid: string; serial: string }) =>
    path.replaceAll(/:(\w+)/g, (_, name: string) =>
      name === 'serial' ? of.serial : name === 'uid' || name === 'person' ? of.uid : 'x',
    );
  const outcomeOf = ({ status, body }: Awaited<ReturnType<typeof ask>>) =>
    status !== 403
      ? status
      : body.error === 'approval_needed'
        ? 'approval'
        : body.error === 'other_organisation'
          ? 'refused'
          : body.error;

  for (const { method, path, roles: admitted } of calls)
    for (const role of limited) {
      const name = `${method} ${path}`;
      if (!rolesOf(admitted).includes(role))
        test(`refuses ${role} ${name}`, async () => {
          const answer = await ask(role, method, filled(path, { uid: both.uid, serial }));
          assert.equal(outcomeOf(answer), 'role_forbidden');
        });
      else if (method === 'GET' && !endless.includes(name))
        test(`lets ${role} ${name} for a person who also belongs elsewhere`, async () => {
          const query = readQueries[name] ?? '';
          const answer = await ask(role, method, filled(path, { uid: both.uid, serial }) + query);
          assert.equal(outcomeOf(answer), readStatuses[name] ?? 200, answer.text.slice(0, 300));
        });
      else if (method !== 'GET')
        test(`has for ${role} ${name} the outcome of the table, and changes nothing without permission`, async () => {
          const tries = writes[name]?.[role];
          assert.ok(tries, `Add "${name}" to the table of this test with its outcome for ${role}.`);
          for (const { body, is } of tries) {
            const before = await whole();
            const sent = body?.({ both, officer });
            const answer = await ask(role, method, filled(path, { uid: both.uid, serial }), sent);
            assert.equal(outcomeOf(answer), is, `${JSON.stringify(sent)}: ${answer.text.slice(0, 300)}`);
            assert.deepEqual(await whole(), before);
          }
        });
      if (role === 'registration-authority' && rolesOf(admitted).includes(role) && ofPerson.test(path))
        test(`refuses ${role} ${name} for a person of other organisations only`, async () => {
          const body = writes[name]?.[role]?.[0]?.body?.({ both, officer });
          assert.equal(outcomeOf(await ask(role, method, filled(path, stranger), body)), 'refused');
        });
    }

  test('is in the table only if it exists and admits the role', () => {
    for (const [name, outcomes] of Object.entries(writes)) {
      const call = calls.find(({ method, path }) => `${method} ${path}` === name);
      assert.ok(call, `${name} does not exist.`);
      for (const role of Object.keys(outcomes) as Role[])
        assert.ok(rolesOf(call.roles).includes(role), `${name} does not admit ${role}.`);
    }
  });
});
