import type { Refusal } from '@alongside/kernel/errors';
import type { RateLimits } from '../../oauth/products.ts';
import {
  type AccessMode,
  type Api,
  anyOf,
  type BackEnd,
  type Call,
  checkOf,
  platformCors,
  type Restriction,
} from '../api.ts';
import { errors } from '../errors/catalogue.ts';
import { familyOf } from '../errors/families.ts';
import { folded, isForwardedIfTaken, isNeverForwarded } from '../trusted-names.ts';
import { attributeOf, backEndHeaders } from './back-end-headers.ts';
import { isOpen } from './callers.ts';
import {
  type ApiModel,
  type Grant,
  grants,
  type Need,
  type OperationModel,
  satisfies,
  scopesAt,
  scopesOfGrant,
} from './model.ts';
import { type OperationFinder, pathsWhere } from './operation-finder.ts';
import type { StoredApi } from './store.ts';

/** The `acr_values` that request each level from CIS2 (RFC 9470 section 4). */
const acrOf: Readonly<Partial<Record<Grant, string>>> = {
  'nhs-cis2-aal1': 'AAL1_USERPASS',
  'nhs-cis2-aal2': 'AAL2_OR_AAL3_ANY',
  'nhs-cis2-aal3': 'AAL3_ANY',
};

/**
 * Returns the refusal of a healthcare worker who signed in at a lower level than the lowest of these grants; undefined for other
 * tokens. The sign-in gives no scope of an API without a grant for its level.
 */
function levelRefusal(
  needed: readonly Need[],
  { token, scopes }: Pick<Call, 'token' | 'scopes'>,
  api: string,
): Refusal | undefined {
  const lowest = grants.find((grant) => acrOf[grant] !== undefined && needed.includes(grant));
  if (lowest === undefined) return undefined;
  const isLower = (one: Grant) => acrOf[one] !== undefined && !satisfies(one, lowest);
  const hasLower = grants
    .filter(isLower)
    .some((one) => scopesAt(one, api).some((scope) => scopes.has(scope)));
  const { auth_provider: provider, auth_level: level = '' } = token.attributes;
  const signedInLower = provider === 'nhs-cis2' && isLower(`nhs-cis2-${level}` as Grant);
  return hasLower || signedInLower
    ? errors.insufficientAuthentication(`the operation needs ${lowest}`, { acr: acrOf[lowest] ?? '' })
    : undefined;
}

/** Returns why a call may not have its organisation, or none; undefined if it may. */
function organisationRefusal(
  api: StoredApi,
  { application, client }: Pick<Call, 'application' | 'client'>,
): Refusal | undefined {
  const { organisation } = api.settings;
  if (!organisation) return undefined;
  const { header, required, allow } = organisation;
  const given = client.get(header) ?? '';
  if (given === '') return required ? errors.missingOrganisation('', { header }) : undefined;
  if (allow === undefined) return undefined;
  const permitted = attributeOf(application, api, allow) ?? '';
  return permitted.split(/[\s,]+/).includes(given)
    ? undefined
    : errors.organisationForbidden(`the attribute ${allow} does not list it`, { header });
}

/** Returns the rules of a definition, in the order in which they are checked. */
function restrictionsOf(api: StoredApi, find: OperationFinder, modes: readonly AccessMode[]): Restriction[] {
  const { settings, model, name } = api;
  const all = modes.map((mode) => mode.name);
  const operationOf = (call: Call) => find(call.verb, call.path)?.operation;
  const isMet = (call: Call) => {
    const needed = operationOf(call)?.grants ?? [];
    return (
      needed.length === 0 ||
      needed.some((grant) => scopesOfGrant(grant, name).some((scope) => call.scopes.has(scope)))
    );
  };
  const lackingAttribute = ({ application }: Call) =>
    model.attributes.find(
      (attribute) => attribute.required && attributeOf(application, api, attribute.name) === undefined,
    );
  const { operations, assurance } = settings;
  const vectors = assurance?.vot;
  return [
    {
      modes: all,
      forbids: (call) => !isMet(call),
      refuse: (call) =>
        levelRefusal(operationOf(call)?.grants ?? [], call, name) ??
        errors.noProductMatch(`${operationOf(call)?.key} needs ${operationOf(call)?.grants.join(' or ')}`),
    },
    {
      modes: Object.keys(operations ?? {}),
      forbids: (call) =>
        !(operations?.[call.mode.name as keyof typeof operations] ?? []).includes(
          operationOf(call)?.key ?? '',
        ),
      refuse: ({ mode }) =>
        errors.operationForbidden(`x-alongside.operations does not list it for ${mode.name}`),
    },
    {
      modes: assurance?.ial === undefined ? [] : ['user-restricted'],
      forbids: ({ token }) =>
        Number(token.attributes['id_token-id-assurance-level'] ?? 0) < (assurance?.ial ?? 0),
      refuse: () => errors.identityUnproven(`the identity assurance level is below ${assurance?.ial}`),
    },
    {
      modes: vectors === undefined ? [] : ['patient-access'],
      forbids: ({ token }) => !vectors?.includes(token.attributes['id_token-vot'] ?? ''),
      refuse: () => errors.identityUnproven('the vector of trust is not one of x-alongside.assurance.vot'),
    },
    {
      modes: all,
      forbids: (call) => organisationRefusal(api, call) !== undefined,
      refuse: (call) => organisationRefusal(api, call) ?? errors.missingOrganisation('', { header: '' }),
    },
    {
      modes: all,
      forbids: (call) => lackingAttribute(call) !== undefined,
      refuse: (call) => errors.missingAttribute('', { attribute: lackingAttribute(call)?.name ?? '' }),
    },
  ];
}

/** Returns the published platform's name of a grant's mode. */
function modeNameOf(grant: Grant): string {
  if (grant.startsWith('app-')) return 'application-restricted';
  return grant.startsWith('nhs-login') ? 'patient-access' : 'user-restricted';
}

const isKeyed = ({ grants: needed }: OperationModel): boolean => needed.includes('app-level0');

/** Returns the headers that clients may send only because the definition lists them as parameters or checks them. */
function takenHeaders({ settings, model }: StoredApi, owned: readonly string[]): string[] {
  const sent = model.operations.flatMap(({ parameters }) =>
    parameters.flatMap((one) => (one.in === 'header' ? one.name : [])),
  );
  const checked = settings.organisation ? [settings.organisation.header] : [];
  const names = [...sent.filter((name) => isForwardedIfTaken(name) && !isNeverForwarded(name)), ...checked];
  return [...new Set(names)].filter(
    (name) => name !== 'nhsd-session-urid' && !owned.some((own) => folded(own) === name),
  );
}

const smoothed = (limits: RateLimits | null, rate: string | undefined): RateLimits | null =>
  rate === undefined ? limits : { ...limits, spikeArrest: { enabled: true, ratelimit: rate } };

interface CompileParts {
  find: OperationFinder;
  backEnd: BackEnd;
  openIdToken(sealed: string): string | undefined;
}

const modesOf = (api: ApiModel, name: string): AccessMode[] => {
  const role = api.identity.find((identity) => identity.name === 'cis2-urid');
  const given = grants.filter(
    (grant) => grant !== 'app-level0' && api.access.some((mode) => mode.grants.includes(grant)),
  );
  return given.map((grant) => ({
    name: modeNameOf(grant),
    granted: anyOf(...scopesOfGrant(grant, name)),
    role: role && grant.startsWith('nhs-cis2') ? { header: role.header } : null,
  }));
};

/** Returns a definition as the gateway serves every API. */
export function compileApi(api: StoredApi, { find, backEnd, openIdToken }: CompileParts): Api {
  const { name, basePath, settings, model } = api;
  const modes = modesOf(model, name);
  const headers = backEndHeaders(api, openIdToken);
  const taken = takenHeaders(api, headers.owns);
  const isTokened = ({ grants: needed }: OperationModel) => needed.length > 0;
  const given = model.access.flatMap((mode) => mode.grants);
  return {
    name,
    basePath,
    isDefined: true,
    signsIdentity: settings.signedIdentity === true,
    title: model.title,
    modes,
    refusedScopes: [],
    legacyMode: null,
    open: pathsWhere(find, model.operations, isOpen),
    keyed: pathsWhere(find, model.operations, isKeyed),
    paths: pathsWhere(find, model.operations, isTokened),
    requestId: settings.requestId,
    swapsIds: settings.swapIds,
    asid: 'ignored',
    takes: taken,
    ...headers,
    checkKeyed(application, client) {
      const refusal = organisationRefusal(api, { application, client });
      if (refusal) throw refusal;
    },
    restrictions: restrictionsOf(api, find, modes),
    tooWeak: (call) => levelRefusal(given, call, name),
    limits: smoothed(model.apiLimits, settings.spikeArrest),
    operationLimits: [],
    errors: familyOf(settings.errors, settings.errorSystem),
    cors: {
      headers: [
        ...new Set([
          ...platformCors.headers,
          'x-request-id',
          'x-correlation-id',
          'nhsd-session-urid',
          ...taken,
          ...(settings.cors?.headers ?? []),
        ]),
      ],
      methods: [...new Set(model.operations.map(({ method }) => method))],
      ...(settings.cors
        ? {
            origins: settings.cors.origins,
            exposed: ['X-Request-ID', 'X-Correlation-ID', ...settings.cors.exposed],
          }
        : {}),
    },
    event: null,
    checks: (health) => ({
      healthcheck: checkOf(health, `${health.address}${model.target.healthcheck ?? ''}`),
    }),
    backEnd,
  };
}
