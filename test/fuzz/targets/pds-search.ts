import assert from 'node:assert/strict';
import { readCriteria } from '../../../src/gateway/apis/pds/search/criteria.ts';
import { asText, type FuzzTarget, orRefused, text } from '../target.ts';

export const target: FuzzTarget = {
  name: 'pds-search',
  corpus: [
    text(
      'family=Smith&gender=female&birthdate=eq2010-10-22&email=jane.smith%40example.test&phone=01632960587',
    ),
    text(
      'family=Sm*&given=Jane&given=Marie&birthdate=ge2010-10-21&birthdate=le2010-10-23&_fuzzy-match=false',
    ),
    text(
      '_fuzzy-match=true&family=Smith&given=Jane&birthdate=2010-10-22&address-postalcode=LS1%206AE&_max-results=5',
    ),
  ],
  words: [
    '&birthdate=',
    'eq',
    'ge',
    '2010-02-30',
    '*',
    '&_history=true',
    '&_exact-match=',
    '&_max-results=',
    '%00',
    '&given=',
  ],
  run(bytes) {
    const criteria = orRefused(['OutcomeError', 'Outcome', 'Refusal'], () => readCriteria(asText(bytes)));
    if (!criteria) return;
    assert.ok(criteria.birthDate.length > 0 && criteria.maxResults >= 1 && criteria.maxResults <= 50);
    assert.ok(
      [...criteria.birthDate, ...criteria.deathDate].every(({ day }) => /^\d{4}-\d\d-\d\d$/.test(day)),
    );
  },
};
