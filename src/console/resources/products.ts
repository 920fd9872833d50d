import { type Answer, json, noContent } from '@alongside/kernel/answer';
import { mergePatch } from '@alongside/kernel/json';
import { z } from 'zod';
import type { Products, StoredProduct } from '../../oauth/products.ts';
import type { AuditAction, AuditLog } from '../../storage/audit.ts';
import { type ApiCall, apiPath, defineCall } from '../api/call.ts';
import { checkRevision, tagOf } from '../api/preconditions.ts';
import { readShape } from '../api/request.ts';
import { errors } from '../errors.ts';

const quota = z.strictObject({
  enabled: z.boolean('must be true or false').default(true),
  limit: z.int('must be a whole number').min(0, 'must be 0 or more'),
  interval: z.int('must be a whole number').min(1, 'must be 1 or more').default(1),
  timeunit: z.enum(['minute', 'hour', 'day', 'week', 'month'], 'must be minute, hour, day, week or month'),
});

const spikeArrest = z.strictObject({
  enabled: z.boolean('must be true or false').default(true),
  ratelimit: z
    .string('must be text')
    .regex(/^[1-9]\d{0,8}(ps|pm)$/, 'must be a number of requests per second or minute: 5ps, 300pm'),
});

const limits = z
  .strictObject(
    { quota: quota.optional(), spikeArrest: spikeArrest.optional() },
    'must be null or {"quota", "spikeArrest"}',
  )
  .nullable()
  .default({})
  .describe('What is left out is as published; null lifts it all');

/** A product as it is made. */
export const productShape = z.strictObject({
  name: z
    .string('must be text')
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, 'must be letters, digits, dots, underscores and hyphens'),
  apis: z
    .array(
      z
        .string('must be the base path of an API')
        .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, 'must be the base path of an API, without slashes'),
    )
    .max(100, 'must have at most 100 entries')
    .default([]),
  // Any text is a scope: one that matches nothing matches nothing.
  scopes: z
    .array(z.string('must be text').max(500, 'must have at most 500 characters'))
    .max(500, 'must have at most 500 entries')
    .default([]),
  limits,
});

const patchShape = z.looseObject({});

interface Parts {
  products: Products;
  audit: AuditLog;
  productApis: readonly string[];
}

/** `/products`: bundles of APIs, scopes and limits. */
export function productCalls({ products, audit, productApis }: Parts): ApiCall[] {
  const recordStatement = (action: AuditAction, target: string) =>
    audit.recordStatement({ actor: 'developer', action, target, outcome: 'ok' });

  async function find(name: string): Promise<StoredProduct> {
    const product = await products.get(name);
    if (!product) throw errors.notFound(`no product ${name.slice(0, 60)}`);
    return product;
  }

  const shown = (
    { revision, ...product }: StoredProduct & { warnings?: string[] },
    status = 200,
    headers: Record<string, string> = {},
  ): Answer => json(status, product, { etag: tagOf(revision), ...headers });

  /** A name of no API is kept and gives nothing: a slip of the pen would only show as refusals later. */
  function remarks(apis: readonly string[]): { warnings?: string[] } {
    const strange = apis.filter((api) => !productApis.includes(api));
    if (strange.length === 0) return {};
    const choice = productApis.join(', ');
    return { warnings: strange.map((api) => `apis: there is no API "${api}" here; there are ${choice}.`) };
  }

  async function add(product: z.output<typeof productShape>): Promise<Answer> {
    if (await products.get(product.name)) throw errors.taken(`product ${product.name} exists`);
    await products.save(product, undefined, recordStatement('product.created', product.name));
    return shown({ ...product, ...remarks(product.apis), revision: 1 }, 201, {
      location: `${apiPath}/products/${product.name}`,
    });
  }

  return [
    defineCall({
      method: 'GET',
      path: '/products',
      summary: 'Every product',
      answers: { 200: 'The products' },
      async handle() {
        return json(200, { products: (await products.list()).map(({ revision: _, ...product }) => product) });
      },
    }),
    defineCall({
      method: 'POST',
      path: '/products',
      summary: 'Makes a product',
      body: productShape,
      answers: {
        201: 'The product; ETag; "warnings" names APIs that are none',
        400: 'A member does not fit',
        409: 'There is one of this name',
      },
      handle: ({ body }) => add(body),
    }),
    defineCall({
      method: 'GET',
      path: '/products/{name}',
      summary: 'A product',
      answers: { 200: 'The product; ETag', 404: 'There is no such product' },
      handle: async ({ part }) => shown(await find(part('name'))),
    }),
    defineCall({
      method: 'PATCH',
      path: '/products/{name}',
      summary: 'Changes a product by a JSON merge patch (RFC 7396); "limits": null lifts the limits',
      body: patchShape,
      answers: {
        200: 'The product; ETag; "warnings" names APIs that are none',
        400: 'A member does not fit',
        404: 'There is no such product',
        412: 'If-Match names another revision',
      },
      async handle({ request, part, body }) {
        for (;;) {
          const { revision, ...before } = await find(part('name'));
          checkRevision(request, revision);
          // For limits null is a value: it is not "removed".
          const lifted = body.limits === null ? { limits: null } : {};
          const product = readShape(productShape, { ...(mergePatch(before, body) as object), ...lifted });
          if (product.name !== before.name)
            throw errors.requestInvalid('the name would change', {
              field: 'name',
              problem: 'cannot be changed',
            });
          const record = recordStatement('product.changed', product.name);
          if (!(await products.save(product, revision, record))) continue;
          return shown({ ...product, ...remarks(product.apis), revision: revision + 1 });
        }
      },
    }),
    defineCall({
      method: 'DELETE',
      path: '/products/{name}',
      summary: 'Removes a product; applications lose what it gave them',
      answers: { 204: 'It is gone', 404: 'There is no such product', 412: 'If-Match names another revision' },
      async handle({ request, part }) {
        checkRevision(request, (await find(part('name'))).revision);
        await products.remove(part('name'), recordStatement('product.removed', part('name')));
        return noContent();
      },
    }),
  ];
}
