import { Answer } from '@alongside/kernel/answer';
import type { ErrorFormat, Route } from '@alongside/kernel/http';
import { readOnly, route } from '@alongside/kernel/route';
import { z } from 'zod';
import { scopesOfClaim } from '../../../oauth/openid/claims.ts';

// The shapes of the claims about a user. The published JSON schemas are made from them, and the tests compare real tokens.

const text = (description: string) => z.string().min(1).describe(description);
const digits12 = (description: string) =>
  z
    .string()
    .regex(/^\d{12}$/)
    .describe(description);
const odsCode = text('Code of the organisation in the Organisation Data Service.');
const names = (description: string) => z.array(z.string()).min(1).optional().describe(description);

/** A level is a string, unless the provider is switched to numbers. */
const level = (asNumbers: boolean, lowest: 0 | 1, description: string) => {
  const levels = [0, 1, 2, 3].slice(lowest);
  return (asNumbers ? z.int().min(lowest).max(3) : z.enum(levels.map(String))).describe(description);
};

const role = z
  .looseObject({
    person_orgid: digits12('Id of the person at the organisation.'),
    person_roleid: digits12('Id of this role of the person: what selected_roleid names.'),
    org_code: odsCode,
    role_name: text('Three quoted parts joined by colons; the last one is the job.'),
    role_code: text('Staff group, sub-group and job role, joined by colons.'),
    activities: names('Names of activities. Do not rely on their order.'),
    activity_codes: names('Codes of activities. Do not rely on their order.'),
    workgroups: names('Names of workgroups. Do not rely on their order.'),
    workgroups_codes: names('Codes of workgroups. Do not rely on their order.'),
    aow: names('Names of areas of work. Do not rely on their order.'),
    aow_codes: names('Codes of areas of work. Do not rely on their order.'),
  })
  .describe(
    'A role at an organisation. Activities, workgroups and areas of work come as pairs of lists, names and codes; a pair is left out when there is nothing in it.',
  );

const organisation = z.looseObject({ org_name: text('Name of the organisation.'), org_code: odsCode });
const membership = organisation.extend({ person_orgid: digits12('Id of the person at the organisation.') });

/** Every claim about a user. The scopes and the claims requested by name decide which are sent. */
const personClaims = (asNumbers: boolean) =>
  z
    .object({
      nhsid_useruid: digits12('The person’s user id, the same as sub.'),
      uid: digits12('The person’s user id, the same as sub.'),
      name: text('The whole name for display.'),
      display_name: text('The whole name for display.'),
      title: text('Title, such as Dr.'),
      given_name: text('Given name.'),
      middle_names: text('Middle names.'),
      family_name: text('Family name.'),
      initials: text('Initials.'),
      email: text('E-mail address.'),
      email_verified: z.boolean().describe('Whether the e-mail address is verified; not in the profile nhs.'),
      idassurancelevel: level(asNumbers, 0, 'Identity assurance level.'),
      nhsid_nrbac_roles: z.array(role).describe('The roles; empty for a person without a role.'),
      nhsid_user_orgs: z
        .array(organisation)
        .describe('Names of the organisations of the roles and memberships.'),
      nhsid_org_memberships: z
        .array(membership.extend({ gnc: text('General national code.').optional() }))
        .describe('Organisations of which the person is a member.'),
      nhsid_org_roles: z.array(membership).describe('Organisations at which the person has a role.'),
      gmc_id: text('Number at the General Medical Council.'),
      gmp_id: text('General medical practitioner code.'),
      gdc_id: text('Number at the General Dental Council.'),
      gdp_id: text('General dental practitioner code.'),
      gphc_id: text('Number at the General Pharmaceutical Council.'),
      nmc_id: text('Number at the Nursing and Midwifery Council.'),
      rcn_id: text('Number at the Royal College of Nursing.'),
      consultant_id: text('Consultant code.'),
      selected_roleid: digits12('The chosen role: person_roleid of one of the roles.'),
    })
    .partial();

/** Userinfo (OpenID Connect Core section 5.3.2). */
const userinfoShape = (asNumbers: boolean) =>
  personClaims(asNumbers)
    .extend({ sub: digits12('The person; compare it with sub of the ID token.') })
    .loose();

const time = (description: string) => z.int().min(0).describe(`${description} (NumericDate).`);
const hash = (of: string) =>
  z
    .string()
    .regex(/^[A-Za-z0-9_-]{22}$/)
    .describe(`Left half of the SHA-256 of ${of}, base64url.`);

/** An ID token (OpenID Connect Core section 2). */
const idTokenShape = (asNumbers: boolean, issuer: string) =>
  personClaims(asNumbers)
    .extend({
      iss: z.literal(issuer).describe('The issuer, byte for byte.'),
      sub: digits12('The person.'),
      aud: text('The client.'),
      azp: text('The client.').optional(),
      exp: time('When it runs out'),
      iat: time('When it was made'),
      auth_time: time('When the person was authenticated'),
      nonce: text('As it was sent; left out when it was not, and after a refresh.').optional(),
      at_hash: hash('the access token'),
      c_hash: hash('the code').optional(),
      s_hash: hash('the state').optional(),
      acr: text('The first of the asked authentication context classes that was met.'),
      amr: z.array(z.string()).min(1).describe('How the person was authenticated.'),
      sid: text('The session, as back-channel logout names it.'),
      id_assurance_level: level(asNumbers, 0, 'Identity assurance level.').optional(),
      idassurancelevel: level(
        asNumbers,
        0,
        'Identity assurance level, under the name of userinfo.',
      ).optional(),
      authentication_assurance_level: level(
        asNumbers,
        1,
        'Authentication assurance level that was reached.',
      ).optional(),
      auditTrackingId: text('Of the published product; do not rely on it.').optional(),
      'org.forgerock.openidconnect.ops': text('Of the published product; do not rely on it.').optional(),
      tokenName: z.literal('id_token').optional(),
      tokenType: z.literal('JWTToken').optional(),
      realm: text('Of the published product; do not rely on it.').optional(),
    })
    .loose();

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
    route(path, readOnly({ endpoint: serve(`${origin}${path}`, title, shape), errors }));
  return [
    ...at(schemaPaths.idToken, 'ID token of CIS2', idToken),
    ...at(schemaPaths.userinfo, 'Userinfo of CIS2', userinfo),
  ];
}
