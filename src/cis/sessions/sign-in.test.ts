import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { decodeJwt, type JsonWebKey, publicKeyOf, thumbprint, verifySignature } from '@alongside/kernel/jws';
import { paths, type SignInRequest, sessionCertificateType, signInMessage } from '../protocol.ts';
import { issueCard, type TestCard } from '../testing/cards.ts';
import { origin, startCis, startTime, type TestCis, uids } from '../testing/cis.ts';
import { Desk, newP256 } from '../testing/desk.ts';

describe('POST /sessions', () => {
  let cis: TestCis;
  let card: TestCard;
  before(async () => {
    cis = await startCis();
    card = await issueCard(cis, uids.gp);
  });
  after(() => cis.close());

  test('creates a session with a certified key from a card and a challenge', async () => {
    const desk = new Desk(cis);
    const answer = await desk.signIn(card);
    assert.equal(answer.uid, uids.gp);
    assert.equal(answer.displayName, 'Quillfeather Harriet Dr');
    assert.equal(answer.heartbeatEvery, 120);
    assert.equal(answer.endsAt, new Date(startTime + 36_000_000).toISOString());
    assert.equal(answer.roles.length, 1);
    assert.equal(answer.roleId, answer.roles[0]?.roleId);

    const jwt = decodeJwt(answer.sessionCertificate);
    assert.ok(jwt);
    const { body } = await cis.call(paths.jwks);
    const jwk = (body.keys as JsonWebKey[]).find(({ kid }) => kid === jwt.header.kid);
    assert.ok(jwk, 'the key of the certificate is published');
    const key = publicKeyOf(jwk);
    assert.ok(key && (await verifySignature(jwt, 'ES256', key)));
    assert.equal(jwt.header.typ, sessionCertificateType);
    assert.deepEqual(jwt.claims, {
      iss: origin,
      sub: uids.gp,
      sid: answer.sessionId,
      iat: startTime / 1_000,
      exp: (startTime + 36_000_000) / 1_000,
      cnf: { jwk: { kty: 'EC', crv: 'P-256', x: desk.sessionKey.jwk.x, y: desk.sessionKey.jwk.y } },
    });
  });

  test('accepts an RSA card, and chooses none of several roles', async () => {
    const answer = await new Desk(cis).signIn(await issueCard(cis, uids.locum, { type: 'rsa' }));
    assert.equal(answer.roles.length, 8);
    assert.equal(answer.roleId, null);
  });

  test('accepts a person without roles', async () => {
    const answer = await new Desk(cis).signIn(await issueCard(cis, uids.starter));
    assert.deepEqual([answer.roles, answer.roleId], [[], null]);
  });

  test('links the events, and records person, agent and card in the audit log', async () => {
    const desk = new Desk(cis);
    const { sessionId } = await desk.signIn(card);
    const event = (await cis.events('cis.sign-in')).at(-1);
    const challenge = (await cis.events('cis.challenge')).at(-1);
    assert.equal(event?.outcome, 'ok');
    assert.equal(event?.journey, challenge?.journey);
    const record = (await cis.audit.list()).findLast(({ action }) => action === 'cis.sign-in');
    assert.equal(record?.target, sessionId);
    assert.equal(record?.actor, uids.gp);
    assert.deepEqual(record?.detail, {
      generation: 'hscn',
      mode: 'normal',
      agent: desk.agentId,
      card: card.serial,
    });
  });

  describe('an invalid request', () => {
    const spoiled: Record<string, Partial<Record<keyof SignInRequest, unknown>> | { extra: string }> = {
      'no challenge': { challenge: undefined },
      'a challenge that is too long': { challenge: 'x'.repeat(129) },
      'a signature that is not base64': { signature: 'no base64!' },
      'base64 in another spelling': { signature: 'AB==' },
      'an unknown mode': { mode: 'fast' },
      'an unknown generation': { generation: 'third' },
      'an agent without a thumbprint': { agentId: 'me' },
      'a session key of another curve': { sessionKey: { kty: 'EC', crv: 'P-384', x: 'a', y: 'b' } },
      'a session key that is not on the curve': {
        sessionKey: { kty: 'EC', crv: 'P-256', x: 'A'.repeat(43), y: 'A'.repeat(43) },
      },
      'a member too many': { extra: 'x' },
    };
    for (const [name, changes] of Object.entries(spoiled)) {
      test(`returns invalid_request for ${name}`, async () => {
        const { status, body } = await new Desk(cis).trySignIn(card, changes as Partial<SignInRequest>);
        assert.equal(status, 400);
        assert.equal(body.error, 'invalid_request');
      });
    }

    test('returns invalid_request for a private session key', async () => {
      const key = newP256();
      const jwk = { ...key.jwk, d: key.privateKey.export({ format: 'jwk' }).d };
      const { status } = await new Desk(cis).trySignIn(card, { sessionKey: jwk });
      assert.equal(status, 400);
    });

    test('returns invalid_request for a body that is not JSON or has another type', async () => {
      assert.equal((await cis.call(paths.sessions, { body: '{' })).status, 400);
      assert.equal((await cis.call(paths.sessions, { body: '[]' })).status, 400);
      assert.equal((await cis.call(paths.sessions, { method: 'POST' })).status, 415);
      const asForm = { body: '{}', headers: { 'content-type': 'application/x-www-form-urlencoded' } };
      assert.equal((await cis.call(paths.sessions, asForm)).status, 415);
    });

    test('returns invalid_request for a body of more than 32 KiB', async () => {
      assert.equal((await cis.call(paths.sessions, { body: { challenge: 'x'.repeat(33_000) } })).status, 400);
      assert.equal((await cis.call(paths.sessions, { body: { challenge: 'x'.repeat(70_000) } })).status, 413);
    });
  });

  async function refused(desk: Desk, of: TestCard, error: string, changes: Partial<SignInRequest> = {}) {
    const { status, body } = await desk.trySignIn(of, changes);
    assert.equal(body.error, error);
    assert.ok(status === 401 || status === 403, `status ${status}`);
    assert.match(String(body.error_description), /^[A-Z].*\.$/, 'a sentence for the person');
    return String(body.error_description);
  }

  test('accepts a challenge once, for a minute', async () => {
    const desk = new Desk(cis);
    const request = await desk.signInRequest(card);
    assert.equal((await desk.send(request)).status, 201);
    const again = await desk.send(request);
    assert.deepEqual([again.status, again.body.error], [401, 'challenge_invalid']);
    await refused(desk, card, 'challenge_invalid', { challenge: 'never-given-out' });

    const late = await desk.signInRequest(card);
    cis.clock.advance(60);
    assert.equal((await desk.send(late)).body.error, 'challenge_invalid');
    const inTime = await desk.signInRequest(card);
    cis.clock.advance(59);
    assert.equal((await desk.send(inTime)).status, 201);
  });

  test('spends the challenge of a refused sign-in', async () => {
    const desk = new Desk(cis);
    const request = await desk.signInRequest(card);
    const bad = { ...request, signature: card.sign('something else').signature };
    assert.equal((await desk.send(bad)).body.error, 'signature_invalid');
    assert.equal((await desk.send(request)).body.error, 'challenge_invalid');
  });

  test('counts a refusal before a spent challenge without an audit record or event', async () => {
    await cis.audit.tick();
    const desk = new Desk(cis);
    const request = await desk.signInRequest(card);
    const kept = async () => [(await cis.audit.list()).length, (await cis.events('cis.sign-in')).length];
    const before = await kept();
    const made = { ...request, challenge: 'nobody-has-made-this-one' };
    assert.equal((await desk.send(made)).body.error, 'challenge_invalid');
    const bare = await cis.call(paths.sessions, { body: request });
    assert.equal(bare.body.error, 'invalid_proof');
    assert.deepEqual(await kept(), before);
    await cis.audit.tick();
    const [sum] = (await cis.audit.list()).filter(({ target }) => target === 'cis-sign-in').slice(-1);
    assert.deepEqual([sum?.action, sum?.detail.count], ['unproven.refused', 2]);
  });

  test('accepts one of ten simultaneous uses of a challenge', async () => {
    const desk = new Desk(cis);
    const request = await desk.signInRequest(card);
    const answers = await Promise.all(Array.from({ length: 10 }, () => desk.send(request)));
    assert.deepEqual(answers.map(({ status }) => status).sort(), [201, ...Array(9).fill(401)]);
  });

  test('refuses a signature for another session key or of another card', async () => {
    const desk = new Desk(cis);
    await refused(desk, card, 'signature_invalid', { sessionKey: newP256().jwk });
    const other = await issueCard(cis, uids.gp);
    const request = await desk.signInRequest(card);
    const message = signInMessage(request.challenge, thumbprint(desk.sessionKey.jwk));
    const crossed = { ...request, signature: other.sign(message).signature };
    assert.equal((await desk.send(crossed)).body.error, 'signature_invalid');
  });

  test('describes the problem of each refused card', async () => {
    const desk = new Desk(cis);
    const sentences = [
      await refused(desk, await issueCard(cis, uids.gp, { profile: 'expired' }), 'certificate_expired'),
      await refused(desk, await issueCard(cis, uids.gp, { profile: 'revoked' }), 'certificate_revoked'),
      await refused(desk, await issueCard(cis, uids.gp, { profile: 'foreign' }), 'certificate_untrusted'),
      await refused(desk, card, 'certificate_untrusted', { certificate: card.signingCertificate }),
      await refused(desk, card, 'certificate_untrusted', {
        certificate: Buffer.from('no certificate').toString('base64'),
      }),
      await refused(desk, card, 'signature_invalid', { signature: card.sign('another message').signature }),
    ];
    assert.equal(new Set(sentences).size, sentences.length);
    const refusals = (await cis.events('cis.sign-in')).filter(({ outcome }) => outcome === 'refused');
    assert.ok(refusals.some(({ detail }) => detail.error === 'certificate_revoked'));
    const audited = (await cis.audit.list()).filter(
      ({ action, outcome }) => action === 'cis.sign-in' && outcome === 'refused',
    );
    assert.ok(
      audited.some(({ actor, detail }) => actor === uids.gp && detail.error === 'certificate_expired'),
    );
  });

  test('refuses a changed certificate and one with trailing bytes', async () => {
    const desk = new Desk(cis);
    const der = Buffer.from(card.certificate, 'base64');
    const longer = Buffer.concat([der, Buffer.from([0])]).toString('base64');
    await refused(desk, card, 'certificate_untrusted', { certificate: longer });
    const at = der.indexOf(Buffer.from(uids.gp));
    assert.ok(at > 0);
    der[at + 11] = '7'.charCodeAt(0);
    await refused(desk, card, 'certificate_untrusted', { certificate: der.toString('base64') });
  });

  test('refuses a certificate without a record at CIS', async () => {
    const lost = await issueCard(cis, uids.gp);
    await cis.database.run({ text: 'DELETE FROM certificate WHERE card_serial = ?', values: [lost.serial] });
    await refused(new Desk(cis), lost, 'certificate_untrusted');
  });

  test('accepts a card 30 days before its renewal, and no longer 31 days later', async () => {
    const other = await startCis();
    try {
      const renewing = await issueCard(other, uids.gp, { profile: 'renew' });
      const desk = new Desk(other);
      await desk.signIn(renewing);
      other.clock.advance(31 * 86_400);
      assert.equal((await desk.trySignIn(renewing)).body.error, 'certificate_expired');
      other.clock.advance(-800 * 86_400);
      const { body } = await desk.trySignIn(renewing);
      assert.equal(body.error, 'certificate_expired');
      assert.match(String(body.error_description), /not valid yet/);
    } finally {
      await other.close();
    }
  });

  test('refuses unknown and disabled people', async () => {
    const other = await startCis();
    try {
      const of = await issueCard(other, uids.clinician);
      const desk = new Desk(other);
      await other.call(paths.person(uids.clinician), {
        method: 'PATCH',
        body: { disabled: true },
        as: 'console',
      });
      assert.equal((await desk.trySignIn(of)).body.error, 'person_disabled');
      await other.call(paths.person(uids.clinician), { method: 'DELETE', as: 'console' });
      assert.equal((await desk.trySignIn(of)).body.error, 'person_unknown');
    } finally {
      await other.close();
    }
  });

  test('refuses virtual cards outside development unless they are allowed', async () => {
    const development = await startCis();
    const production = await startCis({ database: development.database, development: false });
    const allowed = await startCis({
      database: development.database,
      development: false,
      allowVirtualCards: true,
    });
    try {
      const of = await issueCard(development, uids.gp);
      const { body } = await new Desk(production).trySignIn(of);
      assert.equal(body.error, 'certificate_untrusted');
      assert.match(String(body.error_description), /virtual card/);
      await new Desk(allowed).signIn(of);
    } finally {
      await production.close();
      await allowed.close();
      await development.close();
    }
  });

  test('requires proof of the key after which an agent is named', async () => {
    const victim = new Desk(cis);
    await victim.signIn(card);
    const desk = new Desk(cis);
    const posing = await desk.trySignIn(await issueCard(cis, uids.nurse), { agentId: victim.agentId });
    assert.deepEqual([posing.status, posing.body.error], [401, 'invalid_proof']);
    assert.equal((await victim.heartbeat()).status, 200);

    const body = await desk.signInRequest(card);
    assert.equal((await cis.call(paths.sessions, { body })).body.error, 'invalid_proof');
    assert.equal((await desk.send(body, { path: paths.presence })).body.error, 'invalid_proof');
    assert.equal((await desk.send(body, { header: {} })).body.error, 'invalid_proof');
    assert.equal((await desk.send(body)).status, 201, 'no challenge was spent by it');
  });
});
