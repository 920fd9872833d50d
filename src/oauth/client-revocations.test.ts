import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { ManualClock } from '@alongside/kernel/clock';
import { type Log, silentLog } from '@alongside/kernel/log';
import fc from 'fast-check';
import { ClientRevocations, parseRevocationLists } from './client-revocations.ts';
import { issuedFault, readAuthorities, readCertificate } from './mutual-tls.ts';
import { type ListPlan, newAuthority, type TestCertificate } from './testing/certificates.ts';

const now = Date.UTC(2026, 6, 1, 12);
const hour = 3_600_000;
const folder = mkdtempSync(join(tmpdir(), 'alongside-lists-'));
const file = join(folder, 'lists.pem');
after(() => rmSync(folder, { recursive: true }));

describe('revocation of client certificates (RFC 5280 section 6.3)', () => {
  let clock: ManualClock;
  let root: TestCertificate;
  let between: TestCertificate;
  let client: TestCertificate;
  let other: TestCertificate;
  let below: TestCertificate;
  let warned: string[] = [];
  const log: Log = { ...silentLog, warn: (_fields, message) => warned.push(message) };
  before(async () => {
    root = await newAuthority(now);
    between = await root.issue({ subject: [['CN', 'between']], authority: true });
    [client, other, below] = await Promise.all([root.issue(), root.issue(), between.issue()]);
  });
  beforeEach(() => {
    clock = new ManualClock(now);
    warned = [];
  });

  const opened = async (...lists: string[]): Promise<ClientRevocations> => {
    writeFileSync(file, lists.join(''));
    return ClientRevocations.open(file, clock, log);
  };
  const fault = (revocations: ClientRevocations, { der }: TestCertificate, ...chain: TestCertificate[]) =>
    issuedFault(
      readCertificate(
        der,
        chain.map((one) => one.der),
      ),
      { tls_client_auth_subject_dn: 'CN=client' },
      { authorities: readAuthorities(root.pem), revocations, clock },
    );

  const overdue = /is overdue, or names no next one/;
  const none = /there is no revocation list of an authority of its path/;
  const revoked = /it, or an authority of its path, was revoked/;

  test('accepts a certificate that is not listed and refuses a listed one', async () => {
    const revocations = await opened(await root.list([other]));
    assert.equal(await fault(revocations, client), undefined);
    assert.match((await fault(revocations, other)) ?? '', revoked);
    const empty = await opened(await root.list());
    assert.equal(await fault(empty, other), undefined);
  });

  test('requires a list of each authority of the path, and refuses a revoked authority', async () => {
    const [rootList, ownList] = [await root.list(), await between.list()];
    assert.equal(await fault(await opened(rootList, ownList), below, between), undefined);
    assert.match((await fault(await opened(rootList), below, between)) ?? '', none);
    assert.match((await fault(await opened(ownList), below, between)) ?? '', none);
    assert.match(
      (await fault(await opened(await root.list([between]), ownList), below, between)) ?? '',
      revoked,
    );
    assert.match(
      (await fault(await opened(rootList, await between.list([below])), below, between)) ?? '',
      revoked,
    );
  });

  const rows: [string, ListPlan, RegExp | undefined][] = [
    ['current', {}, undefined],
    ['overdue', { nextUpdate: now - 1_000 }, overdue],
    ['overdue at this moment', { nextUpdate: now }, overdue],
    ['naming no next one', { nextUpdate: null }, overdue],
    ['of a clock a minute ahead', { thisUpdate: now + 60_000 }, undefined],
    ['of tomorrow', { thisUpdate: now + 24 * hour, nextUpdate: now + 48 * hour }, overdue],
    ['signed with SHA-1', { hash: 'SHA-1' }, none],
    ['with a critical extension: a part of a list', { critical: '2.5.29.27' }, none],
    ['with a critical extension: of some certificates alone', { critical: '2.5.29.28' }, none],
  ];
  for (const [name, plan, expected] of rows)
    test(`refuses a list that is ${name}`, async () => {
      const found = await fault(await opened(await root.list([other], plan)), client);
      if (expected === undefined) assert.equal(found, undefined);
      else assert.match(found ?? '', expected);
    });

  test('uses the newer of two lists, in either order', async () => {
    const lists = [await root.list([client], { thisUpdate: now - 2 * hour }), await root.list()];
    assert.equal(await fault(await opened(...lists), client), undefined);
    assert.equal(await fault(await opened(...lists.reverse()), client), undefined);
  });

  test('ignores a list of another authority with the same name', async () => {
    const stranger = await newAuthority(now);
    assert.match((await fault(await opened(await stranger.list()), client)) ?? '', none);
  });

  test('ignores the list of an authority that may not sign lists', async () => {
    const limited = await newAuthority(now, { keyUsage: 0x04 });
    const issued = await limited.issue();
    const path = { authorities: readAuthorities(limited.pem), clock };
    const subject = { tls_client_auth_subject_dn: 'CN=client' };
    const revocations = await opened(await limited.list());
    assert.equal(await issuedFault(readCertificate(issued.der), subject, path), undefined);
    assert.match(
      (await issuedFault(readCertificate(issued.der), subject, { ...path, revocations })) ?? '',
      none,
    );
  });

  test('applies a changed file within 5 s, and keeps the former lists of an unreadable file until they are overdue', async () => {
    const revocations = await opened(await root.list());
    assert.equal(await fault(revocations, client), undefined);
    writeFileSync(file, await root.list([client], { thisUpdate: now }));
    clock.advance(5);
    assert.match((await fault(revocations, client)) ?? '', revoked);
    writeFileSync(file, 'half of a list');
    clock.advance(5);
    assert.equal(await fault(revocations, other), undefined);
    assert.deepEqual(warned, [
      'the revocation lists of client certificates cannot be read: those read before count on',
    ]);
    rmSync(file);
    clock.advance(2 * 3_600);
    assert.match((await fault(revocations, other)) ?? '', overdue);
  });

  test('refuses a missing file and one without a list at the start', async () => {
    rmSync(file, { force: true });
    await assert.rejects(ClientRevocations.open(file, clock, log));
    for (const text of ['', 'text', root.pem, '-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n'])
      await assert.rejects(opened(text), text);
  });

  test('reads one list in DER', async () => {
    const der = Buffer.from((await root.list([client])).replace(/-----[^-]+-----|\s/g, ''), 'base64');
    writeFileSync(file, der);
    const revocations = await ClientRevocations.open(file, clock, log);
    assert.match((await fault(revocations, client)) ?? '', revoked);
  });

  test('returns lists or an error for arbitrary bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 500 }), (bytes) => {
        assert.throws(() => parseRevocationLists(bytes));
      }),
    );
  });
});
