import { Answer } from '@alongside/kernel/answer';
import type { ErrorFormat, Route } from '@alongside/kernel/http';
import { route } from '@alongside/kernel/route';
import { z } from 'zod';
import { scopesOfClaim } from '../../model/scopes.ts';
import { idTokenShape, userinfoShape } from './shapes.ts';

/** Paths of the JSON schemas below the origin. They are published. */
export const schemaPaths = { idToken: '/schemas/id-token.json', userinfo: '/schemas/userinfo.json' } as const;

interface Described {
  properties?: Record<string, { description?: string }>;
}

/** Adds to the description of each claim the scopes that request it. */
function withScopes({ properties = {}, ...schema }: Described): object {
  const described = Object.entries(properties).map(([name, property]) => {
    const description = `${property.description} Scopes: ${scopesOfClaim(name).join(', ')}.`;
    return [name, { ...property, description }];
  });
  return { ...schema, properties: Object.fromEntries(described) };
}

/** Returns the endpoint of a schema. */
const serve = (id: string, title: string, shape: object) => {
  const schema = JSON.stringify({ ...shape, $id: id, title });
  const headers = {
    'content-type': 'application/schema+json',
    'cache-control': 'public, max-age=3600',
    // Editors and pages of other origins read it.
    'access-control-allow-origin': '*',
    'x-content-type-options': 'nosniff',
  };
  return async () => new Answer(200, headers, schema);
};

/** The published JSON schemas of ID token and userinfo (JSON Schema 2020-12). */
export function schemaRoutes(issuer: string, assuranceAsNumbers: boolean, errors: ErrorFormat): Route[] {
  const { origin } = new URL(issuer);
  const idToken = z.toJSONSchema(idTokenShape(assuranceAsNumbers, issuer));
  const userinfo = withScopes(z.toJSONSchema(userinfoShape(assuranceAsNumbers)) as Described);
  const at = (path: string, title: string, shape: object): Route[] =>
    route(path, { GET: { endpoint: serve(`${origin}${path}`, title, shape), errors } });
  return [
    ...at(schemaPaths.idToken, 'ID token of CIS2', idToken),
    ...at(schemaPaths.userinfo, 'Userinfo of CIS2', userinfo),
  ];
}
