import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { OperatorError } from '@alongside/kernel/operator';
import { newAuthority } from '../testing/external-authority.ts';
import { readIssuersFile } from './external-issuers.ts';

let folder: string;
const file = (name: string, content: unknown): string => {
  const path = join(folder, name);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
};
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'alongside-issuers-'));
});
after(() => rmSync(folder, { recursive: true, force: true }));

test('reads an issuer with default settings and a relative certificate path', async () => {
  const authority = await newAuthority();
  file('ca.pem', authority.certificate.toString());
  const national = {
    name: 'national',
    certificate: 'ca.pem',
    crl: 'http://crl.test/one.crl',
    failMode: 'soft',
  };
  // With the mark of an editor of Windows.
  const list = file('issuers.json', `\uFEFF${JSON.stringify([national])}`);
  const [issuer] = readIssuersFile(list);
  assert.equal(issuer?.certificate.fingerprint256, authority.certificate.fingerprint256);
  assert.deepEqual(
    { ...issuer, certificate: null },
    {
      name: 'national',
      certificate: null,
      policies: [],
      crlUrl: 'http://crl.test/one.crl',
      failMode: 'soft',
      freshness: 86_400,
    },
  );
});

test('reports an invalid file in one sentence', async () => {
  const authority = await newAuthority();
  file('ca.pem', authority.certificate.toString());
  file('leaf.pem', (await authority.issue({ subject: [['CN', 'leaf']] })).toString());
  const says = (content: unknown, words: RegExp) =>
    assert.throws(
      () => readIssuersFile(file('bad.json', content)),
      (error: unknown) => error instanceof OperatorError && words.test(error.message),
    );
  says('{', /cannot be read/);
  says({}, /is invalid/);
  says([{ name: 'A', certificate: 'ca.pem' }], /0\.name must be lower-case/);
  says([{ name: 'a', certificate: 'ca.pem', crl: 'ldap://x' }], /0\.crl must be an http/);
  says([{ name: 'a', certificate: 'ca.pem', failMode: 'never' }], /0\.failMode must be "hard" or "soft"/);
  says([{ name: 'a', certificate: 'ca.pem', more: 1 }], /is invalid/);
  says([{ name: 'a', certificate: 'none.pem' }], /none\.pem of a card issuer cannot be read/);
  says([{ name: 'a', certificate: 'leaf.pem' }], /leaf\.pem is not one of an authority/);
  assert.throws(() => readIssuersFile(join(folder, 'missing.json')), OperatorError);
});

test('reads the example of docs/production.md, with the documented defaults', async () => {
  const page = readFileSync(new URL('../../../docs/production.md', import.meta.url), 'utf8');
  const example = /## Cards of other authorities[\s\S]*?```json\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
  file('national-authentication.pem', (await newAuthority()).certificate.toString());
  const [issuer] = readIssuersFile(file('example.json', example));
  assert.deepEqual([issuer?.failMode, issuer?.freshness], ['hard', 86_400]);
});
