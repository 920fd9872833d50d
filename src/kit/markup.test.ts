import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { contentOf, formOf, formsOf, linksOf, refreshOf, sendsItself, textOf } from './markup.ts';

const url = new URL('https://app.test/page');

describe('an HTML page', () => {
  test('has forms with attributes that are unquoted, in single quotes or in capitals', () => {
    const body = `<FORM ACTION=/callback METHOD=post>
      <input name=state value=abc&amp;d><INPUT NAME='code' VALUE='1 > 0'><input value=nameless>
      <textarea name=note>two &lt; three</textarea></FORM>`;
    const form = formOf({ body, url });
    assert.deepEqual(
      [form?.method, form?.action.href, form?.fields],
      [
        'POST',
        'https://app.test/callback',
        [
          ['state', 'abc&d'],
          ['code', '1 > 0'],
          ['note', 'two < three'],
        ],
      ],
    );
  });

  test('ignores forms, links and refreshes in a comment, a script or a template', () => {
    const body = `<!-- <form action=/a></form><a href=/b> --><script>"<form action=/c></form>"</script>
      <template><form action=/d></form></template><p title="<form action=/e>">`;
    assert.deepEqual([formsOf({ body, url }), linksOf({ body, url })], [[], []]);
  });

  test('has links relative to its base, and a refresh without quotes', () => {
    const body = `<base href=https://other.test/x/><a href=y>1</a><a href=/z>2</a>
      <meta http-equiv=Refresh content=0;url=/next>`;
    assert.deepEqual(
      linksOf({ body, url }).map(({ href }) => href),
      ['https://other.test/x/y', 'https://other.test/z'],
    );
    assert.equal(refreshOf({ body, url })?.href, 'https://app.test/next');
  });

  test('submits itself by a script or on load, but not by a click', () => {
    for (const [body, expected] of [
      ['<form id=f></form><script>document.forms[0].submit()</script>', true],
      ['<body onload=document.forms[0].submit()><form></form>', true],
      ['<form><button onclick="form.submit()">Go</button></form>', false],
      ['<form></form><!-- <script>document.forms[0].submit()</script> -->', false],
    ] as const)
      assert.equal(sendsItself({ body, url }), expected, body);
  });

  test('shows its decoded texts and values, and its main part as text', () => {
    const body = `<title>T</title><nav>Menu</nav><main>Se&ntilde;or <b>O&#39;Hara</b><script>hidden()</script></main>`;
    assert.match(contentOf(body), /Señor/);
    assert.equal(textOf(body).replace(/\s+/g, ' ').trim(), "Señor O'Hara");
    assert.match(contentOf('<input value="656005750107">'), /656005750107/);
  });

  test('is parsed in linear time', () => {
    const body = '<div><form action=x>'.repeat(20_000);
    const start = process.cpuUsage().user;
    formsOf({ body, url });
    contentOf(body);
    assert.ok(process.cpuUsage().user - start < 10_000_000);
  });
});

describe('a JSON response', () => {
  test('shows its names and values, without forms or links', () => {
    const body = JSON.stringify({ user: { name: 'Zoë "Z" <form action=/x>', uid: 656005750107 }, in: true });
    const escaped = body.replace('ë', '\\u00eb');
    assert.match(contentOf(escaped), /Zoë "Z"/);
    assert.match(contentOf(escaped), /656005750107/);
    assert.deepEqual([formsOf({ body, url }), linksOf({ body, url })], [[], []]);
    assert.equal(refreshOf({ body, url }), undefined);
    assert.equal(textOf(body), body);
  });
});
