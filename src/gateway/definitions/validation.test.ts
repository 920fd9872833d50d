import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { AdjustableClock } from '@alongside/kernel/clock';
import type { Log } from '@alongside/kernel/log';
import { isBounded } from './bounded.ts';
import { type Check, Lane } from './lane.ts';
import { attackOn, isLinear } from './patterns.ts';
import { unchecked, Validation } from './validation.ts';

const endless = { type: 'string', pattern: '^(a+)+$' };
const attack = `${'a'.repeat(60)}!`;
const plain = { type: 'string', pattern: '^[A-Z]{1,3}$' };

describe('Validation', () => {
  let lines: string[];
  let clock: AdjustableClock;
  let validation: Validation;
  const count = (message: string) => lines.filter((line) => line === message).length;
  const overruns = () => count('the check of a value took too long');
  before(() => {
    lines = [];
    clock = new AdjustableClock();
    const log = { warn: (_: object, message: string) => lines.push(message) } as unknown as Log;
    validation = new Validation({ log, clock });
  });
  after(() => validation.close());
  const slow = (value: unknown, api = 'slow@1') => validation.check(`${api} GET /a body`, endless, {}, value);
  const other = (value: unknown) => validation.check('other@1 GET /b body', plain, {}, value);

  test('continues to check other APIs, in the same thread, while one API gets endless values', async () => {
    assert.equal(await other('AB'), undefined);
    const ended: string[] = [];
    const attacks = Array.from({ length: 8 }, async () => {
      assert.equal(await slow(attack), unchecked);
      ended.push('slow');
    });
    const others = Array.from({ length: 8 }, async () => {
      assert.equal(await other('AB'), undefined);
      ended.push('other');
    });
    await Promise.all([...attacks, ...others]);
    assert.ok(ended.lastIndexOf('other') < ended.lastIndexOf('slow'), ended.join(' '));
    assert.equal(count('checks of an API are slow, and move to a thread apart'), 1);
    assert.equal(count('a thread of checks was ended'), 0);
  });

  test('refuses values at once after some took too long, and tries one after a pause', async () => {
    // The fourth was with the thread already.
    assert.ok(overruns() >= 3 && overruns() <= 4, `${overruns()} checks took too long`);
    const tried = overruns();
    assert.deepEqual(await Promise.all([slow(attack), slow('a')]), [unchecked, unchecked]);
    clock.advance(60_000);
    assert.deepEqual(await Promise.all([slow(attack), slow('a')]), [unchecked, unchecked]);
    assert.equal(overruns(), tried + 1);
    clock.advance(60_000);
    assert.deepEqual([await slow('a'), await slow('a')], [undefined, undefined]);
  });

  test('uses a schema again when its definition changes', async () => {
    for (let at = 0; at < 3; at++) await slow(attack);
    assert.equal(await slow('a'), unchecked);
    validation.forget('slow@1');
    assert.equal(await slow('a'), undefined);
    assert.equal(await slow('a', 'slow@2'), undefined);
  });

  test('limits lists of unique items and recursive choices, which need no pattern to be slow', async () => {
    const unique = { type: 'array', uniqueItems: true };
    const many = Array.from({ length: 50_000 }, (_, at) => ({ at }));
    assert.equal(await validation.check('unique@1 body', unique, {}, many), unchecked);
    const node = { properties: { in: { $ref: '#/$defs/node' } }, required: ['in'] };
    const tree = { node: { anyOf: [node, node] } };
    let deep: object = {};
    for (let depth = 0; depth < 60; depth++) deep = { in: deep };
    assert.equal(await validation.check('tree@1 body', { $ref: '#/$defs/node' }, tree, deep), unchecked);
    assert.equal(count('a thread of checks was ended'), 0);
  });
});

describe('Lane', () => {
  test('gives up the check that ends its thread, and carries out the next one in another thread', async () => {
    const reasons: string[] = [];
    const lane = new Lane({ limit: 250, megabytes: 32, ended: (reason) => reasons.push(reason) });
    const schema = { type: 'array' };
    const check = (value: unknown) => {
      const { promise, resolve } = Promise.withResolvers<Parameters<Check['done']>[0]>();
      lane.add({ api: 'a@1', key: 'a@1 body', schema, value, isApart: true, done: resolve });
      return promise;
    };
    // Objects take more memory than the thread has.
    const large = Array.from({ length: 1_000_000 }, (_, at) => ({ at }));
    assert.deepEqual(await Promise.all([check(large), check([])]), ['overran', { problem: undefined }]);
    assert.equal(reasons.length, 1, reasons.join('\n'));
    await lane.close();
  });
});

describe('isLinear and isBounded', () => {
  // biome-ignore format: a table reads best one row a line
  const patterns: [string, boolean][] = [
    ['^(a+)+$', false], ['^([a-zA-Z0-9]+\\s?)+$', false], ['^\\s*(.*?)\\s*$', false], ['^(?:a|a)*$', false], ['a*a*b', false],
    ['^[A-Za-z0-9\\-\\.]{1,64}$', true], ['^[^\\s]+(\\s[^\\s]+)*$', true], ['^\\S*$', true], ['^\\d{10}$', true],
  ];
  for (const [pattern, isSafe] of patterns)
    test(`${isSafe ? 'accepts' : 'refuses'} ${pattern}`, () => {
      assert.equal(isLinear(pattern), isSafe);
      assert.equal(isBounded({ properties: { a: { pattern } } }), isSafe);
      assert.equal(
        isBounded({ $ref: '#/$defs/a', $defs: { a: { patternProperties: { [pattern]: {} } } } }),
        isSafe,
      );
    });

  test('returns a text that makes a pattern slow, as short as the schema lets it be', () => {
    assert.equal(attackOn('^(a+)+$', 10_000), '"a".repeat(40) + "!"');
    assert.equal(attackOn('^x(a+)+$', 10_000), '"xaa" + "a".repeat(40) + "!"');
    assert.match(attackOn('^\\S+@\\S+\\.\\S+$', 1_000_000) ?? '', /repeat\(\d+\)/);
    assert.equal(attackOn('^\\S+@\\S+\\.\\S+$', 64), undefined);
    assert.equal(attackOn('^[A-Z]+$', 1_000_000), undefined);
  });
});
