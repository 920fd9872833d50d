import assert from 'node:assert/strict';
import { readCookies } from '../../../kernel/cookies.ts';
import { asText, type FuzzTarget, text } from '../target.ts';

export const target: FuzzTarget = {
  name: 'cookies',
  corpus: [text('cis2-8402-session=abc; other=1'), text('__Host-cis2-sso=AbC-_; a=b=c; a=d'), text(';;=; x')],
  words: ['; ', '=', ';', '__Host-', '; cis2-8402-session=', '"', '\t'],
  run(bytes) {
    const header = asText(bytes);
    const pairs = header.split(';').slice(0, 100);
    const names = pairs
      .filter((pair) => pair.includes('='))
      .map((pair) => pair.slice(0, pair.indexOf('=')).trim());
    for (const [name, value] of readCookies(header)) {
      assert.ok(name !== '' && value === value.trim());
      assert.equal(names.filter((each) => each === name).length, 1, 'a name that came twice means nothing');
    }
  },
};
