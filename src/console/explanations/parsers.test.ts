import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { readCurl, shellWords } from './curl.ts';
import { cut, listed } from './finding.ts';
import { checkForm, looselyDecoded, skewOf } from './jwt.ts';
import { KeyTextError, keyReportOf } from './key-report.ts';
import { maxPasteLength, readPaste } from './paste.ts';

const texts = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.json(),
  fc.webUrl({ withQueryParameters: true }),
  fc.array(fc.string()).map((parts) => parts.join('.')),
  fc.string().map((text) => `curl ${text}`),
);

describe('the parsers of pasted texts', () => {
  test('return something for any text', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const paste = readPaste(text);
        assert.ok(paste.text.length <= text.length);
        checkForm(paste.text);
        looselyDecoded(paste.text);
        readCurl(paste.text);
        try {
          keyReportOf(paste.text, paste.json);
        } catch (error) {
          assert.ok(error instanceof KeyTextError);
        }
      }),
    );
  });

  test('shellWords returns the words that a shell would quote', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme-ascii' }), { maxLength: 50 }), (words) => {
        const quoted = words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' \\\n ');
        assert.deepEqual(shellWords(quoted), words);
      }),
    );
  });

  test('take a time that grows with the length alone', () => {
    const hostile = [' ', '\n', 'a=', 'eyJ.', '\\', "'", '{"a":', '&', '%', '-----BEGIN '];
    const measured = hostile.map((piece) => {
      const text = piece.repeat(Math.floor(maxPasteLength / piece.length));
      const began = process.cpuUsage();
      const paste = readPaste(text);
      checkForm(paste.text);
      readCurl(`curl ${text}`);
      readPaste(`x${text}`);
      const { user, system } = process.cpuUsage(began);
      return [piece, (user + system) / 1_000] as const;
    });
    // A quadratic parser takes minutes.
    for (const [piece, milliseconds] of measured)
      assert.ok(milliseconds < 2_000, `${piece}: ${milliseconds} ms`);
  });

  test('curl: method, headers, form and query', () => {
    const call = readCurl(
      `curl -sS -X POST 'http://localhost:8402/oauth2/token' -H "Content-Type: application/x-www-form-urlencoded" \\\n --data-urlencode 'a=b c' -d x=1`,
    );
    assert.deepEqual(
      [call?.method, call?.url, call?.body, call?.headers.get('content-type')],
      ['POST', 'http://localhost:8402/oauth2/token', 'a=b%20c&x=1', 'application/x-www-form-urlencoded'],
    );
    assert.equal(readCurl('curl -G localhost:1/x -d a=1')?.url, 'http://localhost:1/x?a=1');
    assert.equal(readCurl('curl -u id:secret http://x')?.headers.get('authorization'), 'Basic aWQ6c2VjcmV0');
    assert.equal(readCurl('curl -v'), undefined);
    assert.equal(readCurl('wget http://x'), undefined);
  });
});

test('a form is read on one line, or with a parameter on each', () => {
  for (const text of ['grant_type=a&code=b', 'grant_type=a\n&code=b', ' grant_type=a&\n code=b '])
    assert.deepEqual(
      [...(readPaste(text).form ?? [])],
      [
        ['grant_type', 'a'],
        ['code', 'b'],
      ],
    );
});

test('a quoted token is read with or without the name of its header', () => {
  for (const text of ['"abc"', 'Bearer abc', 'Authorization: Bearer abc', '`abc`'])
    assert.equal(readPaste(text).text, 'abc');
});

test('the difference of clocks is named', () => {
  const now = 1_000_000_000;
  assert.equal(skewOf({ iat: now + 60, exp: now + 360 }, now), 'Your clock is 60 s ahead.');
  assert.equal(skewOf({ exp: now + 3_900 }, now), 'Your clock is 3600 s ahead.');
  assert.equal(skewOf({ iat: now - 5, exp: now + 295 }, now), '');
  assert.match(skewOf({ iat: now - 400 }, now), /made 400 s before this check/);
  assert.match(skewOf({ iat: now - 188 * 86_400 }, now), /your clock is 188 days behind/);
  assert.match(skewOf({ exp: now * 1_000 }, now), /milliseconds/);
});

test('the nearest of up to five registered values is marked', () => {
  assert.equal(listed('demo-2', []), 'none is registered');
  assert.equal(listed('b', ['a', 'b']), 'b');
  assert.match(
    listed('kid-2', ['x', 'kid-1', 'y', 'z', 'w', 'v']),
    /^kid-1 \(the nearest\), x, y, z, w, 1 more$/,
  );
  assert.equal(cut(`a\n${'b'.repeat(300)}`).length, 201);
});
