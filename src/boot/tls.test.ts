import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { makeAuthority } from '../../test/testing/authority.ts';
import { certificateProblem } from './tls.ts';

test("certificateProblem names a server certificate's wrong time or names", () => {
  const authority = makeAuthority();
  try {
    const pem = readFileSync(authority.issue('cis2.example').certificate, 'utf8');
    const { validFromDate, validToDate } = new X509Certificate(pem);
    const [from, to] = [validFromDate.getTime(), validToDate.getTime()];
    assert.equal(certificateProblem(pem, ['cis2.example', '127.0.0.1'], from), undefined);
    assert.match(certificateProblem(pem, [], from - 1_000) ?? '', /^is not valid before /);
    assert.match(certificateProblem(pem, [], to + 1_000) ?? '', /^expired at /);
    for (const name of ['api.example', 'sub.cis2.example', '[::1]', '192.0.2.1'])
      assert.match(certificateProblem(pem, ['cis2.example', name], from) ?? '', /^is not for /, name);
  } finally {
    authority.discard();
  }
});
