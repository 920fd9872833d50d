import type { RateLimits } from '../../oauth/products.ts';
import { type ApiDraft, secretNameForm } from '../protocol.ts';
import {
  type ApiModel,
  type Grant,
  grants,
  type IdentityName,
  identityHeaders,
  type TargetSecurity,
} from './model.ts';
import { isMapping, type Mapping } from './parsed-files.ts';
import type { Source } from './source.ts';

type Extension = Pick<
  ApiModel,
  'access' | 'identity' | 'attributes' | 'apiLimits' | 'applicationLimits' | 'target'
>;

const members = [
  'access',
  'target',
  'ratelimiting',
  'target-attributes',
  'target-identity',
  'monitoring',
  'temporary',
  'delegatedaccess',
  'productidcheck',
  'healthcheck',
];
/** Members that public definitions have, without documented effect. */
const withoutEffect = ['delegatedaccess', 'productidcheck'];

/** Returns a grant by its name, if there is one. Prose and files have hyphens, the published schema has underscores. */
export function knownGrant(name: string): Grant | undefined {
  const plain = name.replaceAll('_', '-').toLowerCase();
  return grants.find((grant) => grant === plain);
}

/** Returns a grant by its name. @throws DefinitionError */
export function grantOf(source: Source, name: string, at: Mapping): Grant {
  const known = knownGrant(name);
  if (known) return known;
  throw source.fail(`There is no grant "${name.slice(0, 60)}"; there are ${grants.join(', ')}.`, at, name);
}

const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;

const headerForm = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/;

function headerOf(source: Source, value: unknown, usual: string, at: Mapping): string {
  const name = textOf(value) ?? usual;
  if (!headerForm.test(name))
    throw source.fail(`"${name.slice(0, 60)}" cannot be the name of a header.`, at, 'header');
  return name.toLowerCase();
}

/** Returns the entries of a list of mappings; an absent list is empty. */
function entriesOf(source: Source, holder: Mapping, name: string): Mapping[] {
  const value = source.follow(holder[name]);
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw source.fail(`${name} must be a list.`, holder, name);
  return value.map((entry) => {
    const followed = source.follow(entry);
    if (!isMapping(followed)) throw source.fail(`Each entry of ${name} must be a mapping.`, value);
    return followed;
  });
}

function accessOf(source: Source, extension: Mapping): ApiModel['access'] {
  return entriesOf(source, extension, 'access').map((mode) => {
    const given = source.follow(mode.grants);
    if (!isMapping(given))
      throw source.fail('An access mode needs grants, such as nhs-cis2-aal3: [].', mode, 'grants');
    const title = textOf(mode.title) ?? Object.keys(given).join(', ');
    return { title, grants: Object.keys(given).map((name) => grantOf(source, name, given)) };
  });
}

const timeUnits: Readonly<Record<string, string>> = { second: 'second', minute: 'minute', hour: 'hour' };

/** Returns a published limit. A limit by the second is smoothed, because quotas begin at a minute. */
function limitOf(source: Source, value: unknown, at: Mapping, name: string): RateLimits | null {
  const limit = source.follow(value);
  if (limit === undefined || limit === null || (Array.isArray(limit) && limit.length === 0)) return null;
  if (!isMapping(limit)) throw source.fail(`${name} must hold limit and timeunit.`, at, name);
  const unit = timeUnits[String(source.follow(limit.timeunit) ?? 'minute')];
  const count = source.follow(limit.limit);
  if (typeof count !== 'number' || !Number.isInteger(count) || count < 0)
    throw source.fail('limit must be a whole number of requests, 0 or more.', limit, 'limit');
  if (unit === undefined) throw source.fail('timeunit must be second, minute or hour.', limit, 'timeunit');
  if (unit === 'second' && count > 0) return { spikeArrest: { enabled: true, ratelimit: `${count}ps` } };
  return {
    quota: { enabled: true, limit: count, interval: 1, timeunit: unit === 'second' ? 'minute' : unit },
  };
}

function limitsOf(source: Source, extension: Mapping): Pick<Extension, 'apiLimits' | 'applicationLimits'> {
  const limits = source.follow(extension.ratelimiting);
  if (!isMapping(limits)) return { apiLimits: null, applicationLimits: null };
  const ofApplications = limits['app-default'] === undefined ? 'app_default' : 'app-default';
  return {
    apiLimits: limitOf(source, limits.proxy, limits, 'proxy'),
    applicationLimits: limitOf(source, limits[ofApplications], limits, ofApplications),
  };
}

/** The part of a draft that decides how the gateway proves itself to the upstream. */
type TargetDraft = Pick<ApiDraft, 'secrets' | 'upstream'>;

/**
 * Returns how the gateway proves itself to the upstream: as the target of the file says, if the operator named its secret. A definition
 * alone gets no stored secret, which may be that of another API.
 */
function securityOf(
  source: Source,
  target: Mapping,
  { secrets = [], upstream }: TargetDraft,
): TargetSecurity | undefined {
  const security = source.follow(target.security);
  if (!isMapping(security)) return undefined;
  const { type } = security;
  if (type !== 'apikey' && type !== 'mtls') {
    source.warn('The security of the target is neither apikey nor mtls and has no effect.', security, 'type');
    return undefined;
  }
  const secret = textOf(security.secret);
  if (secret === undefined)
    throw source.fail('The security of the target needs the name of a secret.', security);
  if (!secretNameForm.test(secret))
    throw source.fail(
      `"${secret.slice(0, 60)}" cannot be the name of a secret: use letters, digits, dots, underscores and hyphens, at most 100.`,
      security,
      'secret',
    );
  const header = headerOf(source, security.header, 'apikey', security);
  if (upstream === undefined || secrets.includes(secret)) return { type, secret, header };
  source.warn(
    `The upstream replaces the target, so it gets no ${type === 'mtls' ? 'client certificate' : 'API key'} with the secret ${secret}. If it needs it, add --secret ${secret}=@FILE.`,
    security,
    'secret',
  );
  return undefined;
}

function targetOf(source: Source, extension: Mapping, draft: TargetDraft): Extension['target'] {
  const target = source.follow(extension.target);
  if (!isMapping(target)) return { url: undefined, healthcheck: undefined, security: undefined };
  const url = textOf(source.follow(target.url));
  if (target.type === 'external' && (url === undefined || !/^https?:\/\//.test(url)))
    source.warn('The target has no address: name one with --upstream, or use --mock.', target, 'url');
  const healthcheck = textOf(target.healthcheck);
  return {
    url,
    healthcheck: healthcheck?.startsWith('/') ? healthcheck : undefined,
    security: securityOf(source, target, draft),
  };
}

function identityOf(source: Source, extension: Mapping): ApiModel['identity'] {
  return entriesOf(source, extension, 'target-identity').map((entry) => {
    const name = textOf(entry.name) ?? '';
    if (!Object.hasOwn(identityHeaders, name))
      throw source.fail(
        `There is no target-identity "${name.slice(0, 60)}"; there are ${Object.keys(identityHeaders).join(', ')}.`,
        entry,
        'name',
      );
    const known = name as IdentityName;
    return { name: known, header: headerOf(source, entry.header, identityHeaders[known], entry) };
  });
}

function attributesOf(source: Source, extension: Mapping): ApiModel['attributes'] {
  return entriesOf(source, extension, 'target-attributes').map((entry) => {
    const name = textOf(entry.name);
    if (name === undefined) throw source.fail('An entry of target-attributes needs a name.', entry);
    const usual = `attribute-${name}`.replace(/[^A-Za-z0-9._-]/g, '-');
    return { name, required: entry.required !== false, header: headerOf(source, entry.header, usual, entry) };
  });
}

/** Reads `x-nhsd-apim` (NHSDigital/proxygen-api-specification), which a definition of another platform lacks. */
export function readExtension(source: Source, holder: Mapping, draft: TargetDraft): Extension {
  const extension = source.follow(holder['x-nhsd-apim']);
  if (extension !== undefined && !isMapping(extension))
    throw source.fail('x-nhsd-apim must be a mapping.', holder, 'x-nhsd-apim');
  const given = extension ?? {};
  if (extension === undefined)
    source.warn('There is no x-nhsd-apim, so no access mode: only open operations can be called.', holder);
  for (const name of Object.keys(given))
    if (!members.includes(name))
      source.warn(`x-nhsd-apim has no member "${name.slice(0, 60)}"; it is ignored.`, given, name);
    else if (withoutEffect.includes(name)) source.warn(`${name} is kept and has no effect.`, given, name);
  const target = targetOf(source, given, draft);
  for (const name of draft.secrets ?? [])
    if (draft.upstream !== undefined && name !== target.security?.secret)
      source.warn(`The target of the definition names no secret ${name}.`, given, 'target');
  return {
    access: accessOf(source, given),
    ...limitsOf(source, given),
    target,
    identity: identityOf(source, given),
    attributes: attributesOf(source, given),
  };
}
