import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { asMdx, withTabs } from '../../scripts/site/tabs.ts';
import { clone, pages } from '../pages/blocks.ts';

// The tabs of the documentation site. `npm run site -- --test` looks at them in Chromium.

const sh = (code: string) => `\`\`\`sh\n${code}\n\`\`\`\n`;
const powershell = (code: string) => `\`\`\`powershell\n${code}\n\`\`\`\n`;

/** Returns the label and the content of each tab. */
const tabsOf = (page: string) =>
  [...withTabs(page).matchAll(/<TabItem label="(\w+)">\n\n(.*?)\n\n<\/TabItem>/gs)].map(
    ([, label, content]) => [label, content],
  );

describe('blocks of sh and PowerShell', () => {
  test('become tabs with their text, and what stands around them stays', () => {
    const page = `Before:\n\n${sh('one')}\n${sh('two')}\nIn PowerShell, differently. Not run by our tests:\n\n${powershell('three')}\nAfter.\n`;
    assert.deepEqual(tabsOf(page), [
      ['sh', `${sh('one')}\n${sh('two')}`.trim()],
      ['PowerShell', `In PowerShell, differently. Not run by our tests:\n\n${powershell('three')}`.trim()],
    ]);
    assert.match(withTabs(page), /^Before:\n\n<Tabs [\s\S]*<\/Tabs>\n\nAfter\.\n$/);
  });

  test('take no block from before other text', () => {
    const page = `${sh('first')}\nText.\n\n${sh('one')}\nIn PowerShell. Not run by our tests:\n\n${powershell('two')}`;
    assert.deepEqual(tabsOf(page), [
      ['sh', sh('one').trim()],
      ['PowerShell', `Not run by our tests:\n\n${powershell('two')}`.trim()],
    ]);
    assert.ok(withTabs(page).startsWith(`${sh('first')}\nText.`));
  });

  test('differ by the mark of continued lines alone', () => {
    assert.deepEqual(tabsOf(sh('app add --name "One two" \\\n  --redirect "http://a/?b=c"')), [
      ['sh', sh('app add --name "One two" \\\n  --redirect "http://a/?b=c"').trim()],
      [
        'PowerShell',
        `Not run by our tests:\n\n${powershell('app add --name "One two" `\n  --redirect "http://a/?b=c"')}`.trim(),
      ],
    ]);
    for (const code of [
      'npm start',
      'a \\\n  "$HOME"',
      "a \\\n  '{}'",
      'a \\\n  | b',
      'A=1 b \\\n  c',
      'a \\\n  $(b)',
      'a \\\n  C:\\b',
    ])
      assert.equal(withTabs(sh(code)), sh(code), code);
    const forLinux = `${sh('sudo a')}\n${sh('b \\\n  c')}`;
    assert.equal(withTabs(forLinux), forLinux);
  });

  test('of the pages all become tabs, outside the page for Windows', () => {
    for (const page of pages.filter((file) => file !== 'docs/windows.md')) {
      const text = readFileSync(join(clone, page), 'utf8').replace(/^```(\w+) .*$/gm, '```$1');
      const left = withTabs(text).replace(/<Tabs .*?<\/Tabs>/gs, '');
      assert.doesNotMatch(left, /^```powershell/m, page);
    }
  });
});

test('MDX shows braces, angles and addresses as Markdown does', () => {
  assert.equal(
    asMdx('Open <http://a>: `{b} <c>`, {d} <e>'),
    'Open [http://a](http://a): `{b} <c>`, \\{d} \\<e>',
  );
});
