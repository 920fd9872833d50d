import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type OutcomeBody, pdsBase, type RunningGateway, startGateway } from './testing/gateway.ts';

const one = '555254240100';
const two = '555254240101';
const selected = '555254242105';

interface Case {
  name: string;
  /** Roles stored at sign-in; undefined if unknown. */
  ids?: string;
  selected?: string;
  grant?: 'token_exchange';
  provider?: string;
  header?: string;
  /** The role for the back end, or the value that the refusal names. */
  role?: string;
  refused?: string;
  rule?: string;
  unchecked?: true;
}

// biome-ignore format: a table reads best one row a line
const cases: Case[] = [
  { name: 'selected at sign-in, no header', ids: `${one} ${selected}`, selected, role: selected },
  { name: 'selected at sign-in, another of the person by header', ids: `${one} ${selected}`, selected, header: one, role: one },
  { name: 'one role, no header', ids: one, role: one },
  { name: 'one role, an empty header', ids: one, header: '', role: one },
  { name: 'several roles, one of them by header', ids: `${one} ${two}`, header: two, role: two },
  { name: 'several roles, no header', ids: `${one} ${two}`, refused: '', rule: 'gateway.rolesSeveral' },
  { name: 'no role anywhere', ids: '', refused: '', rule: 'gateway.roleNone' },
  { name: 'roles never learned, combined', refused: '', rule: 'gateway.roleNone' },
  { name: 'malformed roles', ids: 'R8000', refused: '', rule: 'gateway.rolesMalformed' },
  { name: "somebody else's role", ids: one, header: two, refused: two, rule: 'gateway.roleInvalid' },
  { name: 'a role that only begins like the person\'s', ids: one, header: one.slice(0, -1), refused: one.slice(0, -1), rule: 'gateway.roleInvalid' },
  { name: 'two roles in one header', ids: `${one} ${two}`, header: `${one} ${two}`, refused: `${one} ${two}`, rule: 'gateway.roleInvalid' },
  { name: 'after an exchange, the selected one', grant: 'token_exchange', selected, role: selected },
  { name: 'after an exchange, the selected one by header', grant: 'token_exchange', selected, header: selected, role: selected },
  { name: 'after an exchange, a role that is not the person\'s', grant: 'token_exchange', selected, header: one, refused: one, rule: 'gateway.roleInvalid' },
  { name: 'after an exchange, roles known from CIS', grant: 'token_exchange', ids: `${one} ${two}`, header: one, role: one },
  { name: 'after an exchange, none known: passed and marked', grant: 'token_exchange', header: one, role: one, unchecked: true },
  { name: 'after an exchange, none known and no role id', grant: 'token_exchange', header: 'invalid', refused: 'invalid', rule: 'gateway.roleInvalid' },
  { name: 'a citizen, no header', provider: 'nhs-login', refused: '', rule: 'gateway.roleNotInToken' },
  { name: 'a citizen, with a header', provider: 'apim-mock-nhs-login', header: one, refused: one, rule: 'gateway.noUserInfo' },
];

describe("the user's role", () => {
  let gateway: RunningGateway;
  before(async () => {
    gateway = await startGateway();
  });
  after(() => gateway.stop());

  for (const row of cases)
    test(`is ${row.rule ?? row.role}: ${row.name}`, async () => {
      const token = await gateway.issue({
        attributes: {
          auth_grant_type: row.grant ?? 'authorization_code',
          auth_provider: row.provider ?? 'nhs-cis2',
          ...(row.ids !== undefined && { 'alongside.role_ids': row.ids }),
          ...(row.selected !== undefined && { 'id_token-selected_roleid': row.selected }),
        },
      });
      const headers: Record<string, string> =
        row.header === undefined ? {} : { 'NHSD-Session-URID': row.header };
      const answer = await gateway.call(`${pdsBase}/Patient/9000000009`, { token, headers });
      const line = gateway.lines.findLast(({ message }) => message === 'call')?.fields ?? {};
      if (row.refused === undefined) {
        assert.equal(answer.status, 200);
        assert.equal(line.role, row.role);
        assert.equal(line.roleUnchecked, row.unchecked);
        return;
      }
      assert.equal(answer.status, 400);
      assert.equal(line.decision, row.rule);
      const [issue] = ((await answer.json()) as OutcomeBody).issue;
      assert.deepEqual(issue, {
        severity: 'error',
        code: 'value',
        details: {
          coding: [
            {
              system: 'https://fhir.nhs.uk/R4/CodeSystem/Spine-ErrorOrWarningCode',
              version: '1',
              code: 'INVALID_VALUE',
              display: 'Provided value is invalid',
            },
          ],
        },
        diagnostics: `Invalid value - '${row.refused}' in header 'NHSD-Session-URID'. Refer to the guidance for this header in our API Specification https://digital.nhs.uk/developer/api-catalogue/personal-demographics-service-fhir`,
      });
      assert.equal(answer.headers.get('x-request-id'), null, 'the published rule for roles mirrors no ids');
    });
});
