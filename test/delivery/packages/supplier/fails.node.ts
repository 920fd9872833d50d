import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alongside } from 'alongside/testing/node';

test('fails', async (t) => {
  const { urls } = await alongside(t);
  const answer = await fetch(`${urls.api}/oauth2/token`, { method: 'POST' });
  assert.equal(answer.status, 200);
});
