import { Answer } from '@alongside/kernel/answer';
import type { Route } from '@alongside/kernel/http';
import { z } from 'zod';
import { scopesOfClaim } from '../../model/scopes.ts';
import { idTokenShape, userinfoShape } from './shapes.ts';

/** Where the JSON schemas are, below the origin: they stay. */
export const schemaPaths = { idToken: '/schemas/id-token.json', userinfo: '/schemas/userinfo.json' } as const;

interface Described {
  properties?: Record<string, { description?: string }>;
}

/** The schema of userinfo, in which each claim says what brings it. */
function withScopes({ properties = {}, ...schema }: Described): object {
  const described = Object.entries(properties).map(([name, property]) => {
    const description = `${property.description} Scopes: ${scopesOfClaim(name).join(', ')}.`;
    return [name, { ...property, description }];
  });
  return { ...schema, properties: Object.fromEntries(described) };
}

const schemaRoute = (origin: string, path: string, title: string, shape: object): Route => {
  const schema = JSON.stringify({ ...shape, $id: `${origin}${path}`, title });
  const headers = {
    'content-type': 'application/schema+json',
    'cache-control': 'public, max-age=3600',
    // Public, and read by editors and pages of others.
    'access-control-allow-origin': '*',
    'x-content-type-options': 'nosniff',
  };
  return { methods: ['GET'], path, endpoint: async () => new Answer(200, headers, schema) };
};

/** The published JSON schemas of ID token and userinfo (JSON Schema 2020-12). */
export function schemaRoutes(issuer: string, assuranceAsNumbers: boolean): Route[] {
  const { origin } = new URL(issuer);
  return [
    schemaRoute(
      origin,
      schemaPaths.idToken,
      'ID token of CIS2',
      z.toJSONSchema(idTokenShape(assuranceAsNumbers, issuer)),
    ),
    schemaRoute(
      origin,
      schemaPaths.userinfo,
      'Userinfo of CIS2',
      withScopes(z.toJSONSchema(userinfoShape(assuranceAsNumbers)) as Described),
    ),
  ];
}
