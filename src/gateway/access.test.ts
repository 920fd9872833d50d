import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type Ask, inProcess } from '@alongside/kernel/in-process';
import { silentLog } from '@alongside/kernel/log';
import fc from 'fast-check';
import { Applications } from '../oauth/applications.ts';
import { Developers } from '../oauth/developers.ts';
import { Products } from '../oauth/products.ts';
import type { Database } from '../storage/database.ts';
import { openDatabase } from '../storage/dialects.ts';
import { createGateway } from './index.ts';
import { pdsBase, type RunningGateway, requestId, role, scopes, startGateway } from './testing/gateway.ts';

const hello = 'urn:nhsd:apim:app:level3:hello-world';
const weak = 'urn:nhsd:apim:user-nhs-login:P0:personal-demographics-service';
const tokenScopes = [scopes.user, scopes.application, scopes.patient, `${scopes.user} ${weak}`, hello, ''];
const noQuota = { quota: { enabled: true, limit: 0, interval: 1, timeunit: 'minute' } };
const paths = ['/hello-world/hello/application', `${pdsBase}/Patient/9000000009`, `${pdsBase}/Coverage`];

/** A change of the rows on which the access of an application depends. */
const changes = fc.oneof(
  fc.record({ kind: fc.constant('application' as const), isApproved: fc.boolean() }),
  fc.record({ kind: fc.constant('developer' as const), isActive: fc.boolean() }),
  fc.record({ kind: fc.constant('approval' as const), isApproved: fc.boolean() }),
  fc.record({
    kind: fc.constant('product' as const),
    apis: fc.subarray(['personal-demographics', 'hello-world']),
    isLimited: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('attribute' as const), isLimited: fc.boolean(), mayUpdate: fc.boolean() }),
  fc.record({ kind: fc.constant('revocation' as const), token: fc.nat(tokenScopes.length - 1) }),
);
type Change = typeof changes extends fc.Arbitrary<infer C> ? C : never;

describe('the compiled access of an application', () => {
  const folder = mkdtempSync(join(tmpdir(), 'alongside-access-'));
  let gateway: RunningGateway;
  let elsewhere: Database;
  before(async () => {
    gateway = await startGateway({}, `sqlite:${join(folder, 'access.db')}`);
    elsewhere = await openDatabase(`sqlite:${join(folder, 'access.db')}`, '');
    await new Developers(elsewhere).add({
      id: 'tests',
      name: 'Tests',
      status: 'active',
      kind: 'developer',
      email: '',
    });
  });
  after(async () => {
    await elsewhere.close();
    await gateway.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Makes a change through one of two processes. */
  async function make(change: Change, database: Database, tokens: readonly string[]): Promise<void> {
    const { clock } = gateway;
    const applications = new Applications(database, clock);
    const application = await applications.get('full');
    assert.ok(application?.platform);
    const { platform, revision } = application;
    if (change.kind === 'application')
      await applications.replace(
        { ...application, status: change.isApproved ? 'approved' : 'revoked' },
        revision,
      );
    else if (change.kind === 'approval') {
      const status = change.isApproved ? 'approved' : 'revoked';
      const products = platform.products.map((product) => ({ ...product, status }) as const);
      await applications.replace({ ...application, platform: { ...platform, products } }, revision);
    } else if (change.kind === 'attribute') {
      const attributes = {
        'apim-app-flow-vars': JSON.stringify({ pds: { 'app-restricted': { update: change.mayUpdate } } }),
        ...(change.isLimited ? { ratelimiting: JSON.stringify({ app: noQuota }) } : {}),
      };
      await applications.replace({ ...application, platform: { ...platform, attributes } }, revision);
    } else if (change.kind === 'developer') {
      const developers = new Developers(database);
      const developer = await developers.get('tests');
      assert.ok(developer);
      const status = change.isActive ? 'active' : 'inactive';
      await developers.replace({ ...developer, status }, developer.revision);
    } else if (change.kind === 'product') {
      const limits = change.isLimited ? noQuota : null;
      await new Products(database).save({
        name: 'pds',
        apis: change.apis,
        scopes: Object.values(scopes),
        limits,
      });
    } else await database.run(gateway.tokens.revokeStatement(tokens[change.token] ?? ''));
  }

  /** Returns a new gateway. */
  async function cold(): Promise<Ask> {
    const { dependencies } = gateway;
    const service = await createGateway({ ...dependencies, log: silentLog });
    return inProcess(service.routes, { log: silentLog });
  }

  test('accepts and refuses after any change what a gateway does that has cached nothing', async () => {
    const warm = await cold();
    const statuses = new Set<number>();
    const steps = fc.array(fc.tuple(changes, fc.boolean()), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(steps, async (run) => {
        const tokens = await Promise.all(tokenScopes.map((scope) => gateway.issue({ scope })));
        for (const [change, isOfOther] of run) {
          await make(change, isOfOther ? elsewhere : gateway.database, tokens);
          const fresh = await cold();
          for (const token of tokens)
            for (const path of paths) {
              const headers = {
                authorization: `Bearer ${token}`,
                'x-request-id': requestId,
                'nhsd-session-urid': role,
              };
              const [ours, theirs] = [await warm(path, { headers }), await fresh(path, { headers })];
              statuses.add(ours.status);
              const where = JSON.stringify({ change, isOfOther, path });
              assert.deepEqual(ours, theirs, where);
            }
        }
      }),
      { numRuns: 25 },
    );
    assert.ok(statuses.has(200) && statuses.has(401) && statuses.has(403), [...statuses].join());
  });
});
