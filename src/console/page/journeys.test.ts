import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { JourneyEvent, Party } from '@alongside/kernel/events';
import { sequenceDiagram } from './diagram.ts';
import { journeysOf, journeysPart } from './journeys.ts';

let seq = 0;
const event = (
  journey: string,
  name: string,
  from: Party = 'application',
  to: Party = 'cis2',
  more: Partial<JourneyEvent> = {},
): JourneyEvent => ({
  seq: ++seq,
  journey,
  at: '2026-03-02T09:00:00.000Z',
  from,
  to,
  name,
  outcome: 'ok',
  detail: {},
  ...more,
});

describe('journeysOf', () => {
  test('returns the journey with the newest event first, its events in order', () => {
    const events = [event('a', '1'), event('b', '2'), event('c', '3'), event('a', '4')];
    assert.deepEqual(
      journeysOf(events).map(({ id, events: own }) => [id, own.map(({ name }) => name).join('')]),
      [
        ['a', '14'],
        ['c', '3'],
        ['b', '2'],
      ],
    );
  });
});

describe('journeysPart', () => {
  test('explains an empty list', () => {
    assert.match(String(journeysPart([], undefined)), /Nothing has happened yet/);
  });

  test('draws the chosen journey, and the newest for an unknown choice', () => {
    const journeys = journeysOf([event('a', 'first'), event('b', 'second')]);
    assert.match(String(journeysPart(journeys, 'a')), /The selected journey/);
    assert.match(String(journeysPart(journeys, 'x')), /The newest journey/);
  });
});

describe('sequenceDiagram', () => {
  const drawn = (...events: JourneyEvent[]) => String(sequenceDiagram({ id: 'journey-1', events }));
  const count = (text: string, part: RegExp) => [...text.matchAll(part)].length;

  test('has a lane for each party, in the order of the chain', () => {
    const names = [...drawn(event('a', 'x')).matchAll(/lane-name"[^>]*>([^<]+)</g)].map(([, name]) => name);
    assert.deepEqual(names, [
      'Browser',
      'Application',
      'Authorisation',
      'CIS2',
      'Identity Agent',
      'CIS',
      'Gateway',
      'PDS',
    ]);
    assert.match(drawn(event('a', 'agent.pin', 'console', 'identity-agent')), />Console</);
  });

  test('has a title and a description', () => {
    const svg = drawn(event('a', 'x'));
    assert.match(svg, /role="img" aria-labelledby="diagram-title diagram-about"/);
    assert.match(svg, /<title id="diagram-title">Sequence diagram of journey journey-/);
    assert.match(svg, /<desc id="diagram-about">1 of 1 steps/);
  });

  test('dashes only redirects and colours refusals', () => {
    const svg = drawn(
      event('a', 'cis2.authorize'),
      event('a', 'cis2.token', 'application', 'cis2', { outcome: 'refused' }),
    );
    assert.equal(count(svg, /class="arrow redirect ok"/g), 1);
    assert.equal(count(svg, /class="arrow call refused"/g), 1);
  });

  test('bends an arrow that returns to its sender', () => {
    assert.match(
      drawn(event('a', 'agent.card-inserted', 'identity-agent', 'identity-agent')),
      /<path class="line"/,
    );
  });

  test('keeps every label inside the picture', () => {
    const long = 'a'.repeat(60);
    const svg = drawn(event('a', long, 'browser', 'application'), event('a', long, 'gateway', 'pds'));
    const width = Number(/viewBox="0 0 ([\d.]+)/.exec(svg)?.[1]);
    for (const [, x] of svg.matchAll(/<text x="([\d.]+)" y="[\d.]+" text-anchor="middle">\d/g))
      assert.ok(Number(x) > 190 && Number(x) < width - 190);
  });

  test('draws a long journey up to a limit and gives the total', () => {
    const svg = drawn(...Array.from({ length: 100 }, () => event('a', 'x')));
    assert.match(svg, /60 of 100 steps/);
    assert.equal(count(svg, /class="arrow/g), 60);
  });

  test('escapes markup in an event', () => {
    const evil = '"><script>x</script>';
    const page = String(
      journeysPart(
        [{ id: 'a', events: [event('a', evil, 'browser', 'cis2', { detail: { note: evil } })] }],
        undefined,
      ),
    );
    assert.doesNotMatch(page, /<script/);
  });
});
