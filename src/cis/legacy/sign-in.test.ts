import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { Vault } from '@alongside/kernel/secrets';
import { OpenSsl, pem } from '../../../test/testing/openssl.ts';
import { Settings } from '../../storage/settings.ts';
import { Authorities } from '../issuing-authority/authority.ts';
import { startCis, type TestCis, uids } from '../testing/cis.ts';
import {
  gpObject,
  type LegacyCard,
  type LegacyClient,
  legacyCard,
  legacyClient,
  parameterIn,
  responseOf,
} from '../testing/legacy-client.ts';
import { buildSignedChallenge, parseSmime } from './cms.ts';
import { isTicket } from './tickets.ts';

describe('legacy sign-in', () => {
  let cis: TestCis;
  let client: LegacyClient;
  let card: LegacyCard;
  before(async () => {
    cis = await startCis({ legacy: {} });
    client = await legacyClient(cis);
    card = await legacyCard(cis, uids.nurse);
  });
  after(async () => {
    await client.stop();
    await cis.close();
  });

  test('rejects an oversized body in the published form', async () => {
    for (const path of ['/login/authactivate', '/login/authvalidate', '/login/authlogout']) {
      const response = await fetch(`${client.url}${path}`, { method: 'POST', body: 'x'.repeat(65_537) });
      assert.equal(response.status, 413);
      assert.equal(response.headers.get('content-type'), 'text/html; charset=utf-8');
      assert.equal(await response.text(), '<HTML><STATUS>Invalid input request</STATUS></HTML>');
    }
  });

  test('responds with the published parameters in the published order', async () => {
    const activated = await client.activate();
    assert.equal(Buffer.from(activated.challenge, 'base64').length, 48);
    assert.equal(Number(Buffer.from(activated.challenge, 'base64').readBigUInt64BE(20)), cis.clock.now());
    const { status, text } = await client.validate(await client.form(card));
    assert.equal(status, 200);
    assert.deepEqual(
      [...text.matchAll(/<gpPARAM name="([^"]+)"/g)].map(([, name]) => name),
      [
        'log_session_id',
        'error_url',
        'server_ip',
        'cn',
        'nhsjobrole0',
        'nhsjobrole1',
        'nhsjobrole2',
        'gas_version',
        'sso_ticket',
        'sso_domain',
        'sso_session_url',
        'sso_max_session_time',
        'sso_keep_alive',
        'sso_session_time',
        'sso_logout_url',
        'auth_method',
        'app_url',
        'service',
      ],
    );
    assert.match(
      text,
      /^<\?xml version="1\.0" encoding="UTF-8"\?>\n<!DOCTYPE USER SYSTEM "[^"]+">\n<gpOBJECT>\n/,
    );
    assert.match(
      text,
      /<gpPARAM name="nhsjobrole1" id="\d{12}" orgcode="B9A5A">Birch Lane Test Clinic, "Clinical":"Clinical Provision":"Nurse Access Role"<\/gpPARAM>/,
    );
    assert.equal(parameterIn(text, 'sso_session_time'), '600');
    assert.equal(parameterIn(text, 'cn'), 'Harbottle Winifred Mrs');
    assert.equal(parameterIn(text, 'sso_logout_url'), 'http://cis.test/login/authlogout');
    assert.match(parameterIn(text, 'sso_ticket'), /^AQIC5wM2LY4Sfc[A-Za-z0-9+/]{33}=@AAJTSQACMDE=#$/);
    assert.ok(isTicket(parameterIn(text, 'sso_ticket')));
  });

  test('builds messages that OpenSSL verifies', async (t) => {
    const openssl = new OpenSsl();
    t.after(() => openssl.remove());
    const form = await client.form(card);
    const vault = new Vault(Buffer.alloc(32, 7));
    const own = await new Authorities(new Settings(cis.database), vault, cis.clock).find('own');
    assert.ok(own);
    openssl.write('ca.pem', pem(own.root.raw) + pem(own.certificate.raw));
    for (const [name, cms] of [
      ['response', parseSmime(form.response ?? '')],
      ['signature', Buffer.from(form.signature ?? '', 'base64')],
    ] as const) {
      openssl.write(name, cms);
      const options = `-purpose any -attime ${cis.clock.now() / 1_000}`;
      const { stderr } = await openssl.run(
        `cms -verify -binary -inform DER -in ${name} -CAfile ca.pem ${options} -out content`,
      );
      assert.match(stderr, /successful/i, name);
      assert.equal(openssl.read('content').toString('base64'), form.challenge, name);
    }
  });

  test('accepts a card with an EC key', async () => {
    const ec = await legacyCard(cis, uids.gp, { type: 'ec' });
    assert.equal((await client.validate(await client.form(ec))).status, 200);
  });

  const refused = async (form: Record<string, string>, why: string, expected = 403) => {
    const { status, text } = await client.validate(form);
    const words = expected === 400 ? 'Invalid input request' : 'Failed To Validate';
    assert.deepEqual([status, text], [expected, `<HTML><STATUS>${words}</STATUS></HTML>`], why);
  };
  const signed = (challenge: string, by: LegacyCard) =>
    responseOf(buildSignedChallenge(Buffer.from(challenge, 'base64'), by.signer()));

  test('accepts a challenge once, for a minute, from its requester', async () => {
    const form = await client.form(card);
    const answers = await Promise.all([client.validate(form), client.validate(form), client.validate(form)]);
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 403, 403]);
    const late = await client.form(card);
    cis.clock.advance(60);
    await refused(late, 'too old');
    const foreign = await client.form(card, { log_session_id: 'another' });
    await refused(foreign, 'of another log session');
    const moved = await client.form(card, { device_id: 'other,ClientIP=10.211.55.3' });
    await refused(moved, 'of another device');
  });

  test('rejects a forged challenge and another signature', async () => {
    const made = Buffer.alloc(48, 1).toString('base64');
    const form = await client.form(card);
    await refused({ ...form, challenge: made, response: signed(made, card) }, 'forged');
    const other = await client.activate();
    await refused({ ...form, signature: other.signature }, 'signature of another challenge');
    await refused({ ...form, signature: made }, 'no signature');
    await refused(
      { ...form, challenge: other.challenge, signature: other.signature },
      'another challenge was signed',
    );
  });

  test('rejects another key, another person, and an expired, revoked or foreign certificate', async () => {
    const form = () => client.form(card);
    const stranger = await legacyCard(cis, uids.gp);
    const key = generateKeyPairSync('rsa', { modulusLength: 2_048 }).privateKey;
    const withOtherKey = {
      ...card,
      signer: () => ({ ...card.signer(), sign: (content: Uint8Array) => sign('sha256', content, key) }),
    };
    const one = await form();
    await refused({ ...one, response: signed(one.challenge ?? '', withOtherKey) }, 'another key');
    const two = await form();
    await refused({ ...two, response: signed(two.challenge ?? '', stranger) }, 'the card of another person');
    for (const profile of ['expired', 'revoked', 'foreign'] as const) {
      const bad = await legacyCard(cis, uids.nurse, { profile });
      await refused(await client.form(bad), profile);
    }
    // An earlier act may be sealed after these records.
    const refusals = (await cis.audit.list()).filter(({ outcome }) => outcome === 'refused');
    const last = refusals.filter(({ action }) => action === 'cis.legacy-sign-in').at(-1);
    assert.match(String(last?.detail.why), /^cis\.issuerUnknown/);
  });

  test('accepts SHA-1 only if it is enabled', async () => {
    const form = await client.form(card);
    const challenge = Buffer.from(form.challenge ?? '', 'base64');
    const old = responseOf(buildSignedChallenge(challenge, card.signer('sha1')));
    await refused({ ...form, response: old }, 'SHA-1');
    const second = await startCis({ legacy: { sha1: true } });
    const there = await legacyClient(second);
    const its = await legacyCard(second, uids.nurse);
    const right = await there.form(its);
    const its1 = responseOf(
      buildSignedChallenge(Buffer.from(right.challenge ?? '', 'base64'), its.signer('sha1')),
    );
    assert.equal((await there.validate({ ...right, response: its1 })).status, 200);
    await there.stop();
    await second.close();
  });

  test('rejects a malformed form as invalid input', async () => {
    const form = await client.form(card);
    const odd: Record<string, Record<string, string>> = {
      'another method': { ...form, auth_method: '1' },
      'another service': { ...form, service: 'ACTIVATION' },
      'a parameter too many': { ...form, more: '1' },
      'an odd uid': { ...form, uid: '12' },
      'not base64': { ...form, challenge: '%%%' },
      'a malformed response': { ...form, response: Buffer.from('hello').toString('base64') },
    };
    for (const [name, spoilt] of Object.entries(odd)) await refused(spoilt, name, 400);
    const { uid: _uid, ...without } = await client.form(card);
    await refused(without, 'without a uid', 400);
    const big = await client.post('/login/authvalidate', gpObject({ ...form, response: 'A'.repeat(70_000) }));
    assert.equal(big.status, 413);
  });

  test('ends the session of the previous person at the same device', async () => {
    const ticket = await client.signIn(card);
    assert.equal((await client.assertion(ticket)).status, 200);
    const second = await client.signIn(await legacyCard(cis, uids.gp));
    assert.equal((await client.assertion(ticket)).status, 403);
    assert.equal((await client.assertion(second)).status, 200);
  });
});

describe('legacy interface', () => {
  test('is off by default', async () => {
    const cis = await startCis();
    for (const path of ['/login/authactivate', '/login/authvalidate', '/login/authlogout'])
      assert.equal((await cis.call(path, { method: 'POST' })).status, 404);
    for (const path of ['/saml/RoleAssertion?token=x', '/saml/RoleSelectionGP.jsp?token=x'])
      assert.equal((await cis.call(path)).status, 404);
    await cis.close();
  });
});
