import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Cutter, markKey } from './cut.ts';
import type { Field } from './model.ts';

/** Returns a body as it is kept, and the names of the secrets in it. */
function kept(body: unknown): { body: unknown; secrets: string[] } {
  const members: Field[] = [];
  const cut = new Cutter(markKey()).json(body, members);
  return { body: cut, secrets: members.map(({ name }) => name) };
}

const secret = 'SplxlOBeZQQYbYS6WxSbIAq7';
const system = 'https://fhir.nhs.uk/R4/CodeSystem/Spine-ErrorOrWarningCode';

describe('Cutter.json', () => {
  test('keeps the codes of a FHIR outcome', () => {
    const outcome = {
      resourceType: 'OperationOutcome',
      issue: [
        { severity: 'error', code: 'forbidden', details: { coding: [{ system, code: 'ACCESS_DENIED' }] } },
        {
          severity: 'error',
          code: 'not-found',
          details: { coding: [{ system, code: 'RESOURCE_NOT_FOUND' }] },
        },
      ],
    };
    assert.deepEqual(kept(outcome), { body: outcome, secrets: [] });
  });

  test('cuts a code of OAuth, also inside a FHIR outcome', () => {
    for (const body of [
      { code: secret },
      { code: 'forbidden' },
      { issue: [{ severity: 'error', code: 'forbidden' }] },
      { resourceType: 'OperationOutcome', code: 'forbidden' },
      { resourceType: 'OperationOutcome', issue: [{ severity: 'error', code: secret }] },
      { resourceType: 'OperationOutcome', issue: [{ code: 'forbidden' }] },
      { resourceType: 'OperationOutcome', issue: [{ details: { coding: [{ system, code: secret }] } }] },
      { resourceType: 'OperationOutcome', issue: [{ details: { coding: [{ code: 'ACCESS_DENIED' }] } }] },
    ]) {
      const { body: cut, secrets } = kept(body);
      assert.deepEqual(secrets, ['code'], JSON.stringify(body));
      assert.ok(!JSON.stringify(cut).includes(secret));
      assert.doesNotMatch(JSON.stringify(cut), /"(?:forbidden|ACCESS_DENIED)"/);
    }
  });
});

test('Cutter cuts what the route declares, whatever its name', () => {
  const cutter = new Cutter(markKey(), ['colour']);
  assert.ok(cutter.field('colour', secret).mark);
  assert.equal(new Cutter(markKey()).field('colour', secret).value, secret);
});
