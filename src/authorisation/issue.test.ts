import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '@alongside/kernel/clock';
import { Vault } from '@alongside/kernel/secrets';
import { Tokens } from '../oauth/tokens.ts';
import { AuditLog } from '../storage/audit.ts';
import { openDatabase } from '../storage/dialects.ts';
import type { Base } from './base.ts';
import { Issuer } from './issue.ts';

test('secondsLeft returns the published seconds, even after a slow write', async () => {
  const clock = new ManualClock(Date.UTC(2026, 6, 1));
  const database = await openDatabase(':memory:', '');
  const issuer = new Issuer({ issuer: 'x' } as Base, {
    tokens: new Tokens(database, clock, new Vault(Buffer.alloc(32, 7))),
    clock,
    audit: new AuditLog(database, clock, new Vault(Buffer.alloc(32, 7))),
  });
  const expiresAt = clock.now() + 600_000;
  const left = [0, 0.001, 0.998, 0.001, 0.5, 598, 1, 100].map((seconds) => {
    clock.advance(seconds);
    return issuer.secondsLeft(expiresAt);
  });
  assert.deepEqual(left, [599, 599, 599, 598, 598, 0, 0, 0]);
  await database.close();
});
