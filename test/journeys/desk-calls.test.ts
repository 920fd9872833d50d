import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { invoke } from '../../src/cli/testing/command.ts';
import { startInstance, type TestInstance } from '../testing/instance.ts';

interface State {
  state: string;
  person: { uid: string } | null;
  role: { roleId: string } | null;
  roles: { roleId: string }[];
  card: object | null;
}

let instance: TestInstance;
before(async () => {
  instance = await startInstance();
});
after(() => instance.stop());

const put = (body: object) =>
  instance.call('PUT', '/desk', body) as Promise<{ status: number; body: unknown }>;
const state = async (body: object) => {
  const answer = await put(body);
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  return answer.body as State;
};
const refused = async (body: object) => {
  const { status, body: answer } = await put(body);
  const { error, field } = answer as { error: string; field?: string };
  return field === undefined ? [status, error] : [status, error, field];
};

describe('PUT /desk', () => {
  test('signs a person in by persona or uid, also in place of another, and removes the card', async () => {
    const gp = await state({ person: 'gp' });
    assert.deepEqual([gp.state, gp.person?.uid], ['signedIn', '656005750108']);
    assert.deepEqual(gp, await instance.api('GET', '/agent'));
    const nurse = await state({ person: 'nurse' });
    assert.equal(nurse.state, 'signedIn');
    assert.notEqual(nurse.person?.uid, gp.person?.uid);
    assert.equal((await state({ person: '656005750108' })).person?.uid, '656005750108');
    const empty = await state({ person: null });
    assert.deepEqual([empty.state, empty.card, empty.person], ['noCard', null, null]);
  });

  test('selects the role, keeps a session that has it, and replaces one with another role', async () => {
    const { roles, role: first } = await state({ person: 'nurse' });
    const other = roles.find(({ roleId }) => roleId !== first?.roleId)?.roleId ?? '';
    const events = async () => (await instance.events()).length;
    assert.equal((await state({ person: 'nurse', role: other })).role?.roleId, other);
    const before_ = await events();
    assert.equal((await state({ person: 'nurse', role: other })).role?.roleId, other);
    assert.equal((await state({ person: 'nurse' })).role?.roleId, other);
    assert.equal(await events(), before_);
    assert.deepEqual(await refused({ person: 'gp', role: other }), [400, 'invalid_request', 'role']);
    assert.equal((await instance.api<State>('GET', '/agent')).role?.roleId, other, 'nothing has changed');
  });

  test('refuses unknown people, people without a card, wrong PINs and blocked cards', async () => {
    assert.deepEqual(await refused({ person: 'nobody' }), [404, 'not_found']);
    assert.deepEqual(await refused({ person: '123456789012' }), [404, 'not_found']);
    const added = await instance.api<{ uid: string }>('POST', '/people', {
      givenName: 'Ada',
      familyName: 'Testwell',
    });
    assert.deepEqual(await refused({ person: added.uid }), [409, 'no_card']);
    await state({ person: 'gp' });
    assert.deepEqual(await refused({ person: 'gp', pin: '000000' }), [403, 'wrong_pin']);
    assert.equal((await state({ person: 'gp', pin: '123456' })).state, 'signedIn');
    for (let tries = 0; tries < 2; tries++) await put({ person: 'gp', pin: '000000' });
    assert.deepEqual(await refused({ person: 'gp', pin: '000000' }), [423, 'card_blocked']);
    assert.deepEqual(await refused({ person: 'gp' }), [423, 'card_blocked']);
    const { cards } = await instance.api<{ cards: { serial: string; persona: string }[] }>('GET', '/cards');
    const serial = cards.find(({ persona }) => persona === 'gp')?.serial;
    await instance.api('PATCH', `/cards/${serial}`, { locked: false });
  });

  test('refuses invalid members and pages of other origins', async () => {
    for (const body of [
      {},
      { person: '' },
      { person: 1 },
      { person: 'gp', pin: 'x' },
      { person: 'gp', card: 'x' },
    ])
      assert.equal((await refused(body))[0], 400, JSON.stringify(body));
    const foreign = await fetch(`${instance.urls.console}/api/v1/desk`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json', origin: 'https://evil.example' },
      body: '{"person":null}',
    });
    assert.equal(foreign.status, 403);
  });
});

describe('POST /tidy', () => {
  test('removes the card, switches faults off and returns to real time', async () => {
    await state({ person: 'gp' });
    await instance.api('PUT', '/faults/cis2-userinfo-unavailable', {});
    await instance.api('PUT', '/clock', { advance: 3_600 });
    assert.equal((await instance.call('POST', '/tidy')).status, 204);
    assert.equal((await instance.api<State>('GET', '/agent')).card, null);
    const { faults } = await instance.api<{ faults: { name: string; state: object | null }[] }>(
      'GET',
      '/faults',
    );
    assert.deepEqual(
      faults.filter(({ state }) => state !== null),
      [],
    );
    assert.equal((await instance.api<{ offsetSeconds: number }>('GET', '/clock')).offsetSeconds, 0);
    assert.equal((await instance.call('POST', '/tidy')).status, 204);
  });
});

describe('alongside explain --last', () => {
  const explain = (...argv: string[]) => invoke(['explain', ...argv, '--state', instance.state.stateFile]);

  test('explains the newest refusal of a service, not those of the console', async () => {
    await instance.api('POST', '/reset');
    await assert.rejects(explain('--last'), /refused nothing/);
    const answer = await fetch(`${instance.urls.api}/oauth2/token`, {
      method: 'POST',
      body: new URLSearchParams({ grant_type: 'client_credentials' }),
    });
    const messageId = answer.headers.get('x-message-id');
    await instance.call('GET', '/refusals/unknown');
    const { lines, code } = await explain('--last', '--json');
    const found = JSON.parse(lines[0] ?? '') as { messageId: string; error: string };
    assert.deepEqual([code, found.messageId, found.error], [0, messageId, 'authorisation.assertionType']);
    const { ageSeconds: _, ...byId } = await instance.api<Record<string, unknown>>(
      'GET',
      `/refusals/${messageId}`,
    );
    const { ageSeconds, ...last } = found as Record<string, unknown>;
    assert.deepEqual(last, byId);
    assert.match((await explain('--last')).lines.join('\n'), /Fix +Set client_assertion_type/);
  });

  test('is wrong usage together with an id, and so is neither', async () => {
    await assert.rejects(explain('--last', 'some-id'), { name: 'UsageError', exitCode: 2 });
    await assert.rejects(explain(), { name: 'UsageError', exitCode: 2 });
  });
});

describe('alongside resource-server', () => {
  const run = (...argv: string[]) =>
    invoke(['resource-server', ...argv, '--state', instance.state.stateFile]);

  test('allows an application to introspect tokens, lists it, and ends it', async () => {
    const { id } = await instance.api<{ id: string }>('POST', '/applications', {
      name: 'Records',
      profile: 'standard',
      platform: { callbackUrls: [], products: [] },
    });
    const resource = 'https://records.example.test/fhir';
    assert.match(
      (await run('put', id, '--resource', resource)).lines.join(),
      /^Records \(client .*\) may introspect tokens for https:/,
    );
    assert.match((await run('list')).lines.join(), new RegExp(`^${id} +Records +\\S+ +${resource}$`));
    await run('put', id);
    assert.match((await run('list')).lines.join(), /all tokens$/);
    await run('delete', id);
    assert.deepEqual((await run('list')).notes, ['No application may introspect tokens.']);
    await assert.rejects(run('delete', id), /may introspect tokens\. List them/);
    await assert.rejects(run('put', 'none'), /There is no application "none"/);
    await assert.rejects(run('put', 'demo-combined'), /must be a confidential client/);
  });
});
