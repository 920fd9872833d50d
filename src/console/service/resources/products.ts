import { json, noContent } from '@alongside/kernel/answer';
import { mergePatch } from '@alongside/kernel/json';
import { nearest } from '@alongside/kernel/operator';
import { z } from 'zod';
import { errors } from '../../model/errors.ts';
import { anyMembers, invalidMember, readShape, requiredText } from '../../model/request.ts';
import { changeCurrent, checkRevision, recordStatement, tagged } from '../../model/revisions.ts';
import { apiPath, defineCall, type Resource } from '../api/call.ts';

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
  .describe('Absent limits are as published; null lifts all limits');

/** A product, in a body or an export. */
export const productShape = z.strictObject({
  name: requiredText.regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/,
    'must be letters, digits, dots, underscores and hyphens',
  ),
  apis: z
    .array(
      z
        .string('must be the base path of an API')
        .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, 'must be the base path of an API, without slashes'),
    )
    .max(100, 'must have at most 100 entries')
    .default([]),
  // A scope may be any text; an unknown one is ignored.
  scopes: z
    .array(z.string('must be text').max(500, 'must have at most 500 characters'))
    .max(500, 'must have at most 500 entries')
    .default([]),
  limits,
});

const productResponse = productShape
  .extend({ limits: limits.unwrap(), apis: z.array(z.string()), scopes: z.array(z.string()) })
  .meta({ id: 'Product' });
const productWithWarnings = productResponse
  .extend({ warnings: z.array(z.string()).optional() })
  .meta({ id: 'ProductWithWarnings' });

/** `/products`: bundles of APIs, scopes and limits. */
export const products: Resource = {
  calls({ products, audit, apis, platformApis }) {
    async function find(name: string) {
      const product = await products.get(name);
      if (!product) throw errors.notFound(`no product ${name.slice(0, 60)}`);
      return product;
    }

    /** Warns about unknown APIs, which are stored but ignored. */
    async function withWarnings<P extends { apis: readonly string[]; revision: number }>(product: P) {
      const names = [...platformApis, ...(await apis.list()).map(({ name }) => name)];
      const unknown = product.apis.filter((api) => !names.includes(api));
      if (unknown.length === 0) return product;
      const known = names.join(', ');
      const warnings = unknown.map(
        (api) => `apis: there is no API "${api}" here.${nearest(api, names)} There are ${known}.`,
      );
      return { ...product, warnings };
    }

    return [
      defineCall('GET', '/products', {
        summary: 'Lists products',
        answers: { 200: 'The products' },
        roles: [],
        response: z.strictObject({ products: z.array(productResponse) }),
        handle: async () =>
          json(200, { products: (await products.list()).map(({ revision: _, ...product }) => product) }),
      }),
      defineCall('POST', '/products', {
        summary: 'Creates a product',
        body: productShape,
        answers: {
          201: 'The product; ETag; "warnings" about unknown APIs',
          400: 'Invalid member',
          409: 'The name is taken',
        },
        roles: [],
        response: productWithWarnings,
        async handle({ body }) {
          const { name } = body;
          if (await products.get(name))
            throw errors.taken(`product ${name} exists`, {
              field: 'name',
              problem: 'is taken: another product has it',
            });
          await products.save(body, undefined, recordStatement(audit, 'product.created', name));
          return tagged(await withWarnings({ ...body, revision: 1 }), 201, {
            location: `${apiPath}/products/${name}`,
          });
        },
      }),
      defineCall('GET', '/products/:name', {
        summary: 'Returns a product',
        answers: { 200: 'The product; ETag', 404: 'Unknown product' },
        roles: [],
        response: productResponse,
        handle: async ({ params }) => tagged(await find(params.name)),
      }),
      defineCall('PATCH', '/products/:name', {
        summary: 'Changes a product with a JSON merge patch (RFC 7396); "limits": null lifts the limits',
        body: anyMembers,
        patches: productShape,
        answers: {
          200: 'The product; ETag; "warnings" about unknown APIs',
          400: 'Invalid member',
          404: 'Unknown product',
          412: 'If-Match has another revision',
        },
        roles: [],
        response: productWithWarnings,
        async handle({ request, params: { name }, body }) {
          const changed = await changeCurrent(
            request,
            () => find(name),
            ({ revision: _, ...before }) => {
              // A merge patch would remove limits that are null.
              const lifted = body.limits === null ? { limits: null } : {};
              const product = readShape(productShape, {
                ...(mergePatch(before, body) as object),
                ...lifted,
              });
              if (product.name !== name) throw invalidMember('name', 'cannot be changed');
              return product;
            },
            (product, revision) =>
              products.save(product, revision, recordStatement(audit, 'product.changed', name)),
          );
          return tagged(await withWarnings(changed));
        },
      }),
      defineCall('DELETE', '/products/:name', {
        summary: 'Removes a product and what it grants to applications',
        answers: { 204: 'Removed', 404: 'Unknown product', 412: 'If-Match has another revision' },
        roles: [],
        async handle({ request, params: { name } }) {
          checkRevision(request, (await find(name)).revision);
          await products.remove(name, recordStatement(audit, 'product.removed', name));
          return noContent();
        },
      }),
    ];
  },
};
