import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { answerTargets, formTarget } from './answer.ts';

test('formTarget never lets an address add a directive to the policy', () => {
  fc.assert(fc.property(fc.webUrl(), (address) => /^[a-z0-9:/.+-]+$/.test(formTarget(address))));
  assert.equal(formTarget('http://a;sandbox/'), 'http:');
  assert.equal(formTarget('uk.example.app:/callback'), 'uk.example.app:');
});

test('formTarget uses the scheme for an IPv6 address, which a policy cannot express', () => {
  assert.equal(formTarget('http://[::1]:8080/x'), 'http:');
});

test('answerTargets allows redirects behind an application, but never from https to http', () => {
  const of = (address: string) => answerTargets(address).join(' ');
  assert.equal(of('https://app.example.test/callback'), 'https://app.example.test https:');
  assert.equal(of('http://localhost:3000/callback'), 'http://localhost:3000 http: https:');
  assert.equal(of('http://[::1]:3000/callback'), 'http: https:');
  assert.equal(of('uk.example.app:/callback'), 'uk.example.app:');
});
