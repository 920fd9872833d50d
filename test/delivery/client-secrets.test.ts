import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SECRETS } from '../../client/token-endpoint.ts';
import { tokenParameters } from '../../src/oauth/secret-parameters.ts';

test('the client library keeps out of its errors what the routes declare', () => {
  assert.deepEqual([...SECRETS].sort(), [...tokenParameters].sort());
});
