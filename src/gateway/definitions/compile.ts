import type { RateLimits } from '../../oauth/products.ts';
import { type AccessMode, type Api, anyOf, type BackEnd, checkOf, platformCors } from '../api.ts';
import { familyOf } from '../errors/families.ts';
import { backEndHeaders } from './back-end-headers.ts';
import { type ApiModel, type Grant, grants, type OperationModel, scopesOfGrant } from './model.ts';
import { type OperationFinder, pathsWhere } from './operation-finder.ts';
import { levelRefusal, restrictionsOf } from './restrictions.ts';
import type { StoredApi } from './store.ts';

/** Returns the published platform's name of a grant's mode. */
const modeNameOf = (grant: Grant): string =>
  grant.startsWith('app-')
    ? 'application-restricted'
    : grant.startsWith('nhs-login')
      ? 'patient-access'
      : 'user-restricted';

const isOpen = ({ grants: needed }: OperationModel): boolean => needed.length === 0;
const isKeyed = ({ grants: needed }: OperationModel): boolean => needed.includes('app-level0');

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
  const headers = backEndHeaders(api, openIdToken);
  const taken = takenHeaders(api, headers.owns);
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
    takes: taken,
    ...headers,
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
