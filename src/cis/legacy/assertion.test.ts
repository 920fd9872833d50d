import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { after, before, beforeEach, describe, test } from 'node:test';
import { paths, proofHeader } from '../protocol.ts';
import { issueCard } from '../testing/cards.ts';
import { startCis, type TestCis, uids } from '../testing/cis.ts';
import { Desk } from '../testing/desk.ts';
import {
  gpObject,
  type LegacyCard,
  type LegacyClient,
  legacyCard,
  legacyClient,
  parameterIn,
} from '../testing/legacy-client.ts';
import { readRoleAssertion } from './assertion-reader.ts';

const certificateIn = (xml: string): X509Certificate =>
  new X509Certificate(
    Buffer.from(/<ds:X509Certificate>([^<]+)</.exec(xml)?.[1]?.replace(/\s/g, '') ?? '', 'base64'),
  );

describe('legacy ticket', () => {
  let cis: TestCis;
  let client: LegacyClient;
  let nurse: LegacyCard;
  let ticket: string;
  before(async () => {
    cis = await startCis({ legacy: {} });
    client = await legacyClient(cis);
    nurse = await legacyCard(cis, uids.nurse);
  });
  beforeEach(async () => {
    ticket = await client.signIn(nurse);
  });
  after(async () => {
    await client.stop();
    await cis.close();
  });

  const read = async (of = ticket) => {
    const { status, text } = await client.assertion(of);
    assert.equal(status, 200, text);
    const assertion = readRoleAssertion(text, certificateIn(text));
    return {
      text,
      ...assertion,
      get: (name: string) => assertion.attributes.filter((one) => one.name === name),
    };
  };
  const select = (query: Record<string, string>) =>
    client.get(`/saml/RoleSelectionGP.jsp?${new URLSearchParams(query)}`);
  const inactive = async (of: string, words = 'The session is not active') => {
    const { status, text } = await client.assertion(of);
    assert.equal(status, 403);
    assert.match(text, /<samlp:StatusCode Value="samlp:Requester"\/>/);
    assert.ok(text.includes(`<samlp:StatusMessage>${words}</samlp:StatusMessage>`), text);
    assert.ok(!text.includes('saml:Assertion'));
  };

  test('reads a signed role assertion with the published names, blocks and times', async () => {
    const { text, issuer, notBefore, notOnOrAfter, attributes, get } = await read();
    assert.match(
      text,
      /^<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:1\.0:protocol" ResponseID="null" InResponseTo="null" MajorVersion="1" MinorVersion="1" IssueInstant="2026-[0-9T:-]+Z" Recipient="127\.0\.0\.1"><samlp:Status><samlp:StatusCode Value="samlp:Success"\/><\/samlp:Status>/,
    );
    assert.equal(issuer, 'http://cis.test');
    const now = cis.clock.now();
    assert.deepEqual([Date.parse(notBefore), Date.parse(notOnOrAfter)], [now - 180_000, now + 60_000]);
    assert.ok(text.includes(`<saml:SubjectConfirmationData>${ticket}</saml:SubjectConfirmationData>`));
    assert.ok(text.includes('<saml:NameIdentifier NameQualifier="o=nhs">uid=656005750105,ou=People,o=nhs<'));
    assert.ok(text.includes('AuthenticationMethod="urn:com:sun:identity:ExtendedLoginModule"'));
    assert.match(text, /AttributeNamespace="http:\/\/www\.syntegra\.com"/);
    const names = attributes.map(({ name }) => name);
    assert.deepEqual(names.slice(0, 5), ['ssbAssertionVersion', 'cn', 'uid', 'ssbSessionRoleUid', 'ssbMode']);
    assert.equal(names[5], 'nhsIdCode');
    assert.equal(names.filter((name) => name === 'nhsIdCode').length, 3, 'one block per role');
    assert.ok(!names.includes('nhsOcsPrCode'), 'empty attributes are omitted');
    assert.deepEqual(get('ssbSessionRoleUid')[0]?.values, get('uniqueIdentifier')[0]?.values);
    assert.deepEqual(get('nhsJobRoleCode')[1]?.values, ['S8000:G8000:R8001']);
    assert.deepEqual(get('nhsAreaOfWorkCodes')[0]?.values, ['P0020:Q0300:T0640']);
    assert.deepEqual(get('nhsWorkGroupsCodes')[0]?.values, ['555653110100']);
    assert.deepEqual(get('nhsBusinessFunctionsCodes')[0]?.values, ['B0401', 'B0360', 'B0825']);
    assert.deepEqual(get('nhsJobRole')[0]?.values, ['"Clinical":"Clinical Provision":"Nurse Access Role"']);
  });

  test('rejects a signed assertion that is changed, wrapped or incomplete', async () => {
    const { text } = await read();
    const certificate = certificateIn(text);
    const refuses = (xml: string, why: string) =>
      assert.throws(() => readRoleAssertion(xml, certificate), Error, why);
    const inner = /<saml:Assertion xmlns:saml[\s\S]*<\/saml:Assertion>/.exec(text)?.[0] ?? assert.fail();
    const signature = /<ds:Signature [\s\S]*<\/ds:Signature>/.exec(text)?.[0] ?? assert.fail();
    const evil = inner.replaceAll(uids.nurse, uids.gp).replace(signature, '');
    const other = evil.replace(/AssertionID="[^"]+"/, 'AssertionID="evil"');
    refuses(text.replaceAll(uids.nurse, uids.gp), 'changed');
    refuses(text.replace(signature, ''), 'without its signature');
    refuses(text.replace(inner, other), 'replaced by another');
    refuses(
      text.replace(inner, other.replace('</saml:Assertion>', `${signature}</saml:Assertion>`)),
      'its signature in another',
    );
    refuses(text.replace(inner, `${other}${inner}`), 'another before it');
    refuses(text.replace(inner, `${inner}${other}`), 'another after it');
    refuses(text.replace(inner, `${evil}${inner}`), 'another with the same id');
    refuses(
      text.replace(inner, other.replace(/<\/saml:Assertion>$/, `<x>${inner}</x></saml:Assertion>`)),
      'the signed one inside another',
    );
    refuses(
      text.replace(
        inner,
        other.replace(
          /<\/saml:Assertion>$/,
          `${signature.replace('</ds:Signature>', `<ds:Object>${inner.replace(signature, '')}</ds:Object></ds:Signature>`)}</saml:Assertion>`,
        ),
      ),
      'the signed one inside the signature',
    );
    refuses(
      text.replace(/(<saml:AttributeValue>)(6560)(05750105)/, '$1$2<!-- -->$3'),
      'a comment in the uid',
    );
    refuses(
      text.replace(inner, inner.replace('</ds:SignedInfo>', '</ds:SignedInfo><!-- -->')),
      'a comment in the signature',
    );
    refuses(`<!DOCTYPE x [<!ENTITY y "z">]>${text}`, 'a declaration');
    refuses(text.replace(/rsa-sha256/, 'rsa-sha1'), 'another algorithm');
    refuses(text.replace(/xmlenc#sha256/, 'xmlenc#sha512'), 'another digest');
    refuses(
      text.replace(
        /<ds:Transform Algorithm="[^"]*xml-exc-c14n#"\s*\/>/,
        '<ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xslt-19991116"/>',
      ),
      'another transformation',
    );
    refuses(text.replace(signature, `${signature}${signature}`), 'two signatures');
    const stranger = await startCis({ legacy: {} });
    const there = await legacyClient(stranger);
    const foreign = (await there.assertion(await there.signIn(await legacyCard(stranger, uids.nurse)))).text;
    refuses(foreign, 'signed by another CIS, with its certificate');
    await there.stop();
    await stranger.close();
    assert.equal(readRoleAssertion(text, certificate).attributes[2]?.values[0], uids.nurse);
  });

  test('chooses the role of the session, in live or training mode', async () => {
    const roles = (await read()).get('uniqueIdentifier').map(({ values }) => values[0] ?? '');
    const [, second = ''] = roles;
    const { status, text } = await select({ token: ticket, selectedRoleUid: second, ssbMode: '1' });
    assert.deepEqual([status, text], [200, '<HTML><STATUS>OK</STATUS></HTML>']);
    const after = await read();
    assert.deepEqual(after.get('ssbSessionRoleUid')[0]?.values, [second]);
    assert.deepEqual(after.get('ssbMode')[0]?.values, ['1']);
    const odd = await select({ token: ticket, selectedRoleUid: '999999999999' });
    assert.deepEqual([odd.status, odd.text.includes('OK')], [403, false]);
    assert.equal((await select({ token: ticket, selectedRoleUid: second, ssbMode: '2' })).status, 400);
    assert.equal((await select({ token: ticket, selectedRoleUid: second, more: '1' })).status, 400);
    const twice = await client.get(`/saml/RoleSelectionGP.jsp?token=a&token=b`);
    assert.equal(twice.status, 400);
    assert.deepEqual((await read()).get('ssbSessionRoleUid')[0]?.values, [second]);
  });

  test('requires a choice only from several roles', async () => {
    const { text } = await client.validate(await client.form(nurse));
    await inactive(parameterIn(text, 'sso_ticket'), 'No role is selected');
    const gp = await client.validate(await client.form(await legacyCard(cis, uids.gp)));
    const single = await read(parameterIn(gp.text, 'sso_ticket'));
    assert.equal(single.get('ssbSessionRoleUid').length, 1);
    assert.deepEqual(single.get('nhsOcsPrCode')[0]?.values, ['GMP123']);
    const starter = await client.validate(await client.form(await legacyCard(cis, uids.starter)));
    const none = await read(parameterIn(starter.text, 'sso_ticket'));
    assert.deepEqual(none.get('ssbSessionRoleUid'), []);
  });

  test('names no role that was withdrawn while it was chosen', async () => {
    // As after a crash between the change of the person and that of the sessions.
    await cis.database.run({
      text: "UPDATE cis_session SET role_id = '555010842199' WHERE ended_at IS NULL",
      values: [],
    });
    await inactive(ticket, 'No role is selected');
  });
  test('expires after 600 s without use, and after ten hours', async () => {
    cis.clock.advance(599);
    await read();
    cis.clock.advance(599);
    await read();
    cis.clock.advance(600);
    await inactive(ticket);
    const other = await client.signIn(nurse);
    for (let n = 0; n < 60; n++) {
      cis.clock.advance(590);
      await client.assertion(other);
    }
    await read(other);
    cis.clock.advance(600);
    await inactive(other);
  });

  test('expires when a developer moves the clock, because no agent reports it', async () => {
    cis.clock.advance(600);
    const told = await cis.call(paths.clockMoved, { body: { bySeconds: 600 }, as: 'console' });
    assert.equal(told.status, 204);
    await inactive(ticket);
  });

  test('is ended by a sign-out, once', async () => {
    const signOut = (more: Record<string, string> = {}) =>
      client.post(
        '/login/authlogout',
        gpObject({
          service: 'LOGOUT',
          sso_ticket: ticket,
          log_session_id: 'Ao9qufl+uA',
          device_id: 'b02edd23,ClientIP=10.211.55.3',
          uid: uids.nurse,
          ...more,
        }),
      );
    assert.equal((await signOut({ uid: uids.gp })).status, 403);
    assert.equal((await signOut({ service: 'ACTIVATION' })).status, 400);
    await read();
    const { status, text } = await signOut();
    assert.deepEqual([status, text], [200, '<HTML><STATUS>OK</STATUS></HTML>']);
    await inactive(ticket);
    assert.equal((await signOut()).status, 403);
  });

  test('is rejected if it is forged, changed or not encoded', async () => {
    const head = 'AQIC5wM2LY4Sfc';
    for (const odd of [`${head}${'A'.repeat(33)}=@AAJTSQACMDE=#`, ticket.slice(0, -1), '', 'x'.repeat(1_000)])
      await inactive(odd);
    const unencoded = await client.get(`/saml/RoleAssertion?token=${ticket}`);
    assert.equal(unencoded.status, 403, 'the part after # is not sent');
    assert.equal((await client.get('/saml/RoleAssertion?token=a&token=b')).status, 400);
  });

  test('ends when the person is disabled', async () => {
    await cis.call(paths.person(uids.nurse), { method: 'PATCH', body: { disabled: true }, as: 'console' });
    await inactive(ticket);
    await cis.call(paths.person(uids.nurse), { method: 'PATCH', body: { disabled: false }, as: 'console' });
    await inactive(ticket);
  });

  test('is rejected from a web page or through a proxy', async () => {
    const address = `/saml/RoleAssertion?token=${encodeURIComponent(ticket)}`;
    assert.equal((await client.get(address, { origin: 'https://page.test' })).status, 403);
    assert.equal((await client.get(address, { 'x-forwarded-for': '192.0.2.1' })).status, 403);
  });

  test('is not stored in plain text', async () => {
    await read();
    for (const table of ['legacy_ticket', 'cis_session', 'audit', 'event_block', 'single_use']) {
      const rows = JSON.stringify(await cis.database.all({ text: `SELECT * FROM ${table}`, values: [] }));
      assert.ok(!rows.includes('AQIC5wM2LY4Sfc'), table);
    }
  });

  test('is rejected by the session API', async () => {
    const id = encodeURIComponent(ticket);
    const bearer = { authorization: `Bearer ${ticket}` };
    const desk = new Desk(cis);
    const calls = [
      cis.call(paths.session(ticket), { as: 'cis2' }),
      cis.call(paths.session(ticket), { headers: bearer }),
      cis.call(`/sessions/${id}/heartbeat`, { method: 'POST', headers: { [proofHeader]: ticket } }),
      cis.call(`/sessions/${id}/legacy-ticket`, { method: 'POST', headers: { [proofHeader]: ticket } }),
      cis.call(paths.people, { headers: bearer }),
      cis.call(paths.cards, { headers: bearer }),
      cis.call(paths.presence, { body: { sessionId: null }, headers: { [proofHeader]: ticket } }),
    ];
    for (const { status } of await Promise.all(calls))
      assert.ok(status >= 400 && status < 500, String(status));
    const request = await desk.signInRequest(await issueCard(cis, uids.gp));
    assert.equal((await desk.send({ ...request, challenge: ticket })).body.error, 'challenge_invalid');
    // The key of its session is unusable, so the session id is of no use either.
    const row = await cis.database.get<{ id: string }>({
      text: "SELECT id FROM cis_session WHERE ended_at IS NULL AND agent_id LIKE 'legacy-%' LIMIT 1",
      values: [],
    });
    desk.sessionId = row?.id ?? assert.fail();
    assert.equal((await desk.heartbeat()).body.error, 'invalid_proof');
  });

  test('is issued to a current session by its key, one at a time, and ends with it', async () => {
    const desk = new Desk(cis);
    await desk.signIn(await issueCard(cis, uids.gp));
    const path = paths.legacyTicket(desk.sessionId);
    assert.equal((await cis.call(path, { method: 'POST' })).status, 401);
    const first = await desk.sessionCall('POST', path);
    assert.equal(first.status, 201);
    await read(String(first.body.ticket));
    const second = await desk.sessionCall('POST', path);
    await inactive(String(first.body.ticket));
    await read(String(second.body.ticket));
    await desk.sessionCall('DELETE', paths.session(desk.sessionId), { cause: 'cardRemoved' });
    await inactive(String(second.body.ticket));
  });
});

test('role assertions are unsigned if configured', async () => {
  const cis = await startCis({ legacy: { signAssertions: false } });
  const client = await legacyClient(cis);
  const { text } = await client.assertion(await client.signIn(await legacyCard(cis, uids.gp)));
  assert.ok(text.includes('samlp:Success') && !text.includes('Signature'));
  await client.stop();
  await cis.close();
});

test('role assertions contain any name unchanged', async (t) => {
  const cis = await startCis({ legacy: {} });
  const client = await legacyClient(cis);
  t.after(async () => {
    await client.stop();
    await cis.close();
  });
  const card = await legacyCard(cis, uids.gp);
  for (const displayName of [
    '<b>&amp;"\'</b>',
    ']]>',
    '<!-- -->',
    '&lol;',
    'Zoë Ångström 𝒳 👩‍⚕️',
    '  two  blanks ',
    'a\u2028b',
  ]) {
    await cis.call(paths.person(uids.gp), { method: 'PATCH', body: { displayName }, as: 'console' });
    const { status, text: answer } = await client.validate(await client.form(card));
    assert.equal(status, 200);
    const { text } = await client.assertion(parameterIn(answer, 'sso_ticket'));
    const { attributes } = readRoleAssertion(text, certificateIn(text));
    assert.equal(attributes[1]?.values[0], displayName);
  }
});

test('role assertions contain as many roles as published ones', async (t) => {
  const cis = await startCis({ legacy: {} });
  const client = await legacyClient(cis);
  t.after(async () => {
    await client.stop();
    await cis.close();
  });
  const activities = Array.from({ length: 20 }, (_, n) => ({ code: `B${1_000 + n}`, name: `Activity ${n}` }));
  const roles = Array.from({ length: 40 }, () => ({
    orgCode: 'A9A5A',
    roleCode: 'S8000:G8000:R8000',
    roleName: '"Clinical":"Clinical Provision":"Clinical Practitioner Access Role"',
    activities,
  }));
  const person = (await cis.call(paths.person(uids.gp), { as: 'console' })).body;
  const all = roles.map((role, n) => ({ ...role, roleId: String(700_000_000_000 + n) }));
  const document = JSON.stringify({ version: 1, people: [{ ...person, roles: all }] });
  const imported = await cis.call(paths.directoryImport, { method: 'POST', body: document, as: 'console' });
  assert.equal(imported.status, 200, JSON.stringify(imported.body));
  const { text } = await client.assertion(await client.signIn(await legacyCard(cis, uids.gp)));
  const { attributes } = readRoleAssertion(text, certificateIn(text));
  assert.equal(attributes.filter(({ name }) => name === 'nhsIdCode').length, 40);
  assert.ok(text.length > 65_536);
});
