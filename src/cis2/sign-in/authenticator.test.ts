import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AssuranceLevel } from '../model/session.ts';
import { type Authenticator, Authenticators } from './authenticator.ts';

const way = (id: string, level: AssuranceLevel, users: string[]): Authenticator => ({
  id,
  label: id,
  hint: '',
  offers: [{ level, methods: [id] }],
  inWindow: false,
  routes: [],
  begin: () => Promise.reject(new Error('nobody begins here')),
  goesStraight: async () => false,
  checkSession: async () => ({ valid: true }),
  usableBy: async (uid) => users.includes(uid),
});
const all = new Authenticators([way('one', 3, ['a']), way('two', 2, ['b']), way('three', 3, ['a', 'b'])]);
const offered = async (acr: string, uid?: string, firm = true) => {
  const expected = uid === undefined ? null : { uid, firm, steppingUp: false };
  return (await all.offered([acr], expected)).map(({ id }) => id);
};

test('offers authenticators that meet the request and that the expected user has', async () => {
  assert.deepEqual(await offered('AAL3_ANY'), ['one', 'three']);
  assert.deepEqual(await offered('AAL3_ANY', 'b'), ['three']);
  assert.deepEqual(await offered('AAL2_OR_AAL3_ANY', 'b'), ['two', 'three']);
});

test('offers all for a hint of a user without authenticators, and none for a required user', async () => {
  assert.deepEqual(await offered('AAL2_ANY', 'a'), []);
  assert.deepEqual(await offered('AAL2_ANY', 'a', false), ['two']);
});

test('rejects two authenticators with the same id', () => {
  assert.throws(() => new Authenticators([way('one', 3, []), way('one', 2, [])]), /same id/);
});
