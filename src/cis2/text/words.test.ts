import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { html } from '@alongside/kernel/html';
import { allTexts } from '../testing/marked-words.ts';
import { hole, templatesOf } from '../testing/templates.ts';
import { filled, markedUp } from './words.ts';

const root = join(import.meta.dirname, '..');
const sources = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter((path) => /(?<!\.test)\.ts$/.test(path) && !path.startsWith('testing'))
  .map((path) => ({ path, source: readFileSync(join(root, path), 'utf8') }));

const spoken = /\b(?:aria-label|title|alt|placeholder)="([^"]*)"/g;
/** A template that is part of a tag. */
const attributes = /^(?:\s*(?:autofocus|checked|hidden|required|[a-z-]+="[^"]*"))+\s*$/;
/** The texts of a template: between tags, and in attributes for screen readers. */
function saidBy(template: string): string[] {
  const read = [...template.matchAll(spoken)].map(([, value = '']) => value);
  const shown = attributes.test(template) ? [] : template.replace(/<[^>]*>/g, '\n').split('\n');
  return [...read, ...shown].flatMap((text) => text.split(hole)).filter((text) => /\p{L}{2}/u.test(text));
}

/** Sentences in the strings of a source: a word, a space, a word. */
const sentencesOf = (source: string): string[] =>
  (source.replace(/^\s*(\/\/|\/?\*).*$/gm, '').match(/'[^'\n]*'/g) ?? []).filter((text) =>
    /^'\p{Lu}\p{L}+ \p{Ll}{2,}/u.test(text),
  );

describe('templates of pages', () => {
  const pages = sources.filter(({ source }) => source.includes('html`'));
  test('include all page files', () => {
    assert.ok(pages.length >= 15, `${pages.length} pages were found`);
  });
  for (const { path, source } of pages)
    test(path, () => {
      assert.deepEqual(templatesOf(source, 'html').flatMap(saidBy), []);
    });
});

describe('strings of pages', () => {
  const isPage = (path: string) => /(?:^|[\\/])pages[\\/]|pages?\.ts$/.test(path);
  for (const { path, source } of sources.filter((one) => isPage(one.path)))
    test(path, () => assert.deepEqual(sentencesOf(source), []));
});

describe('check for texts outside the catalogue', () => {
  test('finds text in templates and values, next to strings, comments and expressions', () => {
    const source = [
      "const quote = 'html`<p>not this</p>`'; // html`<p>nor this</p>`",
      'const pattern = /[`/]/.test(text);',
      'const page = html`<p class="lead big">First words §{open ? html`<b>second §{{ a: `plain` }.a} words</b>` : undefined} here</p>`;',
      'const other = html`<i aria-label="read aloud">§{words.fine}, §{1}</i>`;',
    ]
      .join('\n')
      .replaceAll('§', '$');
    const said = templatesOf(source, 'html').flatMap(saidBy);
    assert.deepEqual(said.map((text) => text.trim()).sort(), [
      'First words',
      'here',
      'read aloud',
      'second',
      'words',
    ]);
  });
  test('finds sentences in strings', () => {
    assert.deepEqual(sentencesOf("title: 'Choose your role', kind: 'get', // 'Not this one'"), [
      "'Choose your role'",
      "'Not this one'",
    ]);
  });
});

describe('texts with values', () => {
  test('keep names without a value', () => {
    assert.equal(filled('{name} and {other}', { name: 'A' }), 'A and {other}');
  });
  test('escape a value and ignore its names and brackets', () => {
    const made = markedUp(
      'Of [{name}] and {name}.',
      { name: '<{name}> [x]' },
      (text) => html`<b>${text}</b>`,
    );
    assert.equal(String(made), 'Of <b>&lt;{name}&gt; [x]</b> and &lt;{name}&gt; [x].');
  });
  test('keep markup as markup', () => {
    assert.equal(String(markedUp('It is {name}.', { name: html`<i>A</i>` })), 'It is <i>A</i>.');
  });
});

test('brackets and braces of the texts are balanced', async () => {
  const all = (value: unknown): string[] =>
    typeof value === 'string' ? [value] : Object.values(value as object).flatMap(all);
  const odd = all(await allTexts()).filter((text) =>
    /[[\]{}]/.test(text.replace(/\{\w+\}/g, 'x').replace(/\[[^[\]{}]+\]/g, (found) => found.slice(1, -1))),
  );
  assert.deepEqual(odd, []);
});
