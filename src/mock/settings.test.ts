import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { mockBasePath } from './settings.ts';

const urls = {
  console: '',
  api: 'https://api.test',
  apis: 'https://api.test',
  cis2: 'https://cis2.test',
  identityAgent: '',
  cis: '',
  sample: '',
};
const { others, cis2, nhsLogin } = mockBasePath(urls);

describe('mockBasePath', () => {
  test('signs users in at two realms and accepts the tokens of all', () => {
    assert.equal(cis2.issuer, 'https://cis2.test/realms/Cis2-mock-internal-dev');
    assert.equal(nhsLogin.issuer, 'https://cis2.test/realms/NHS-Login-mock-internal-dev');
    const qa = 'https://cis2.test/realms/Cis2-mock-internal-qa';
    assert.deepEqual(others(qa), {
      cis2: {
        ...cis2,
        issuer: qa,
        authorizeUrl: `${qa}/protocol/openid-connect/auth`,
        tokenUrl: `${qa}/protocol/openid-connect/token`,
        userinfoUrl: `${qa}/protocol/openid-connect/userinfo`,
        jwksUrl: `${qa}/protocol/openid-connect/certs`,
      },
    });
    const citizens = others('https://cis2.test/realms/NHS-Login-mock-sandbox');
    assert.ok(citizens && 'nhsLogin' in citizens);
    assert.equal(citizens.nhsLogin?.providerName, 'apim-mock-nhs-login');
  });

  for (const issuer of [
    'https://evil.test/realms/Cis2-mock-internal-dev',
    'https://cis2.test/realms/Cis2-mock-x/',
    'https://cis2.test/realms/Cis2-mock-',
    'https://cis2.test/realms/Other',
    'https://cis2.test/realms/x/Cis2-mock-internal-dev',
    '',
  ])
    test(`accepts no tokens of the issuer "${issuer}"`, () => assert.equal(others(issuer), undefined));
});
