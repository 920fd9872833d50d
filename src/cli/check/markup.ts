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
/** What a reader sees of text in HTML. */
export const decode = (text: string): string =>
  text.replace(/&(?:#x([\da-f]+)|#(\d+)|(\w+));/gi, (all, hex, decimal, name) =>
    name ? (entities[name] ?? all) : String.fromCodePoint(hex ? Number.parseInt(hex, 16) : Number(decimal)),
  );

const attribute = (tag: string, name: string): string | undefined => {
  const found = new RegExp(`\\s${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)')`, 'i').exec(tag);
  return found ? decode(found[1] ?? found[2] ?? '') : undefined;
};

function readForm(url: URL, open: string, inside: string): Form | undefined {
  const fields = [...inside.matchAll(/<input\b[^>]*>/gi)]
    .map(([tag]): [string, string] => [attribute(tag, 'name') ?? '', attribute(tag, 'value') ?? ''])
    .filter(([name]) => name !== '');
  const action = attribute(open, 'action') ?? '';
  if (!URL.canParse(action, url.href)) return undefined;
  return {
    method: (attribute(open, 'method') ?? 'get').toUpperCase(),
    action: new URL(action, url),
    fields,
  };
}

/** The forms of a page. */
export const formsOf = ({ body, url }: Document): Form[] =>
  [...body.matchAll(/(<form\b[^>]*>)([\s\S]*?)<\/form>/gi)]
    .map(([, open = '', inside = '']) => readForm(url, open, inside))
    .filter((form) => form !== undefined);

/** The first form of a page; undefined when it has none. */
export const formOf = (page: Document): Form | undefined => formsOf(page)[0];

/** Where the links of a page lead. */
export const linksOf = ({ body, url }: Document): URL[] =>
  [...body.matchAll(/<a\b[^>]*>/gi)]
    .map(([tag]) => attribute(tag, 'href') ?? '')
    .filter((address) => address !== '' && URL.canParse(address, url.href))
    .map((address) => new URL(address, url));

/** Where a page goes on to by itself; undefined when it stays. */
export const refreshOf = ({ body, url }: Document): URL | undefined => {
  const tag = /<meta\b[^>]*http-equiv\s*=\s*["']?refresh["']?[^>]*>/i.exec(body)?.[0];
  const to = tag && /url\s*=\s*(.+)$/i.exec(attribute(tag, 'content') ?? '')?.[1];
  return to ? new URL(to.trim().replace(/^['"]|['"]$/g, ''), url) : undefined;
};

/** Whether the form of a page sends itself. What waits for a click does not. */
export const sendsItself = ({ body }: Document): boolean =>
  /(?:document\.forms\[0\]|document\.forms\.\w+|form)\.submit\(\)/.test(
    body.replace(/\son(?:click|change|input|submit)\s*=\s*(?:"[^"]*"|'[^']*')/gi, ''),
  );
