import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { answerTargets, formTarget } from './form-targets.ts';

test('no address brings a directive into the policy', () => {
  fc.assert(fc.property(fc.webUrl(), (address) => /^[a-z0-9:/.+-]+$/.test(formTarget(address))));
  assert.equal(formTarget('http://a;sandbox/'), 'http:');
  assert.equal(formTarget('uk.example.app:/callback'), 'uk.example.app:');
});

test('a policy has no word for an IPv6 address, so its scheme stands for it', () => {
  assert.equal(formTarget('http://[::1]:8080/x'), 'http:');
});

test('behind an application the browser may be led on, never from https to plain http', () => {
  const of = (address: string) => answerTargets(address).join(' ');
  assert.equal(of('https://app.example.test/callback'), 'https://app.example.test https:');
  assert.equal(of('http://localhost:3000/callback'), 'http://localhost:3000 http: https:');
  assert.equal(of('http://[::1]:3000/callback'), 'http: https:');
  assert.equal(of('uk.example.app:/callback'), 'uk.example.app:');
});
