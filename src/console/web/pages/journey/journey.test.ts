import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parse } from 'parse5';
import { ledgerOf } from '../../../../journeys/ledger.ts';
import type { Journey } from '../../../../journeys/model.ts';
import { duration, titleOf } from '../../../../journeys/text.ts';
import { lanesOf } from '../../../service/exports/arrows.ts';
import { addressOf, viewOf } from './address.ts';
import { meaningOf } from './claims.ts';
import { banner, leadOf, notices, related, sourceLink } from './header.ts';
import { inspector } from './inspector.ts';
import { ledger } from './page.ts';
import { captured, goodJourney, idToken, journeyOf, longJourney, refusedJourney } from './testing/journey.ts';
import { timeOf } from './time.ts';

const now = Date.parse('2026-11-27T07:36:22Z');
const known = { now, parties: new Map([['alongside-platform', 'the API platform']]) };
const view = (journey: Journey, query = '') => viewOf(journey, new URLSearchParams(query));
const ledgerText = (journey: Journey, query = '') => textOf(String(ledger(journey, view(journey, query))));
const inspected = (journey: Journey, query: string) =>
  String(inspector(journey, view(journey, query), known));

/** Returns the text of markup as a reader sees it, with single spaces. */
function textOf(markup: string): string {
  const texts: string[] = [];
  const visit = (node: { value?: string; childNodes?: unknown[] }): void => {
    if (node.value !== undefined) texts.push(node.value);
    for (const child of node.childNodes ?? []) visit(child as typeof node);
  };
  visit(parse(markup) as never);
  return texts.join('').replaceAll(/\s+/g, ' ').trim();
}

const all = { show: 'all', hops: 'one' } as const;

describe('the links of a journey', () => {
  const link = (id: string, why: Journey['links'][number]['why']) => ({
    id,
    why,
    startedAt: '2026-11-27T07:36:22Z',
    headline: `Journey ${id}`,
  });

  test('show the sign-in at the desk, and fold the other journeys of the session into one line', () => {
    const links = [link('desk', 'desk sign-in'), link('a', 'same session'), link('b', 'same session')];
    const [shown = '', folded = ''] = String(related({ links })).split('<details');
    assert.match(textOf(shown), /^Sign-in at the desk, 07:36:22 UTC$/);
    assert.match(textOf(`<details${folded}`), /^2 more in this session\s*Journey a.*Journey b/);
    assert.doesNotMatch(folded, /^[^>]* open/);
  });
});

describe('the rows of a journey', () => {
  test('are grey for an answer that is nobody’s fault, and no refusal', () => {
    const journey = refusedJourney();
    const failed = journey.messages.find(({ refusal }) => refusal);
    const harmless = {
      ...journey,
      messages: journey.messages.map((message) =>
        message === failed && message.refusal
          ? { ...message, refusal: { ...message.refusal, error: 'authorisation.logoutUnknown' } }
          : message,
      ),
    };
    const rowsOf = (of: Journey) => [
      String(ledger(of, view(of))).match(/class="row[^"]* wrong/g)?.length ?? 0,
      String(ledger(of, view(of))).match(/class="row[^"]* calm/g)?.length ?? 0,
    ];
    const [bad = 0] = rowsOf(journey);
    assert.deepEqual(rowsOf(harmless), [bad - 1, 1]);
  });

  test('begin phases in the order of the sign-in', () => {
    const phases = ledgerOf(goodJourney(), all).rows.flatMap(({ phase }) => phase ?? []);
    assert.deepEqual(phases, ['Ask for a sign-in', 'Get tokens', 'Use the API']);
  });

  test('indent calls inside another and span them with a bar on the lane that answers', () => {
    const { rows } = ledgerOf(refusedJourney(), all);
    assert.deepEqual(
      rows.map(({ label, depth, spans }) => [label, depth, spans.map(({ lane, part }) => `${lane} ${part}`)]),
      [
        ['1', 0, []],
        ['2', 0, []],
        ['3', 0, ['authorisation start']],
        ['4', 1, ['authorisation middle']],
        ['5', 1, ['authorisation end']],
        ['6', 0, []],
        ['7', 0, []],
      ],
    );
  });

  test('draw both hops of each redirect through the browser on request', () => {
    const { rows, lanes } = ledgerOf(refusedJourney(), { show: 'redirects', hops: 'every' });
    assert.deepEqual(lanes, ['browser', 'application', 'authorisation', 'cis2']);
    assert.deepEqual(
      rows.slice(0, 2).map(({ label, from, to }) => [label, from, to]),
      [
        ['1.1', 'application', 'browser'],
        ['1.2', 'browser', 'authorisation'],
      ],
    );
  });

  test('mark only a time without messages above 250 ms as a pause', () => {
    const pauses = ledgerOf(refusedJourney(), all).rows.map(({ pause }) => pause);
    assert.deepEqual(pauses, [undefined, undefined, undefined, undefined, undefined, undefined, 587]);
  });

  test('survive messages that name each other as parents', () => {
    const journey = journeyOf([
      { from: 'cis', to: 'cis2', words: 'Calls', parent: 'message-2' },
      { from: 'cis2', to: 'cis', words: 'Calls back', parent: 'message-1' },
      { from: 'cis2', to: 'cis', words: 'Calls itself', parent: 'message-3' },
    ]);
    assert.equal(ledgerOf(journey, all).rows.at(-1)?.message.words, 'Calls itself');
  });
});

describe('the time of a journey', () => {
  test('is split by the party that answered, without the time of the calls that it made', () => {
    assert.deepEqual(timeOf(refusedJourney()), [
      { party: 'outside', ms: 654 - 7 - 9 - 24 - 6 },
      { party: 'authorisation', ms: 7 + (24 - 5 - 4) + 6 },
      { party: 'cis2', ms: 9 + 5 + 4 },
    ]);
  });

  test('is written as people read it', () => {
    const written = [0, 999, 1_020, 12_400, 125_000, 7_260_000, 259_200_000].map(duration);
    assert.deepEqual(written, ['0 ms', '999 ms', '1.02 s', '12 s', '2 min 5 s', '2 h 1 min', '3 days']);
  });
});

describe('the ledger', () => {
  test('names sender, receiver, kind, time and outcome of each row in text', () => {
    const text = ledgerText(refusedJourney());
    assert.match(text, /Asks for access to an API.*Application → to Authorisation, redirect, 0 ms/);
    assert.match(text, /CIS2, call, 42 ms, inside another step/);
    assert.match(
      text,
      /Exchanges the code for tokens: the client secret is wrong.*Application → to Authorisation, call, 648 ms, refused/,
    );
    assert.match(text, /587 ms outside Alongside/);
  });

  test('hides every drawing from assistive technology, without inline styles', () => {
    const markup = String(ledger(refusedJourney(), view(refusedJourney())));
    assert.doesNotMatch(markup, / style=/);
    const drawings = markup.match(/<svg class="(arrow|lane-lines)"[^>]*>/g) ?? [];
    assert.equal(drawings.length, 8);
    assert.ok(drawings.every((drawing) => drawing.includes('aria-hidden="true"')));
  });

  test('distinguishes outcomes without colour', () => {
    const journey = journeyOf([
      { from: 'application', to: 'cis2', words: 'Asks', outcome: 'failed', status: null, durationMs: 10_000 },
      { from: 'cis2', to: 'application', words: 'Returns', kind: 'redirect', outcome: 'lost' },
      {
        from: 'person',
        to: 'identity-agent',
        words: 'Enters PIN: wrong, 2 attempts left',
        kind: 'act',
        outcome: 'refused',
      },
    ]);
    const text = ledgerText(journey);
    assert.match(text, /Asks: no answer after 10 s/);
    assert.match(text, /Returns: never arrived/);
    assert.match(text, /Enters PIN: wrong, 2 attempts left/);
    const arrows =
      String(ledger(journey, view(journey))).match(/<g class="(call|redirect|act) \w+">.*?<\/g>/g) ?? [];
    const shapes = arrows.slice(0, 3).map((arrow) => arrow.replaceAll(/[\d.-]+|class="\w+"/g, ''));
    assert.equal(new Set(shapes).size, 3);
  });

  test('shows markup, directional marks and very long texts as text of limited length', () => {
    const journey = journeyOf([
      {
        from: 'application',
        to: 'cis2',
        words: `<b>\u202e${'x'.repeat(10_000)}\u0000`,
        route: '/"onclick="',
      },
    ]);
    const markup = String(ledger(journey, view(journey)));
    assert.doesNotMatch(markup, /<b>\u202e|"onclick/);
    assert.ok(!markup.includes('\u0000'));
    assert.ok(markup.length < 4_000);
  });

  test('lists very many rows in groups, and more than 1,000 on pages', () => {
    const journey = longJourney(1_200);
    const first = String(ledger(journey, view(journey)));
    assert.equal(first.match(/<ol/g)?.length, 10);
    assert.match(textOf(first), /Page 1 of 2 Later rows/);
    const second = String(ledger(journey, view(journey, 'page=2')));
    assert.match(second, /<ol start="1001"/);
    assert.equal(second.match(/<li>/g)?.length, 200);
    assert.match(String(ledger(journey, view(journey, 'step=1100'))), /Page 2 of 2/);
  });

  test('keeps names of neighbouring lanes apart', () => {
    const { lines, x } = lanesOf({
      lanes: ['application', 'authorisation', 'cis2', 'identity-agent', 'cis', 'api:personal-demographics'],
    });
    assert.ok(lines > 1);
    assert.deepEqual(
      [...x.values()].toSorted((a, b) => a - b),
      [...x.values()],
    );
  });

  test('offers all steps when none is of the chosen kind', () => {
    assert.match(ledgerText(goodJourney(), 'show=refused'), /No step of this kind. Show all 8 steps/);
  });
});

describe('the address of a journey', () => {
  test('opens the refused step, and none after it is closed', () => {
    const journey = refusedJourney();
    assert.equal(view(journey).step, 7);
    assert.equal(view(journey, 'step=0').step, undefined);
    assert.equal(addressOf(view(journey), { step: undefined }), '?step=0');
  });

  test('keeps filter, hops and tab when a step is opened', () => {
    const address = addressOf(view(goodJourney(), 'step=7&tab=request&show=redirects&hops=every'), {
      step: 3,
    });
    assert.equal(address, '?step=3&tab=request&show=redirects&hops=every');
  });

  test('ignores values that no link contains', () => {
    const chosen = view(goodJourney(), 'step=7e9&tab=__proto__&show=constructor&page=-1');
    assert.deepEqual(
      [chosen.step, chosen.tab, chosen.show, chosen.page],
      [undefined, undefined, 'all', undefined],
    );
  });
});

describe('the header of a journey', () => {
  test('names person, application, pattern, time, role and level', () => {
    const journey = goodJourney();
    assert.equal(titleOf(journey), 'Dr Harriet Quillfeather at Clinic Express');
    assert.equal(
      textOf(String(leadOf(journey))),
      'Combined pattern · 27 Nov 2026, 07:34:02 UTC · 8 requests in 664 ms · General Medical Practitioner at Example Surgery (A9A5A) · AAL3, smartcard',
    );
  });

  test('explains a refusal: the received and the expected value, the remedy and the actor', () => {
    const journey = refusedJourney();
    const text = textOf(String(banner(journey, view(journey))));
    assert.match(text, /Step 7 was refused: the client secret is wrong/);
    assert.match(
      text,
      /Received.*begins with wron.*Expected.*43 characters.*What to do.*Put the current secret/,
    );
    assert.match(text, /Who acts ?the developer of Clinic Express · authorisation.clientOrSecret/);
  });

  test('names a moved clock and faults', () => {
    const touched = goodJourney({ isClockMoved: true, faults: ['pds-slow'] });
    const text = textOf(String(notices(touched, view(touched))));
    assert.match(text, /The clock was moved. Faults hit this journey: pds-slow./);
    assert.equal(notices(goodJourney(), view(goodJourney())), undefined);
  });

  test('marks a level that CIS2 does not offer, in the journey, its step and its request', () => {
    const journey = goodJourney();
    const [first, second] = journey.messages;
    assert.ok(first && second);
    const asks = { name: 'acr_values', value: 'AAL3_CARDS' };
    Object.assign(first, { request: captured({ query: [asks, { name: 'state', value: 'AAL3_CARDS' }] }) });
    Object.assign(second, {
      events: [{ name: 'cis2.authorize', outcome: 'ok', detail: { ignoredAcr: 'AAL3_CARDS' } }],
    });
    assert.match(
      textOf(String(notices(journey, view(journey)))),
      /Step 2 asks for the level AAL3_CARDS. CIS2 does not offer it, so it has no effect: this sign-in has AAL3, smartcard\./,
    );
    assert.equal([...ledgerText(journey).matchAll(/level ignored/g)].length, 1);
    const text = textOf(inspected(journey, 'step=1&tab=request'));
    assert.match(text, /acr_values=AAL3_CARDS ignored/);
    assert.doesNotMatch(text, /state=AAL3_CARDS ignored/);
  });

  test('links the source of a rule only to where it is published', () => {
    assert.match(
      String(sourceLink('RFC 6749 section 5.2')),
      /href="https:\/\/www.rfc-editor.org\/rfc\/rfc6749#section-5.2"/,
    );
    assert.doesNotMatch(String(sourceLink('javascript:alert(1)')), /href/);
  });
});

describe('the inspector', () => {
  test('marks the value that was refused and links the code to the step that issued it', () => {
    const markup = inspected(refusedJourney(), 'tab=request');
    assert.match(markup, /<mark class="offending"><bdi>wron… \(31\)<\/bdi><\/mark>/);
    assert.match(textOf(markup), /code=JPIs… \(32\) from step 6/);
    assert.match(textOf(markup), /Answer: 401, application\/json, 6 ms.*"error": "invalid_client"/);
  });

  test('links a token in a JSON body to the step that used it', () => {
    assert.match(textOf(inspected(goodJourney(), 'step=7&tab=response')), /"aaaa… \(28\)" used in step 8/);
    assert.match(
      textOf(inspected(goodJourney(), 'step=8')),
      /authorization: Bearer aaaa… \(28\) from step 7/,
    );
  });

  test('explains each claim', () => {
    const text = textOf(inspected(goodJourney(), 'step=4&tab=tokens'));
    assert.match(text, /✓ Signature holds: RS256, key B-rRus7cD29tSdVNveQo of CIS2/);
    assert.match(text, /sub656005750108Dr Harriet Quillfeather/);
    assert.match(text, /audalongside-platformthe API platform/);
    assert.match(text, /exp1795768442\s?08:34:02 UTC, valid for 1 h, 58 min from now/);
    assert.match(text, /07:34:01 UTC, when the PIN was given, 1 s before the token was issued/);
    assert.match(text, /N3_SMARTCARD.*smartcard, first generation/);
    assert.match(text, /General Medical Practitioner at Example Surgery \(A9A5A\)/);
    assert.match(text, /1 more claim/);
  });

  test('names the role of a token from the userinfo that the journey read', () => {
    const role = {
      person_roleid: '555010842101',
      org_code: 'A9A5A',
      role_name: '"Clinical":"Medical":"General Medical Practitioner"',
    };
    const journey = goodJourney({ role: null });
    const withUserinfo = (claims: object) => ({
      ...journey,
      messages: journey.messages.map((message) =>
        message.name === 'cis2.userinfo'
          ? { ...message, response: captured({ body: JSON.stringify(claims) }) }
          : message,
      ),
    });
    const shown = withUserinfo({
      nhsid_nrbac_roles: [role],
      nhsid_user_orgs: [{ org_code: 'A9A5A', org_name: 'Example Surgery' }],
    });
    const named = /General Medical Practitioner at Example Surgery \(A9A5A\)/;
    assert.match(textOf(inspected(shown, 'step=4&tab=tokens')), named);
    assert.match(textOf(String(leadOf(shown))), named);
    const withoutNames = withUserinfo({ nhsid_nrbac_roles: [role] });
    assert.match(textOf(String(leadOf(withoutNames))), /Practitioner at A9A5A · /);
    const stored = { ...withoutNames, role: goodJourney().role };
    assert.match(textOf(inspected(stored, 'step=4&tab=tokens')), named);
    assert.doesNotMatch(textOf(String(leadOf(journey))), /Practitioner/);
  });

  test('names an expired token, milliseconds and clocks that differ', () => {
    const journey = goodJourney();
    const message = journey.messages[3];
    assert.ok(message);
    const context = { ...known, journey, message, token: idToken };
    const sent = Date.parse(message.startedAt) / 1000;
    assert.match(
      String(meaningOf('exp', Math.floor(sent) - 20, context)),
      /expired 20 s before this request/,
    );
    assert.match(String(meaningOf('exp', sent * 1000, context)), /milliseconds/);
    assert.match(String(meaningOf('iat', Math.ceil(sent) + 60, context)), /the clocks differ/);
    assert.match(String(meaningOf('exp', 'soon', context)), /not a number/);
  });

  test('gives the reason for which a message was not captured', () => {
    const journey = journeyOf([
      {
        from: 'application',
        to: 'cis2',
        words: 'Asks',
        request: null,
        response: null,
        notCaptured: 'Production captures nothing.',
      },
    ]);
    assert.match(textOf(inspected(journey, 'step=1')), /Not captured. Production captures nothing./);
  });

  test('leaves out the request of an act and the reason of a success', () => {
    const journey = journeyOf([
      { from: 'person', to: 'identity-agent', words: 'Enters PIN', kind: 'act', request: captured() },
    ]);
    const text = textOf(inspected(journey, 'step=1'));
    assert.doesNotMatch(text, /Request|Reason/);
    assert.match(text, /Event/);
  });
});
