import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { ManualClock } from '@alongside/kernel/clock';
import { orderedId } from '@alongside/kernel/ids';
import { Vault } from '@alongside/kernel/secrets';
import { Tokens } from '../oauth/tokens.ts';
import { cis2Upstream, withRecordedLevels } from '../oauth/upstream/providers.ts';
import type { Database } from '../storage/database.ts';
import { openDatabase } from '../storage/dialects.ts';

const either = 'AAL2_OR_AAL3_ANY';
const client = 'app.apps.test';
const issuer = 'https://cis2.test/realm';

describe('levels of an ID token that names none', () => {
  let database: Database;
  let tokens: Tokens;
  const clock = new ManualClock(Date.UTC(2026, 0, 1));
  const settings = {
    providerName: 'nhs-cis2' as const,
    issuer,
    authorizeUrl: '',
    tokenUrl: '',
    userinfoUrl: '',
    jwksUrl: '',
    clientId: 'platform',
    clientSecret: '',
    sendNonceAndPkce: true,
  };
  const own = cis2Upstream(settings, clock, true);

  /** Stores the record of a sign-in of this level at CIS2. */
  async function record(signIn: { time: number; level: string; clientId?: string; identity?: string }) {
    const family = orderedId();
    const { token, ...placed } = tokens.newAccessToken({ family });
    const attributes = {
      aal: signIn.level,
      acr: either,
      amr: 'FIDO2',
      auth_time: String(signIn.time),
      id_assurance_level: signIn.identity ?? '3',
    };
    const source = {
      issuer,
      family,
      applicationId: 'app',
      clientId: signIn.clientId ?? client,
      uid: '656005750108',
      sid: 'session',
      scope: 'openid',
      attributes,
    };
    const times = { issuedAt: clock.now(), expiresAt: clock.now() + 60_000 };
    const made = { token, ...placed, kind: 'access' as const, scope: 'openid', attributes, ...times };
    await database.batch(tokens.issueStatements(source, [made]));
  }
  before(async () => {
    database = await openDatabase(':memory:', '');
    tokens = new Tokens(database, clock, new Vault(Buffer.alloc(32, 1)));
    await record({ time: 100, level: '2' });
    await record({ time: 200, level: '3' });
    await record({ time: 300, level: '2' });
    await record({ time: 300, level: '3', identity: '2' });
    await record({ time: 400, level: '3', clientId: 'other.apps.test' });
  });
  after(() => database.close());

  const signedInAt = (time: number) => ({
    sub: '656005750108',
    aud: client,
    sid: 'session',
    auth_time: time,
    acr: either,
    amr: ['FIDO2'],
  });
  // biome-ignore format: a table, one row a line
  const rows: [string, Record<string, unknown>, string | undefined, string | undefined][] = [
    ['are those of the sign-in, not of a later one in its session', signedInAt(100), '2', '3'],
    ['are those of the later sign-in for its token', signedInAt(200), '3', '3'],
    ['are the lowest of two sign-ins in one second', signedInAt(300), '2', '2'],
    ['are not those of another client', signedInAt(400), '2', undefined],
    ['are not those of another class', { ...signedInAt(200), acr: 'AAL2_ANY' }, '2', undefined],
    ['are not those of another method', { ...signedInAt(200), amr: ['IOS'] }, '2', undefined],
    ['are not those of another session', { ...signedInAt(200), sid: 'other' }, '2', undefined],
    ['are the lower one of the class without a session', { ...signedInAt(200), sid: undefined }, '2', undefined],
    ['are that of the class if it assures one', { ...signedInAt(0), acr: 'AAL3_CIS2_SMARTCARD' }, '3', undefined],
    ['are unknown for an unknown class', { ...signedInAt(0), acr: 'urn:example:high' }, undefined, undefined],
    ['are left as the token states them', { ...signedInAt(200), authentication_assurance_level: '1' }, '1', undefined],
  ];
  for (const [name, claims, level, identity] of rows)
    test(name, async () => {
      const found = await withRecordedLevels({ tokens }, own, claims);
      assert.deepEqual([found.authentication_assurance_level, found.id_assurance_level], [level, identity]);
    });

  test('stay unknown for a provider elsewhere', async () => {
    const claims = signedInAt(200);
    assert.equal(await withRecordedLevels({ tokens }, cis2Upstream(settings, clock), claims), claims);
  });
});
