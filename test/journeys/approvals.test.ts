import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { createListener } from '@alongside/kernel/http';
import { silentLog } from '@alongside/kernel/log';
import type { OutboxMail, Person } from '../../src/cis/protocol.ts';
import { startCis, type TestCis, uids } from '../../src/cis/testing/cis.ts';
import { Administrators } from '../../src/console/model/administrators/administrators.ts';
import {
  type SignedInAdministrator,
  signedInAdministrator,
  signInAgain,
} from '../../src/console/testing/administrators.ts';
import { startConsole, type TestConsole } from '../../src/console/testing/console.ts';

const practice = 'A9A5A';
const elsewhere = 'B9A5A';

describe('an approval', () => {
  let cis: TestCis;
  let listener: ReturnType<typeof createListener>;
  let console_: TestConsole;
  let requester: SignedInAdministrator;
  let colleague: SignedInAdministrator;
  let approver: SignedInAdministrator;
  before(async () => {
    cis = await startCis();
    listener = createListener(cis.service.routes, { name: 'cis', log: silentLog, development: true });
    const url = `http://127.0.0.1:${await listener.listen(0)}`;
    console_ = await startConsole({ development: false, cis: { url, secret: 'secret-of-the-console' } });
  });
  after(async () => {
    await console_?.close();
    await listener?.close();
    await cis?.close();
  });

  const installation = () => ({
    database: console_.database,
    clock: console_.clock,
    origin: console_.urls.console,
  });
  const join = (name: string, role: 'administrator' | 'registration-authority', madeBy?: string) =>
    signedInAdministrator(installation(), {
      name,
      role,
      madeBy,
      organisations: role === 'administrator' ? [] : [practice],
    });
  beforeEach(async () => {
    requester = await join('Requester', 'registration-authority');
    colleague = await join('Colleague', 'registration-authority');
    approver = await join('Approver', 'administrator');
  });

  const send = async (by: SignedInAdministrator, method: string, path: string, json?: object) => {
    const { status, body, text } = await console_.send(`/api/v1${path}`, {
      method,
      ...(json ? { json } : {}),
      headers: {
        host: 'console.test',
        cookie: by.cookie,
        ...(json ? { 'content-type': 'application/json' } : {}),
      },
    });
    return { status, body, text, answer: [status, body.error ?? null] as const };
  };
  const page = async (by: SignedInAdministrator, path: string) =>
    (await console_.send(path, { headers: { host: 'console.test', cookie: by.cookie } })).text;

  const needed = [403, 'approval_needed'] as const;
  const change = { email: 'new-address@example.test' };
  const ask = (by = requester, body: object = change) => send(by, 'PATCH', `/people/${uids.nurse}`, body);
  const request = async (by = requester, body: object = change) => {
    const { answer, body: refusal } = await ask(by, body);
    assert.deepEqual(answer, needed);
    return String(refusal.approval);
  };
  const approve = (id: string, by = approver) => send(by, 'POST', `/approvals/${id}/approve`, {});
  const nurse = async () =>
    (await cis.call<Person>(`/directory/people/${uids.nurse}`, { as: 'console' })).body;
  const actions = async () =>
    (await console_.audit.list())
      .map(({ action, actor }) => `${action} ${actor.split(' ')[0]}`)
      .filter((one) => one.startsWith('approval.'));

  test('lets the same call of the same administrator pass once, and names everyone in the audit log', async () => {
    const before = await nurse();
    const id = await request();
    assert.deepEqual(await request(), id, 'a repetition is the same request');
    assert.deepEqual(await nurse(), before);
    const approved = await approve(id);
    assert.deepEqual([approved.status, approved.body.state], [200, 'approved']);
    assert.deepEqual(await nurse(), before, 'the approval itself changes nothing');

    assert.deepEqual((await ask(colleague)).answer, needed);
    assert.deepEqual((await ask(requester, { email: 'third@example.test' })).answer, needed);
    assert.deepEqual((await send(requester, 'PATCH', `/people/${uids.locum}`, change)).answer, needed);

    assert.equal((await ask()).status, 200);
    assert.equal((await nurse()).email, change.email);
    assert.deepEqual((await ask(requester, { email: before.email })).answer, needed);
    assert.deepEqual((await actions()).slice(0, 2), [
      'approval.requested Requester',
      'approval.approved Approver',
    ]);
    assert.ok((await actions()).includes('approval.used Requester'));
    await send(approver, 'PATCH', `/people/${uids.nurse}`, { email: before.email });
  });

  test('passes one of two simultaneous calls', async () => {
    const order = () =>
      send(requester, 'POST', '/registration-authority/cards', { actor: 'admin', person: 'nurse' });
    const refused = await order();
    assert.deepEqual(refused.answer, needed);
    await approve(String(refused.body.approval));
    const statuses = (await Promise.all([order(), order()])).map(({ status }) => status);
    assert.deepEqual(statuses.sort(), [201, 403]);
  });

  test('is refused to the requester, to whom the requester made, and without a recent use of the passkey', async () => {
    const id = await request();
    assert.deepEqual((await approve(id, requester)).answer, [403, 'role_forbidden']);
    assert.deepEqual((await approve(id, colleague)).answer, [403, 'role_forbidden']);
    const made = await join('Made', 'administrator', requester.id);
    assert.deepEqual((await approve(id, made)).answer, [403, 'own_approval']);
    const promoted = await join('Promoted', 'administrator');
    const administrators = new Administrators(console_.database, console_.clock);
    const grant = { role: 'administrator', organisations: [] } as const;
    await administrators.changeRole(promoted.id, { ...grant, madeBy: requester.id });
    assert.deepEqual((await approve(id, promoted)).answer, [403, 'own_approval']);
    await administrators.changeRole(requester.id, { ...grant, madeBy: approver.id });
    assert.deepEqual((await approve(id, requester)).answer, [403, 'own_approval']);
    console_.base.advance(301);
    assert.deepEqual((await approve(id)).answer, [403, 'passkey_needed']);
  });

  test('is recorded as made by the administrator who invites or changes the role', async () => {
    const invited = await send(approver, 'POST', '/administrators/invitations', {
      name: 'Invited',
      role: 'administrator',
    });
    const token = String(invited.body.url).split('/').at(-1) ?? '';
    const administrators = new Administrators(console_.database, console_.clock);
    assert.equal((await administrators.invited(token))?.madeBy, approver.id);
    const path = `/administrators/${colleague.id}/role`;
    await send(approver, 'PUT', path, { role: 'administrator' });
    assert.equal(await administrators.isMadeBy(colleague.id, approver.id), true);
    assert.equal(await administrators.isMadeBy(requester.id, approver.id), false);
  });

  test('does not pass after a refusal of the request, its withdrawal, or its time', async () => {
    const declined = await request();
    assert.equal((await send(approver, 'POST', `/approvals/${declined}/decline`, {})).body.state, 'declined');
    assert.deepEqual((await approve(declined)).answer, [409, 'approval_over']);

    const withdrawn = await request();
    assert.notEqual(withdrawn, declined);
    assert.deepEqual((await send(colleague, 'DELETE', `/approvals/${withdrawn}`)).answer, [404, 'not_found']);
    assert.equal((await send(requester, 'DELETE', `/approvals/${withdrawn}`)).status, 204);
    assert.deepEqual((await approve(withdrawn)).answer, [409, 'approval_over']);

    const late = await request();
    await approve(late);
    console_.base.advance(86_401);
    requester = await signInAgain(installation(), requester);
    assert.notEqual(await request(), late);
  });

  test('is withdrawn with the removal of its requester', async () => {
    const id = await request();
    assert.equal((await send(approver, 'DELETE', `/administrators/${requester.id}`)).status, 204);
    assert.deepEqual((await approve(id)).answer, [409, 'approval_over']);
  });

  test('is not needed for roles inside the limit, and does not open those of other organisations', async () => {
    const { roles } = await nurse();
    const { roleId: _, ...role } = roles.find(({ orgCode }) => orgCode === practice) ?? assert.fail();
    const more = [...roles, { ...role, roleCode: 'S8000:G8000:R8000' }];
    assert.equal((await ask(requester, { roles: more })).status, 200);
    const foreign = roles.map((each) => (each.orgCode === elsewhere ? { ...each, activities: [] } : each));
    for (const body of [{ roles: foreign }, { roles: foreign, email: 'x@example.test' }])
      assert.deepEqual((await ask(requester, body)).answer, [403, 'other_organisation']);
    assert.equal((await ask(requester, { roles })).status, 200);
  });

  test('is limited to 100 waiting requests of an administrator', async () => {
    for (let n = 0; n < 100; n++) await request(requester, { title: `T${n}` });
    assert.deepEqual((await ask(requester, { title: 'X' })).answer, [429, 'too_many_approvals']);
    assert.deepEqual((await ask(requester, { title: 'T0' })).answer, needed);
    assert.deepEqual((await ask(colleague, { title: 'X' })).answer, needed);
  });

  test('is shown as waiting on the page of the person and to those who decide', async () => {
    const id = await request(requester, { familyName: 'Shown-Once' });
    const person = await page(requester, `/people/${uids.nurse}`);
    assert.match(person, /an unlimited administrator must approve what concerns the whole person/);
    assert.match(person, new RegExp(`id="approval-${id}"`));
    assert.match(person, new RegExp(`data-path="/approvals/${id}"`));
    assert.doesNotMatch(await page(colleague, '/approvals'), new RegExp(id));
    const list = await page(approver, '/approvals');
    assert.match(list, new RegExp(`data-path="/approvals/${id}/approve"`));
    assert.match(list, /change familyName/);
    assert.match(list, /Shown-Once/);
    assert.match(await page(approver, '/'), /Approvals <span class="badge warn">\d+ waiting/);
    await approve(id);
    assert.match(await page(requester, '/approvals'), /Carry it out/);
    assert.doesNotMatch(await page(requester, `/people/${uids.gp}`), /an unlimited administrator must/);
  });

  test('of a changed address is followed by a mail to the former one', async () => {
    const { email } = await nurse();
    const notices = async () =>
      (await cis.call<{ mails: OutboxMail[] }>('/mail/outbox', { as: 'console' })).body.mails.filter(
        ({ to, subject }) => to === email && /e-mail address .* was changed/.test(subject),
      );
    const earlier = (await notices()).length;
    const body = { email: 'taken-over@example.test' };
    await approve(await request(requester, body));
    assert.equal((await ask(requester, body)).status, 200);
    const mails = await notices();
    assert.equal(mails.length, earlier + 1);
    for (const { text } of mails) assert.doesNotMatch(text, /taken-over/);
  });
});
