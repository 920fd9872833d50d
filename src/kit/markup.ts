import { type DefaultTreeAdapterTypes, parse as parseHtml } from 'parse5';

/** A page as sent by its server. */
interface Document {
  url: URL;
  body: string;
}

export interface Form {
  method: string;
  action: URL;
  fields: [string, string][];
}

type Node = DefaultTreeAdapterTypes.ChildNode;
type Element = DefaultTreeAdapterTypes.Element;

/** Parses a page. Scripts do not run, so `noscript` counts. */
const parse = (body: string): DefaultTreeAdapterTypes.Document =>
  parseHtml(body, { scriptingEnabled: false });

const silent = ['script', 'style', 'template'];
/** Attributes with visible values. */
const visible = ['value', 'title', 'alt', 'placeholder', 'aria-label', 'content'];

/** Returns the nodes of a page in order. */
function* nodesOf(root: { childNodes: Node[] }): Generator<Node> {
  const waiting: Node[] = [...root.childNodes].reverse();
  for (let node = waiting.pop(); node; node = waiting.pop()) {
    yield node;
    if ('childNodes' in node) for (const child of [...node.childNodes].reverse()) waiting.push(child);
  }
}

const elementsOf = (root: { childNodes: Node[] }, ...names: string[]): Element[] =>
  [...nodesOf(root)].filter((node): node is Element => 'tagName' in node && names.includes(node.tagName));

const attribute = ({ attrs }: Element, wanted: string): string | undefined =>
  attrs.find(({ name }) => name === wanted)?.value;

const isSilent = (node: Node): boolean => 'tagName' in node && silent.includes(node.tagName);

/** Returns the text of a part of a page, without scripts and styles. */
const textIn = (root: { childNodes: Node[] }): string =>
  [...nodesOf(root)]
    .filter(
      (node) =>
        node.nodeName === '#text' &&
        'value' in node &&
        !(node.parentNode && isSilent(node.parentNode as Node)),
    )
    .map((node) => (node as DefaultTreeAdapterTypes.TextNode).value)
    .join(' ');

/** Parses a JSON body; undefined for other bodies. */
function jsonOf(body: string): unknown {
  if (!/^\s*[[{]/.test(body)) return undefined;
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

/** Returns the names, texts and numbers in a JSON value. */
function wordsIn(value: unknown): string[] {
  const words: string[] = [];
  const waiting: unknown[] = [value];
  while (waiting.length > 0) {
    const next = waiting.pop();
    if (typeof next === 'object' && next !== null)
      for (const [name, member] of Object.entries(next)) {
        words.push(name);
        waiting.push(member);
      }
    else if (next !== null && next !== undefined) words.push(String(next));
  }
  return words;
}

/** Returns everything that a response shows: names and values of JSON; texts, attributes and inline data of a page. */
export function contentOf(body: string): string {
  const value = jsonOf(body);
  if (value !== undefined) return wordsIn(value).join('\n');
  return [...nodesOf(parse(body))]
    .flatMap((node) => [
      ...('attrs' in node
        ? node.attrs.filter(({ name }) => visible.includes(name)).map((one) => one.value)
        : []),
      ...('value' in node ? [node.value] : []),
    ])
    .join('\n');
}

/** Returns the text of a page, or of its `main` element, without scripts and styles; JSON unchanged. */
export function textOf(body: string): string {
  if (jsonOf(body) !== undefined) return body;
  const page = parse(body);
  return textIn(elementsOf(page, 'main')[0] ?? elementsOf(page, 'body')[0] ?? page);
}

/** Returns the base address of a page's links. */
function baseOf(page: { childNodes: Node[] }, url: URL): URL {
  const [base] = elementsOf(page, 'base');
  return URL.parse((base && attribute(base, 'href')) ?? '', url) ?? url;
}

function formFrom(base: URL, form: Element): Form | undefined {
  const action = URL.parse(attribute(form, 'action') ?? '', base);
  if (!action) return undefined;
  return {
    method: (attribute(form, 'method') ?? 'get').toUpperCase(),
    action,
    fields: elementsOf(form, 'input', 'textarea')
      .map((field): [string, string] => [
        attribute(field, 'name') ?? '',
        field.tagName === 'textarea' ? textIn(field) : (attribute(field, 'value') ?? ''),
      ])
      .filter(([name]) => name !== ''),
  };
}

export function formsOf({ body, url }: Document): Form[] {
  if (jsonOf(body) !== undefined) return [];
  const page = parse(body);
  const base = baseOf(page, url);
  return elementsOf(page, 'form')
    .map((form) => formFrom(base, form))
    .filter((form) => form !== undefined);
}

/** Returns the first form of a page; undefined without one. */
export const formOf = (page: Document): Form | undefined => formsOf(page)[0];

/** Returns the targets of a page's links. */
export function linksOf({ body, url }: Document): URL[] {
  if (jsonOf(body) !== undefined) return [];
  const page = parse(body);
  const base = baseOf(page, url);
  return elementsOf(page, 'a')
    .map((link) => attribute(link, 'href') ?? '')
    .filter((address) => address !== '')
    .map((address) => URL.parse(address, base))
    .filter((address) => address !== null);
}

/** Returns the target of a page's refresh; undefined without one. */
export function refreshOf({ body, url }: Document): URL | undefined {
  if (jsonOf(body) !== undefined) return undefined;
  for (const meta of elementsOf(parse(body), 'meta')) {
    if (attribute(meta, 'http-equiv')?.toLowerCase() !== 'refresh') continue;
    const content = attribute(meta, 'content') ?? '';
    const at = content.toLowerCase().indexOf('url');
    const rest = at < 0 ? '' : content.slice(at + 'url'.length).trimStart();
    if (rest.startsWith('='))
      return new URL(
        rest
          .slice(1)
          .trim()
          .replace(/^['"]|['"]$/g, ''),
        url,
      );
  }
  return undefined;
}

/** Returns whether the form of a page submits itself without a click. */
export function sendsItself({ body }: Document): boolean {
  const page = parse(body);
  const scripts = elementsOf(page, 'script').map(({ childNodes }) =>
    childNodes.map((node) => ('value' in node ? node.value : '')).join(''),
  );
  const onLoad = elementsOf(page, 'body').map((element) => attribute(element, 'onload') ?? '');
  return /(?:document\.forms\[0\]|document\.forms\.\w+|form)\.submit\(\)/.test(
    [...scripts, ...onLoad].join('\n'),
  );
}
