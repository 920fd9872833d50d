import assert from 'node:assert/strict';
import { emailOf } from '../../../src/cis2/authenticators/shared/accounts.ts';
import { passwordProblem } from '../../../src/cis2/authenticators/shared/rules.ts';
import { shortCodeOf } from '../../../src/cis2/authenticators/tablet/protocol.ts';
import { labelOf, maxLabelLength } from '../../../src/cis2/enrolment/enrolment.ts';
import { searchRoles } from '../../../src/cis2/model/roles.ts';
import { parseClaims } from '../../../src/cis2/openid/authorize/parameters.ts';
import { readScope } from '../../../src/oauth/parameters.ts';
import { readBasic } from '../../../src/oauth/server/client-authentication/client-secret.ts';
import { asText, type FuzzTarget, text } from '../target.ts';

const role = {
  roleId: '555000000001',
  roleCode: 'R8000',
  roleName: '"Clinical":"Clinical Provision":"Nurse"',
  orgId: '1',
  personOrgId: '2',
  orgCode: 'A12345',
  orgName: 'A Surgery',
  activities: [],
  workgroups: [],
  areasOfWork: [],
};

/** Fields that users and applications send to CIS2 are parsed, or refused without an exception. */
export const target: FuzzTarget = {
  name: 'cis2-text',
  corpus: [
    text('robin.tester@example.test'),
    text('a long and unusual password'),
    text('openid profile nationalrbacaccess'),
    text('Basic YTpi'),
    text('{"id_token":{"acr":{"values":["AAL3_ANY"]}}}'),
    text('BCDF-GHJK'),
  ],
  words: ['@', '..', 'a@', '-.', 'Basic ', 'é', 'e\u0301', '\u202e', 'abcd', '""', ' openid'],
  run(bytes) {
    const given = asText(bytes);
    const email = emailOf(given);
    if (email !== undefined) assert.ok(email.length <= 254 && !/\p{C}/u.test(email));
    const problem = passwordProblem(given, given, ['robin', 'tester']);
    if (problem === undefined) assert.ok(given.length <= 1_024);
    assert.ok(labelOf(given, 'other').length <= maxLabelLength);
    searchRoles([role], given);
    shortCodeOf(given);
    readScope(given);
    readBasic(given);
    parseClaims(given);
  },
};
