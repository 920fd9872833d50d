import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readStepLists } from '../../scripts/docs/step-lists.ts';
import { endpointLists } from '../../src/cis2/openid/routes.ts';

const read = readStepLists(['src/cis2/openid/**/*.ts']);

describe('readStepLists', () => {
  for (const list of Object.values(endpointLists))
    test(`reads the steps and checks of ${list.name} as they run`, () => {
      const found = read.find(({ name }) => name === list.name);
      assert.deepEqual(
        found?.steps.map(({ name }) => name),
        list.names,
      );
      assert.deepEqual(
        found?.steps.map(({ check }) => check).filter((check) => check !== undefined),
        list.checks,
      );
    });
});
