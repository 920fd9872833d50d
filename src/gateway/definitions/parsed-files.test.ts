import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as yaml from 'yaml';
import { sourceLimits } from '../protocol.ts';
import { ParsedFiles } from './parsed-files.ts';

/** Counts the lexemes that are read of a text. */
function countingLexer() {
  const work = { lexemes: 0 };
  class Lexer extends yaml.Lexer {
    override *lex(...parts: Parameters<yaml.Lexer['lex']>): Generator<string, void> {
      for (const lexeme of super.lex(...parts)) {
        work.lexemes += 1;
        yield lexeme;
      }
    }
  }
  return { work, reader: { ...yaml, Lexer } };
}

describe('a malformed file of 2 MiB is read no further than the limit of values', () => {
  const tooMany = /^spec\.yaml:1:\d+: The definition has more than 200000 values/;
  const forms: [piece: string, before: string, message: RegExp][] = [
    ['*a ', '', tooMany],
    ['*a,', '[', tooMany],
    ['[]', '', tooMany],
    ['{}', '[', tooMany],
    ['} ', '', /^spec\.yaml:1:1: .*Unexpected flow-map-end/],
    [']', 'a: ', /^spec\.yaml:1:4: .*Unexpected flow-seq-end/],
  ];
  for (const [piece, before, message] of forms)
    test(`stops at the limit in a repetition of ${JSON.stringify(piece)} after ${JSON.stringify(before)}`, () => {
      const text = before + piece.repeat((sourceLimits.bytes - before.length) / piece.length);
      const { work, reader } = countingLexer();
      const files = new ParsedFiles({ entry: 'spec.yaml', files: { 'spec.yaml': text } }, reader);
      assert.throws(() => files.rootOf('spec.yaml'), { name: 'DefinitionError', message });
      // Between two values is at most one space or closing bracket.
      const most = 2 * sourceLimits.nodes + 10;
      assert.ok(work.lexemes <= most, `${work.lexemes} lexemes`);
    });
});
