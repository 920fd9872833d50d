import { readFlags } from '@alongside/kernel/config';
import { UsageError } from '@alongside/kernel/operator';
import { z } from 'zod';
import { patchOf } from '../assignments.ts';
import { type Command, choose, noMore, type Output, word } from '../command.ts';
import { InstanceApi, instanceFlags } from '../instance.ts';
import { readJsonFile } from '../json-file.ts';
import { memberLines } from '../members.ts';
import { columns } from '../output.ts';
import { patchFrom } from '../patch.ts';
import { type Repeated, takeRepeated } from '../repeated.ts';

interface Product {
  name: string;
  apis: string[];
  scopes: string[];
  limits: object | null;
  warnings?: string[];
}

const warn = ({ warnings = [] }: Product, out: Call['out']): void => {
  for (const warning of warnings) out.note(`Warning: ${warning}`);
};

interface Call {
  api: InstanceApi;
  file: string | undefined;
  repeated: Repeated<'api' | 'scope' | 'set'>['values'];
  words: string[];
  json: boolean;
  out: Output;
}

const missing = (name: string): string => `There is no product "${name}": alongside product list names them.`;
const at = (name: string): string => `/products/${encodeURIComponent(name)}`;

const lists = ({ api, scope }: Call['repeated']) => ({
  ...(api.length > 0 ? { apis: api } : {}),
  ...(scope.length > 0 ? { scopes: scope } : {}),
});

async function list({ api, words, json, out }: Call): Promise<void> {
  noMore(words, 1);
  const found = await api.must<{ products: Product[] }>('GET', '/products');
  if (json) return out.json(found);
  const rows = found.products.map(({ name, apis, scopes, limits }) => [
    ...[name, apis.join(', ')],
    `${scopes.length} ${scopes.length === 1 ? 'scope' : 'scopes'}${limits === null ? ', without limits' : ''}`,
  ]);
  for (const line of columns(rows)) out.line(line);
}

async function show({ api, words, json, out }: Call): Promise<void> {
  const name = word(words, 1, 'which: alongside product show hello-world');
  noMore(words, 2);
  const product = await api.mustFind<Product>(missing(name), 'GET', at(name));
  if (json) return out.json(product);
  for (const line of memberLines(product)) out.line(line);
}

async function add({ api, file, repeated, words, json, out }: Call): Promise<void> {
  const name = words[1];
  noMore(words, 2);
  if (name === undefined && file === undefined)
    throw new UsageError('Name the product: alongside product add NAME, or --file FILE.');
  const product = await api.must<Product>('POST', '/products', {
    ...(file === undefined ? {} : readJsonFile(file)),
    ...(name === undefined ? {} : { name }),
    ...lists(repeated),
    ...patchOf(repeated.set, { numbers: true }),
  });
  if (json) return out.json(product);
  out.line(`Created product ${product.name}.`);
  warn(product, out);
}

async function edit({ api, file, repeated, words, json, out }: Call): Promise<void> {
  const name = word(words, 1, 'which: alongside product edit hello-world --set limits.quota.limit=5');
  const patch = patchFrom({
    file: { flag: '--file', name: file },
    assignments: [...repeated.set, ...words.slice(2)],
    own: lists(repeated),
    numbers: true,
  });
  const product = await api.mustFind<Product>(missing(name), 'PATCH', at(name), patch);
  if (json) return out.json(product);
  out.line(`Product ${product.name} is changed.`);
  warn(product, out);
}

async function remove({ api, words, json, out }: Call): Promise<void> {
  const name = word(words, 1, 'which: alongside product remove NAME');
  noMore(words, 2);
  await api.mustFind(missing(name), 'DELETE', at(name));
  if (json) return out.json({ removed: name });
  out.line(`Product ${name} is gone; applications have lost what it gave them.`);
}

const calls = { list, show, add, edit, remove };

export const product: Command = {
  name: 'product',
  summary: 'products of the API platform: bundles of APIs, scopes and limits',
  help: [
    'alongside product list',
    'alongside product show NAME',
    'alongside product add NAME --api API... --scope SCOPE...   an API is named by its base path; oauth2 is one, too',
    'alongside product add --file FILE                          the same from a JSON file; - reads standard input',
    'alongside product edit NAME --set path=value...            --set limits.quota.limit=5 limits.quota.timeunit=minute; limits=null lifts them',
    'alongside product edit NAME --api API... --scope SCOPE...  other APIs, other scopes: each list is replaced',
    'alongside product edit NAME --file FILE                    by a JSON merge patch (RFC 7396)',
    'alongside product remove NAME',
  ],
  async run({ argv, out }) {
    const { values: repeated, rest } = takeRepeated(argv, ['api', 'scope', 'set']);
    const { flags, words } = readFlags({ ...instanceFlags, file: z.string().optional() }, rest);
    const call = choose(calls, words, 'product');
    await call({
      api: new InstanceApi(flags),
      file: flags.file as string | undefined,
      repeated,
      words,
      json: flags.json === true,
      out,
    });
    return 0;
  },
};
