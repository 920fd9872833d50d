/** A page as its server sent it. */
interface Document {
  url: URL;
  body: string;
}

export interface Form {
  method: string;
  action: URL;
  fields: [string, string][];
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

const character = (code: number): string => (code <= 0x10_ff_ff ? String.fromCodePoint(code) : '\ufffd');

/** What a reader sees of text in HTML. */
export const decode = (text: string): string =>
  text.replace(/&(?:#x([\da-f]+)|#(\d+)|(\w+));/gi, (all, hex, decimal, name) =>
    name ? (entities[name] ?? all) : character(hex ? Number.parseInt(hex, 16) : Number(decimal)),
  );

/** A tag of a page, and where it begins and ends. */
interface Tag {
  /** In lower case; a closing tag begins with a slash. */
  name: string;
  attributes: string;
  start: number;
  end: number;
}

/** The tags of a page in order. Reads each character a bounded number of times, whatever the page holds. */
function* tagsOf(body: string): Generator<Tag> {
  for (let start = body.indexOf('<'); start >= 0; start = body.indexOf('<', start + 1)) {
    const end = body.indexOf('>', start);
    if (end < 0) return;
    const inside = body.slice(start + 1, end);
    const name = /^\/?[a-z][a-z\d]*/i.exec(inside)?.[0];
    if (name === undefined) continue;
    yield { name: name.toLowerCase(), attributes: inside.slice(name.length), start, end: end + 1 };
    start = end;
  }
}

const nextAttribute = /[\s/]*([^\s"'<>/=]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'=<>`]+)))?/y;

/** The value of an attribute; the first of its name counts. */
function attribute({ attributes }: Tag, wanted: string): string | undefined {
  nextAttribute.lastIndex = 0;
  for (;;) {
    const [, name, double, single, bare] = nextAttribute.exec(attributes) ?? [];
    if (name === undefined) return undefined;
    if (name.toLowerCase() === wanted) return decode(double ?? single ?? bare ?? '');
  }
}

function fieldOf(tag: Tag): [string, string] {
  return [attribute(tag, 'name') ?? '', attribute(tag, 'value') ?? ''];
}

function formFrom(url: URL, open: Tag, inputs: readonly Tag[]): Form | undefined {
  const action = attribute(open, 'action') ?? '';
  if (!URL.canParse(action, url.href)) return undefined;
  return {
    method: (attribute(open, 'method') ?? 'get').toUpperCase(),
    action: new URL(action, url),
    fields: inputs.map(fieldOf).filter(([name]) => name !== ''),
  };
}

/** The forms of a page. */
export function formsOf({ body, url }: Document): Form[] {
  const forms: (Form | undefined)[] = [];
  let open: Tag | undefined;
  let inputs: Tag[] = [];
  for (const tag of tagsOf(body)) {
    if (tag.name === 'form') [open, inputs] = [open ?? tag, open ? inputs : []];
    else if (tag.name === 'input') inputs.push(tag);
    else if (tag.name === '/form' && open) {
      forms.push(formFrom(url, open, inputs));
      open = undefined;
    }
  }
  return forms.filter((form) => form !== undefined);
}

/** The first form of a page; undefined when it has none. */
export const formOf = (page: Document): Form | undefined => formsOf(page)[0];

/** Where the links of a page lead. */
export const linksOf = ({ body, url }: Document): URL[] =>
  [...tagsOf(body)]
    .filter(({ name }) => name === 'a')
    .map((tag) => attribute(tag, 'href') ?? '')
    .filter((address) => address !== '' && URL.canParse(address, url.href))
    .map((address) => new URL(address, url));

/** Where a page goes on to by itself; undefined when it stays. */
export function refreshOf({ body, url }: Document): URL | undefined {
  for (const tag of tagsOf(body)) {
    if (tag.name !== 'meta' || attribute(tag, 'http-equiv')?.toLowerCase() !== 'refresh') continue;
    const content = attribute(tag, 'content') ?? '';
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

/** The text of a page, or of its `main` element when it has one, without scripts and styles. */
export function textOf(body: string): string {
  const tags = [...tagsOf(body)];
  const main = tags.findIndex(({ name }) => name === 'main');
  const pieces: string[] = [];
  let at = main < 0 ? 0 : (tags[main]?.end ?? 0);
  let silent: string | undefined;
  for (const { name, start, end } of tags.slice(main + 1)) {
    if (silent === undefined || name === silent) {
      if (silent === undefined) pieces.push(body.slice(at, start));
      silent = name === 'script' || name === 'style' ? `/${name}` : undefined;
      at = end;
    }
    if (main >= 0 && name === '/main') return decode(pieces.join(' '));
  }
  if (silent === undefined) pieces.push(body.slice(at));
  return decode(pieces.join(' '));
}

/** Whether the form of a page sends itself. What waits for a click does not. */
export const sendsItself = ({ body }: Document): boolean =>
  /(?:document\.forms\[0\]|document\.forms\.\w+|form)\.submit\(\)/.test(
    body.replace(/\son(?:click|change|input|submit)\s*=\s*(?:"[^"]*"|'[^']*')/gi, ''),
  );
