import type { Method, Route } from '@alongside/kernel/http';
import { partsOf, routeFinder } from '@alongside/kernel/route';
import type { StoredApplication } from '../../oauth/applications.ts';
import type { RateLimits } from '../../oauth/products.ts';
import {
  type AccessMode,
  type Api,
  anyOf,
  type BackEnd,
  type Call,
  checkOf,
  type PathSet,
  platformCors,
  type Restriction,
} from '../api.ts';
import { errors } from '../errors/catalogue.ts';
import { familyOf } from '../errors/families.ts';
import {
  type ApiModel,
  type Grant,
  grants,
  type IdentityName,
  type OperationModel,
  satisfies,
  scopesAt,
  scopesOfGrant,
} from './model.ts';
import type { StoredApi } from './store.ts';

/** The operation of a call, with the decoded parts of its path. */
export interface FoundOperation {
  operation: OperationModel;
  params: Readonly<Record<string, string>>;
}

export type OperationFinder = (verb: string, path: string) => FoundOperation | undefined;

const isParameter = (part: string): boolean => part.includes('{');

/** Returns a function that finds the operation of a call: a literal part of a path precedes a parameter. */
export function operationFinder(operations: readonly OperationModel[]): OperationFinder {
  const byRoute = new Map<unknown, { operation: OperationModel; names: readonly string[] }>();
  const seen = new Set<string>();
  const routes: Route[] = [];
  for (const operation of operations) {
    const parts = partsOf(operation.path);
    // Two templates may differ in the names of their parameters alone; the first one counts.
    const shape = `${operation.method} ${parts.map((part) => (isParameter(part) ? '{}' : part)).join('/')}`;
    if (seen.has(shape)) continue;
    seen.add(shape);
    const route: Route = {
      methods: [operation.method as Method],
      path: parts.map((part, at) => (isParameter(part) ? `:${at}` : part)).join('/'),
      endpoint: () => Promise.reject(new Error('This route is only found.')),
    };
    routes.push(route);
    byRoute.set(route, {
      operation,
      names: parts.map((part) => part.slice(part.indexOf('{') + 1).split('}', 1)[0] ?? ''),
    });
  }
  const find = routeFinder(routes);
  return (verb, path) => {
    const { route, params } = find(verb, path === '' ? '/' : path);
    const found = byRoute.get(route);
    if (!found) return undefined;
    const named = Object.entries(params).map(([at, value]) => [found.names[Number(at)] ?? at, value]);
    return { operation: found.operation, params: Object.fromEntries(named) };
  };
}

/** Returns the published platform's name of a grant's mode. */
const modeNameOf = (grant: Grant): string =>
  grant.startsWith('app-')
    ? 'application-restricted'
    : grant.startsWith('nhs-login')
      ? 'patient-access'
      : 'user-restricted';

/** The `acr_values` that request each level from CIS2 (RFC 9470 section 4). */
const acrOf: Readonly<Partial<Record<Grant, string>>> = {
  'nhs-cis2-aal1': 'AAL1_USERPASS',
  'nhs-cis2-aal2': 'AAL2_OR_AAL3_ANY',
  'nhs-cis2-aal3': 'AAL3_ANY',
};

const pathsWhere = (
  find: OperationFinder,
  operations: readonly OperationModel[],
  is: (operation: OperationModel) => boolean,
): PathSet => ({
  names: [...new Set(operations.filter(is).map(({ path }) => path))],
  find(verb, path) {
    const found = find(verb, path)?.operation;
    return found && is(found) ? { name: found.path } : undefined;
  },
});

const isOpen = ({ grants: needed }: OperationModel): boolean => needed.length === 0;
const isKeyed = ({ grants: needed }: OperationModel): boolean => needed.includes('app-level0');

/** Returns the refusal of a user who signed in at a lower level than one of these grants needs; undefined for other tokens. */
function levelRefusal(needed: readonly Grant[], held: ReadonlySet<string>, api: string) {
  for (const grant of needed) {
    const acr = acrOf[grant];
    const kind = grant.replace(/\d$/, '');
    const lower = grants
      .filter((one) => one.startsWith(kind) && !satisfies(one, grant))
      .flatMap((one) => scopesAt(one, api));
    if (acr !== undefined && lower.some((scope) => held.has(scope)))
      return errors.insufficientAuthentication(`the operation needs ${grant}`, { acr });
  }
  return undefined;
}

/** Returns an application attribute, or one of the published variables that are not attributes (proxygen, `target-attributes`). */
function attributeOf(
  { platform, name: display, id, developer }: StoredApplication,
  api: StoredApi,
  name: string,
): string | undefined {
  const instance = api.basePath.slice(1).replaceAll('/', '-');
  const variables: Readonly<Record<string, string>> = {
    id,
    name: display,
    DisplayName: display,
    'developer.app.id': id,
    'developer.app.name': display,
    'developer.id': developer,
    'apiproxy.name': `${api.name}--local--${instance}`,
  };
  const own = platform?.attributes[name];
  if (own !== undefined && own !== '') return own;
  return Object.hasOwn(variables, name) ? variables[name] : undefined;
}

/** Values with which a header of the definition is filled. Line breaks cannot be part of a header. */
function filled(
  template: string,
  application: StoredApplication,
  api: StoredApi,
  messageId: string,
  token: Call['token'] | undefined,
): string {
  return template.replace(/\{([\w.-]{1,100})\}/g, (_, name: string) => {
    const [kind = '', ...rest] = name.split('.');
    const member = rest.join('.');
    if (kind === 'attribute') return attributeOf(application, api, member) ?? '';
    if (kind === 'token') return member === 'id_token' ? '' : (token?.attributes[member] ?? '');
    if (name === 'application.id') return application.id;
    if (name === 'application.name') return application.name;
    if (name === 'token-scope' || name === 'scope') return token?.scope ?? '';
    return name === 'message.id' ? messageId : '';
  });
}

/** Characters of a header (RFC 9110 section 5.5). Others would end the call. */
const inHeader = (value: string): string => value.replace(/[^\x20-\x7e\x80-\xff]/g, '?').slice(0, 8_192);

type Injection = (call: Call) => string | undefined;

/** The data about the user. It is absent where no user of this kind signed in. */
function identityValues(
  openIdToken: (sealed: string) => string | undefined,
): Readonly<Record<IdentityName, Injection>> {
  const of =
    (
      mode: string,
      value: (attributes: Readonly<Record<string, string | undefined>>) => string | undefined,
    ): Injection =>
    (call) =>
      call.mode.name === mode ? value(call.token.attributes) : undefined;
  return {
    'cis2-uuid': of('user-restricted', (attributes) => attributes['id_token-subject']),
    'cis2-urid': () => undefined,
    'cis2-acr': of('user-restricted', (attributes) => attributes['id_token-acr']),
    'nhs-login-nhs-number': of(
      'patient-access',
      (attributes) => attributes['id_token-nhs_number'] ?? attributes.auth_user_id,
    ),
    'nhs-login-identity-proofing-level': of(
      'patient-access',
      (attributes) => attributes['id_token-identity-proofing-level'],
    ),
    'id-token': ({ token }) =>
      token.attributes.id_token === undefined ? undefined : openIdToken(token.attributes.id_token),
  };
}

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
  const { organisation, operations, assurance } = settings;
  const organisationOf = (call: Call) => call.client.get(organisation?.header ?? '') ?? '';
  const vectors = assurance?.vot;
  return [
    {
      modes: all,
      forbids: (call) => !isMet(call),
      refuse: (call) =>
        levelRefusal(operationOf(call)?.grants ?? [], call.scopes, name) ??
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
      modes: organisation?.required ? all : [],
      forbids: (call) => organisationOf(call) === '',
      refuse: () => errors.missingOrganisation('', { header: organisation?.header ?? '' }),
    },
    {
      modes: organisation?.allow === undefined ? [] : all,
      forbids: (call) => {
        const permitted = attributeOf(call.application, api, organisation?.allow ?? '') ?? '';
        return organisationOf(call) !== '' && !permitted.split(/[\s,]+/).includes(organisationOf(call));
      },
      refuse: () =>
        errors.organisationForbidden(`the attribute ${organisation?.allow} does not list it`, {
          header: organisation?.header ?? '',
        }),
    },
    {
      modes: all,
      forbids: (call) => lackingAttribute(call) !== undefined,
      refuse: (call) => errors.missingAttribute('', { attribute: lackingAttribute(call)?.name ?? '' }),
    },
  ];
}

/** Prefixes of internal headers. Clients may send one only if the definition lists it as a parameter. */
const internal = /^(nhsd-|nhse-|x-ers-)/;

function takenHeaders({ settings, model }: StoredApi, owned: readonly string[]): string[] {
  const sent = model.operations.flatMap(({ parameters }) =>
    parameters.flatMap((one) => (one.in === 'header' ? one.name : [])),
  );
  const names = [...sent, settings.organisation?.header ?? ''].filter((name) => internal.test(name));
  return [...new Set(names)].filter((name) => name !== 'nhsd-session-urid' && !owned.includes(name));
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
  const values = identityValues(openIdToken);
  const owned = [
    ...model.identity,
    ...model.attributes,
    ...Object.keys(settings.headers).map((header) => ({ header })),
  ].map(({ header }) => header);
  const inject: Record<string, Injection> = {};
  for (const { name: about, header } of model.identity) {
    const value = values[about];
    if (about !== 'cis2-urid') inject[header] = value;
  }
  for (const { name: attribute, header } of model.attributes)
    inject[header] = ({ application }) => inHeader(attributeOf(application, api, attribute) ?? '');
  for (const [header, template] of Object.entries(settings.headers))
    inject[header] = ({ application, messageId, token }) =>
      inHeader(filled(template, application, api, messageId, token));
  const isTokened = ({ grants: needed }: OperationModel) => needed.length > 0;
  const given = model.access.flatMap((mode) => mode.grants);
  return {
    name,
    basePath,
    isDefined: true,
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
    takes: takenHeaders(api, owned),
    owns: owned,
    inject,
    injectKeyed(application, messageId) {
      const headers: Record<string, string> = {};
      for (const attribute of model.attributes) {
        const value = attributeOf(application, api, attribute.name);
        if (value === undefined && attribute.required)
          throw errors.missingAttribute('', { attribute: attribute.name });
        if (value !== undefined) headers[attribute.header] = inHeader(value);
      }
      for (const [header, template] of Object.entries(settings.headers))
        headers[header] = inHeader(filled(template, application, api, messageId, undefined));
      return headers;
    },
    restrictions: restrictionsOf(api, find, modes),
    tooWeak: (scopes) => levelRefusal(given, scopes, name),
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
          ...takenHeaders(api, owned),
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
