import { keyMethods } from '../../../oauth/applications.ts';
import type { ConsoleContext } from '../dependencies.ts';
import { invalidMember } from '../request.ts';
import {
  type Cis2RegistrationBody,
  halfNames,
  type PlatformRegistrationBody,
  type Registration,
} from './shape.ts';

type Rule = { field: string; problem: string; broken: boolean };

const fapi2Algorithms = ['', 'PS256', 'ES256', 'EdDSA'];

const forBoth = ({
  profile,
  tokenEndpointAuthMethod,
  signingAlg,
  pkce,
}: PlatformRegistrationBody | Cis2RegistrationBody): Rule[] => [
  {
    field: 'tokenEndpointAuthMethod',
    problem: 'must be "private_key_jwt" or "tls_client_auth" in the fapi2 profile',
    broken: profile === 'fapi2' && !keyMethods.includes(tokenEndpointAuthMethod),
  },
  {
    field: 'signingAlg',
    problem: 'must be PS256, ES256 or EdDSA in the fapi2 profile',
    broken: profile === 'fapi2' && !fapi2Algorithms.includes(signingAlg),
  },
  {
    field: 'tokenEndpointAuthMethod',
    problem: 'may be "none" in the standard profile only',
    broken: tokenEndpointAuthMethod === 'none' && profile !== 'standard',
  },
  {
    field: 'pkce',
    problem: 'must be "required" or null where "tokenEndpointAuthMethod" is "none"',
    broken: tokenEndpointAuthMethod === 'none' && pkce === 'optional',
  },
  {
    field: 'pkce',
    problem: 'must be "required" or null in the fapi2 profile',
    broken: profile === 'fapi2' && pkce === 'optional',
  },
];

const forPlatform = ({
  profile,
  tokenEndpointAuthMethod: method,
  products,
  revokedProducts,
}: PlatformRegistrationBody): Rule[] => [
  {
    field: 'tokenEndpointAuthMethod',
    problem: 'may be "client_secret_basic" in the standard profile only',
    broken: method === 'client_secret_basic' && profile !== 'standard',
  },
  {
    field: 'products',
    problem: 'must not name one twice',
    broken: new Set(products).size !== products.length,
  },
  {
    field: 'revokedProducts',
    problem: 'must be some of "products"',
    broken: revokedProducts.some((name) => !products.includes(name)),
  },
];

const forCis2 = ({
  profile,
  tokenEndpointAuthMethod: method,
  certificateSubject,
  idTokenSigningAlg,
  userinfoSigningAlg,
}: Cis2RegistrationBody): Rule[] => [
  {
    field: 'tokenEndpointAuthMethod',
    problem: 'must be a secret or "private_key_jwt" in the nhs profile',
    broken: profile === 'nhs' && method.endsWith('tls_client_auth'),
  },
  {
    field: 'certificateSubject',
    problem: 'must be there where "tokenEndpointAuthMethod" is "tls_client_auth", and nowhere else',
    broken: (certificateSubject !== null) !== (method === 'tls_client_auth'),
  },
  {
    field: 'idTokenSigningAlg',
    problem: 'must be PS256 or ES256 in the fapi2 profile',
    broken: profile === 'fapi2' && !fapi2Algorithms.includes(idTokenSigningAlg),
  },
  {
    field: 'userinfoSigningAlg',
    problem: 'must be PS256 or ES256 in the fapi2 profile',
    broken: profile === 'fapi2' && !fapi2Algorithms.includes(userinfoSigningAlg ?? ''),
  },
];

/** Checks the rules between members. Throws `invalid_request` for the first broken one. */
export function checkPolicy({ platform, cis2 }: Registration): void {
  const rules = [
    ...(platform
      ? [...forBoth(platform), ...forPlatform(platform)].map((rule) => ({ ...rule, half: 'platform' }))
      : []),
    ...(cis2 ? [...forBoth(cis2), ...forCis2(cis2)].map((rule) => ({ ...rule, half: 'cis2' })) : []),
  ];
  const broken = rules.find((rule) => rule.broken);
  if (broken) throw invalidMember(`${broken.half}.${broken.field}`, broken.problem);
}

/**
 * Checks the chosen credentials of a new application. They may be weak or public, so only those in development may have them.
 * Throws `invalid_request`.
 */
export async function checkCredentials(
  { credentials, ...halves }: Registration,
  { applications, development }: Pick<ConsoleContext, 'applications' | 'development'>,
): Promise<void> {
  if (!credentials) return;
  if (!development) throw invalidMember('credentials', 'may be chosen in development only');
  for (const name of halfNames)
    if (credentials[name] && !halves[name])
      throw invalidMember(`credentials.${name}`, `needs the member "${name}"`);
  const taken = {
    platform: await applications.byPlatformClient(credentials.platform?.clientId ?? ''),
    cis2: await applications.byCis2Client(credentials.cis2?.clientId ?? ''),
  };
  for (const name of halfNames)
    if (taken[name]) throw invalidMember(`credentials.${name}.clientId`, 'belongs to another application');
}
