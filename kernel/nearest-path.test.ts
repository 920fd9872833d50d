import assert from 'node:assert/strict';
import { test } from 'node:test';
import { json } from './answer.ts';
import { nearestPath } from './nearest-path.ts';
import type { Route } from './request.ts';

const route = (path: string, known?: string[]): Route => ({
  methods: ['GET'],
  path,
  ...(known ? { known } : {}),
  endpoint: async () => json(200, {}),
});
const find = nearestPath([
  route('/healthz'),
  route('/people/:uid'),
  route('/oauth2/*', ['/oauth2/token', '/oauth2/authorize']),
]);

const table: [string, string | undefined][] = [
  ['/oauth2/tokens', '/oauth2/token'],
  ['/oauth2/Token', '/oauth2/token'],
  ['/oauth2/authorise', '/oauth2/authorize'],
  ['/oauth2/token/', '/oauth2/token'],
  ['/healthzz', '/healthz'],
  ['/peple/656005750107', '/people/:uid'],
  ['/people/656005750107', undefined],
  ['/oauth2/token', undefined],
  ['/nothing/like/it', undefined],
  [`/${'x'.repeat(5_000)}`, undefined],
];
for (const [path, expected] of table)
  test(`finds ${expected ?? 'nothing'} for ${path.slice(0, 40)}`, () => assert.equal(find(path), expected));
