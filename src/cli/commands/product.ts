import { UsageError } from '@alongside/kernel/operator';
import type { ApiSchema } from '../../kit/console-api.ts';
import { noSuch } from '../../kit/known.ts';
import { consoleCommand, text } from '../command.ts';
import { readJsonFile } from '../json-file.ts';
import { patchFrom, patchOf } from '../patch.ts';
import { columns, counted, memberLines } from '../table.ts';

const missing = (name: string) => noSuch('product', name);

const warningsOf = ({ warnings = [] }: ApiSchema<'ProductWithWarnings'>): string[] =>
  warnings.map((warning) => `Warning: ${warning}`);

/** Returns the members of repeatable flags. */
const membersOf = ({ api, scope }: Record<'api' | 'scope', string[]>) => ({
  ...(api.length > 0 ? { apis: api } : {}),
  ...(scope.length > 0 ? { scopes: scope } : {}),
});

export const product = consoleCommand({
  name: 'product',
  flags: { file: text },
  lists: ['api', 'scope', 'set'],
  actions: {
    list: {
      help: 'all products',
      async run({ api }) {
        const found = await api.must('GET', '/products');
        const rows = found.products.map(({ name, apis, scopes, limits }) => [
          name,
          apis.join(', '),
          `${counted(scopes.length, 'scope')}${limits === null ? ', without limits' : ''}`,
        ]);
        return { json: found, lines: columns(rows) };
      },
    },
    show: {
      words: 'NAME',
      help: 'every member',
      async run({ api }, name) {
        const product = await api.mustFind(missing(name), 'GET', '/products/{name}', { path: { name } });
        return { json: product, lines: memberLines(product) };
      },
    },
    add: {
      words: '[NAME]',
      help: [
        [
          '--api API... --scope SCOPE...',
          'create a product; an API is named by its base path, and oauth2 is one',
        ],
        ['--file FILE', 'the same from a JSON file; - reads standard input'],
      ],
      async run({ api, flags: { file }, lists }, name?: string) {
        if (name === undefined && file === undefined)
          throw new UsageError('Name the product: alongside product add NAME, or --file FILE.');
        const product = await api.must('POST', '/products', {
          body: {
            ...(file === undefined ? { name: name ?? '' } : readJsonFile<{ name: string }>(file)),
            ...(name === undefined ? {} : { name }),
            ...membersOf(lists),
            ...patchOf(lists.set, { numbers: true }),
          },
        });
        return { json: product, lines: [`Created product ${product.name}.`], notes: warningsOf(product) };
      },
    },
    edit: {
      words: 'NAME ...',
      help: [
        ['--set path=value...', 'limits.quota.limit=5 limits.quota.timeunit=minute; limits=null lifts them'],
        ['--api API... --scope SCOPE...', 'replace the list of APIs or scopes'],
        ['--file FILE', 'by a JSON merge patch (RFC 7396)'],
      ],
      async run({ api, flags, lists }, name, ...assignments) {
        const patch = patchFrom({
          file: { flag: '--file', name: flags.file },
          assignments: [...lists.set, ...assignments],
          own: membersOf(lists),
          numbers: true,
        });
        const product = await api.mustFind(missing(name), 'PATCH', '/products/{name}', {
          path: { name },
          body: patch,
        });
        return { json: product, lines: [`Product ${product.name} is changed.`], notes: warningsOf(product) };
      },
    },
    remove: {
      words: 'NAME',
      help: 'remove one, and what it grants to applications',
      async run({ api }, name) {
        await api.mustFind(missing(name), 'DELETE', '/products/{name}', { path: { name } });
        return {
          json: { removed: name },
          lines: [`Removed product ${name}; applications have lost what it granted.`],
        };
      },
    },
  },
  examples: ['alongside product edit hello-world --set limits.quota.limit=5 limits.quota.timeunit=minute'],
});
