import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { mayBeInAddress } from '../../explanations/paste.ts';
import { programs } from '../programs.ts';

const program = programs.get('frame/tools.browser.js')?.() ?? '';
const served = await import(new URL(`data:text/javascript,${encodeURIComponent(program)}`).href);

describe('texts in addresses of the console', () => {
  test('are the same for the server and for the programs of its pages', () => {
    const name = fc.constantFrom(
      'eyJ',
      'Bearer',
      '-----BEGIN',
      'secret',
      'Password',
      'token',
      'assertion',
      'code',
      'a',
    );
    const separator = fc.constantFrom('=', ':', '": ', ' =', ' ', "'=", '\n', '\r', '');
    const part = fc.oneof(
      fc.tuple(name, separator).map((parts) => parts.join('')),
      fc.string({ maxLength: 80 }),
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 4 }), (parts) => {
        const text = parts.join('');
        assert.equal(served.mayBeInAddress(text), mayBeInAddress(text));
      }),
      { numRuns: 1_000 },
    );
    for (const length of [200, 201])
      assert.equal(served.mayBeInAddress('a'.repeat(length)), mayBeInAddress('a'.repeat(length)));
    assert.equal(mayBeInAddress('client secret'), true);
    assert.equal(mayBeInAddress('client_secret=1'), false);
  });
});
