import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { makeAuthority } from '../../../test/testing/authority.ts';
import { judgeCertificate } from './services.ts';

test('judgeCertificate reports an expired or mismatched certificate as wrong, and one in its last 14 days as a remark', () => {
  const authority = makeAuthority();
  try {
    const pem = readFileSync(authority.issue('cis2.example').certificate, 'utf8');
    const { validToDate } = new X509Certificate(pem);
    const end = validToDate.getTime();
    const day = 86_400_000;
    for (const [origin, at, outcome] of [
      ['https://cis2.example', end - 14 * day, 'ok'],
      ['https://cis2.example:8402', end - 13 * day, 'remark'],
      ['https://cis2.example', end + day, 'wrong'],
      ['https://api.example', end - 30 * day, 'wrong'],
    ] as const)
      assert.equal(judgeCertificate(pem, validToDate, origin, at).outcome, outcome, `${origin} ${outcome}`);
  } finally {
    authority.discard();
  }
});
