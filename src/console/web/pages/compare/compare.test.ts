import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Journey } from '../../../../journeys/model.ts';
import { captured, goodJourney, idToken, journeyOf, refusedJourney } from '../journey/testing/journey.ts';
import { compare } from './differences.ts';
import { comparison } from './page.ts';

const withQuery = (query: Record<string, string>): Journey =>
  journeyOf([
    {
      from: 'application',
      to: 'authorisation',
      words: 'Asks for access to an API',
      request: captured({ query: Object.entries(query).map(([name, value]) => ({ name, value })) }),
    },
  ]);

describe('a comparison', () => {
  test('begins with the parameter that was refused', () => {
    const { steps, equal } = compare(refusedJourney(), goodJourney());
    assert.deepEqual(
      steps.map(({ a, b, differences }) => [a?.number, b?.number, differences.map(({ name }) => name)]),
      [
        [7, 7, ['client_secret', 'outcome']],
        [undefined, 8, []],
      ],
    );
    assert.equal(equal, 6);
  });

  test('leaves out values that are new in every journey and names them', () => {
    const { steps, usual } = compare(
      withQuery({ state: 'a', scope: 'x' }),
      withQuery({ state: 'b', scope: 'y' }),
    );
    assert.deepEqual(
      steps[0]?.differences.map(({ name, a, b }) => [name, a, b]),
      [['scope', 'x', 'y']],
    );
    assert.deepEqual(usual, ['state']);
  });

  test('shows a missing parameter even if it is new in every journey', () => {
    const { steps } = compare(withQuery({}), withQuery({ state: 'b' }));
    assert.deepEqual(steps[0]?.differences[0], {
      kind: 'parameter',
      name: 'state',
      a: undefined,
      b: 'b',
      offending: false,
    });
  });

  test('compares claims and durations', () => {
    const journey = (acr: string, durationMs: number) =>
      journeyOf([
        {
          from: 'authorisation',
          to: 'cis2',
          words: 'Exchanges the code for tokens',
          durationMs,
          response: captured({ tokens: [{ ...idToken, claims: { ...idToken.claims, acr } }] }),
        },
      ]);
    const { steps } = compare(journey('AAL3_ANY', 5), journey('AAL2_ANY', 500));
    assert.deepEqual(
      steps[0]?.differences.map(({ kind, name }) => [kind, name]),
      [
        ['claim', 'id_token: acr'],
        ['duration', 'duration'],
      ],
    );
  });

  test('names a token that one journey lacks, without its claims', () => {
    const journey = (tokens: (typeof idToken)[]) =>
      journeyOf([
        {
          from: 'authorisation',
          to: 'cis2',
          words: 'Exchanges the code for tokens',
          response: captured({ tokens }),
        },
      ]);
    const { steps } = compare(journey([]), journey([idToken]));
    assert.deepEqual(
      steps[0]?.differences.map(({ kind, name, a, b }) => [kind, name, a, b]),
      [['claim', 'id_token', undefined, 'a token']],
    );
  });

  test('lists the steps of one journey alone together', () => {
    const shown = String(comparison(refusedJourney(), goodJourney({ id: 'good' })));
    assert.match(
      shown,
      /client_secret.*<h2>Only in B<\/h2>.*step 8<span class="visually-hidden"> of B<\/span><\/a>: Reads a patient/s,
    );
    assert.doesNotMatch(shown, /Only in A/);
  });

  test('reports that nothing differs', () => {
    assert.match(
      String(comparison(goodJourney(), goodJourney({ id: 'other' }))),
      /differ only in values that are new/,
    );
  });
});
