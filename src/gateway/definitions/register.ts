import type { Vault } from '@alongside/kernel/secrets';
import type { Product, Products } from '../../oauth/products.ts';
import type { Database, Statement } from '../../storage/database.ts';
import { Settings } from '../../storage/settings.ts';
import { addressOf, type GatewayUrls } from '../addresses.ts';
import { apis as builtIn } from '../apis/registry.ts';
import {
  type ApiDraft,
  type ApiDraftPatch,
  type ApiReport,
  DefinitionError,
  type ListedApi,
  type NewApiDraft,
} from '../protocol.ts';
import { identityJwtHeader } from '../trusted-names.ts';
import { noticeOf, openOperations } from './callers.ts';
import { readOutside } from './checker.ts';
import { type ApiRecord, type Grant, productOf, scopesOfGrant } from './model.ts';
import { ApiDefinitions, secretPurpose, secretSetting } from './store.ts';

/** First parts of paths at the API listener that are not APIs. */
const reserved = [
  'oauth2',
  'oauth2-mock',
  'oauth2.1',
  'mock-jwks',
  'authorisation',
  'healthz',
  'readyz',
  'livez',
  'metrics',
  'assets',
];

const backEndOf = ({ backEnd }: ApiRecord): string =>
  backEnd.kind === 'mock' ? 'mock' : (backEnd.url ?? '');

const grantsOf = ({ model }: ApiRecord): { title: string; grant: Grant }[] =>
  model.access.flatMap(({ title, grants }) => grants.map((grant) => ({ title, grant })));

/** Returns a definition as it was understood. */
export function reportOf(record: ApiRecord): ApiReport {
  const { name, basePath, model, settings, warnings, hash, backEnd } = record;
  const notice = noticeOf(record);
  const isSaid = warnings.some((warning) => warning.endsWith(notice ?? ''));
  return {
    name,
    basePath,
    title: model.title,
    version: model.version,
    backEnd: backEndOf(record),
    record: backEnd.record === true,
    access: grantsOf(record).map(({ title, grant }) => ({
      title,
      grant,
      scopes: scopesOfGrant(grant, name),
      product: productOf(name, basePath, grant),
    })),
    operations: model.operations.map(({ key, grants }) => ({
      operation: key,
      needs: grants.length === 0 ? ['open'] : grants,
    })),
    headers: Object.fromEntries([
      ...model.identity.map((entry) => [entry.header, entry.name]),
      ...model.attributes.map((entry) => [
        entry.header,
        `attribute ${entry.name}${entry.required ? ', required' : ''}`,
      ]),
      ...Object.entries(settings.headers),
      ...(settings.signedIdentity ? [[identityJwtHeader, 'signed identity of the caller']] : []),
    ]),
    limits: { api: model.apiLimits, application: model.applicationLimits },
    settings,
    target: model.target,
    open: record.open === true,
    warnings: notice === undefined || isSaid ? warnings : [...warnings, notice],
    hash,
  };
}

/** Each grant makes a product, with the authorisation service, so that applications can get tokens for it. */
const productsOf = (record: ApiRecord): Product[] =>
  [...new Set(grantsOf(record).map(({ grant }) => grant))].map((grant) => ({
    name: productOf(record.name, record.basePath, grant),
    apis: [record.name, 'oauth2', 'oauth2-mock', 'oauth2.1'],
    scopes: scopesOfGrant(grant, record.name),
    limits: record.model.applicationLimits ?? {},
  }));

/** Returns a draft with a change. Choosing one back end drops the other. */
function patched(draft: ApiDraft, { settings, ...patch }: ApiDraftPatch): ApiDraft {
  const before: Record<string, unknown> = { ...draft };
  if (patch.mock) delete before.upstream;
  if (typeof patch.upstream === 'string') delete before.mock;
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete before[name];
    else if (value !== undefined) before[name] = value;
  }
  if (settings !== undefined) {
    const merged = { ...draft.settings, ...settings };
    before.settings = Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== null));
  }
  return before as ApiDraft;
}

interface RegisterParts {
  database: Database;
  products: Products;
  vault: Vault;
  urls: GatewayUrls;
}

/** The APIs behind the gateway, for commands and the console. */
export class ApiRegister {
  readonly #definitions: ApiDefinitions;
  readonly #products: Products;
  readonly #settings: Settings;
  readonly #vault: Vault;
  readonly #urls: GatewayUrls;

  constructor({ database, products, vault, urls }: RegisterParts) {
    this.#definitions = new ApiDefinitions(database);
    this.#products = products;
    this.#settings = new Settings(database);
    this.#vault = vault;
    this.#urls = urls;
  }

  /** Returns every API, those in process first. */
  async list(): Promise<ListedApi[]> {
    const own = builtIn.map(({ name, basePath, title }) => ({
      name,
      basePath,
      address: addressOf(this.#urls, { basePath }),
      title,
      backEnd: 'in process',
      operations: 0,
      open: 0,
      warnings: 0,
      notice: null,
    }));
    const stored = await this.#definitions.list();
    const missing = await Promise.all(stored.map((record) => this.#missingSecret(record)));
    const defined = stored.map((record, at) => ({
      name: record.name,
      basePath: record.basePath,
      address: addressOf(this.#urls, { basePath: record.basePath, isDefined: true }),
      title: record.model.title,
      backEnd: backEndOf(record),
      operations: record.model.operations.length,
      open: openOperations(record).length,
      warnings: record.warnings.length,
      notice: noticeOf(record) ?? missing[at] ?? null,
    }));
    return [...own, ...defined];
  }

  async get(name: string): Promise<(ApiReport & { revision: number }) | undefined> {
    const stored = await this.#definitions.get(name);
    return stored && { ...(await this.#reportOf(stored)), revision: stored.revision };
  }

  /** Returns a sentence about a secret without which the upstream cannot be called; undefined if it is stored. */
  async #missingSecret({ name, backEnd, model: { target } }: ApiRecord): Promise<string | undefined> {
    const { security } = target;
    if (security === undefined || backEnd.kind === 'mock') return undefined;
    if (await this.#settings.get(secretSetting(security.secret))) return undefined;
    return `The secret ${security.secret} is not stored, so each call fails. Store it: alongside api edit ${name} --secret ${security.secret}=@FILE.`;
  }

  async #reportOf(record: ApiRecord): Promise<ApiReport> {
    const missing = await this.#missingSecret(record);
    const report = reportOf(record);
    return missing === undefined ? report : { ...report, warnings: [...report.warnings, missing] };
  }

  source(name: string): Promise<ApiDraft | undefined> {
    return this.#definitions.source(name);
  }

  async examples(name: string): Promise<object[]> {
    return (await this.#definitions.examples(name)).map(({ operation, name: id, body }) => ({
      operation,
      id,
      ...body,
    }));
  }

  /** Reads a draft without storing it. @throws DefinitionError */
  async check(draft: ApiDraft): Promise<ApiReport> {
    return this.#reportOf(await readOutside(draft));
  }

  /**
   * Stores a new definition with its products and recorded responses. @throws DefinitionError
   * @param others writes of the same act, such as its audit record
   */
  async add(
    { examples = [], ...draft }: NewApiDraft,
    others: (name: string) => Statement[],
  ): Promise<ApiReport> {
    const record = await readOutside(draft);
    await this.#checkFree(record, true);
    const products = productsOf(record).map((product) => this.#products.saveStatement(product));
    const isSaved = await this.#definitions.save(
      record,
      explicit(draft, record),
      0,
      ...products,
      ...examples.map(({ operation, id, ...body }) =>
        this.#definitions.exampleStatement(record.name, operation, id, body),
      ),
      ...others(record.name),
    );
    if (!isSaved)
      throw new DefinitionError(
        `The name ${record.name} or the base path ${record.basePath} was taken meanwhile.`,
      );
    return this.#reportOf(record);
  }

  /**
   * Changes a definition, and its products with it. Returns undefined for an unknown name. @throws DefinitionError
   * @param check refuses an unexpected revision
   */
  async change(
    name: string,
    patch: ApiDraftPatch,
    check: (revision: number) => void,
    ...others: Statement[]
  ): Promise<(ApiReport & { revision: number }) | undefined> {
    for (;;) {
      const [before, draft] = await Promise.all([this.#definitions.get(name), this.source(name)]);
      if (!before || !draft) return undefined;
      check(before.revision);
      const changed = patched(withFormerSecret(draft, patch, before), patch);
      const record = await readOutside({ ...changed, name });
      if (record.basePath !== before.basePath) await this.#checkFree(record, false);
      const wanted = productsOf(record);
      const dropped = productsOf(before).filter(
        (product) => !wanted.some((one) => one.name === product.name),
      );
      const products = [
        ...wanted.map((product) => this.#products.saveStatement(product)),
        ...dropped.map((product) => this.#products.removeStatement(product.name)),
      ];
      if (
        await this.#definitions.save(
          record,
          explicit(changed, record),
          before.revision,
          ...products,
          ...others,
        )
      )
        return { ...(await this.#reportOf(record)), revision: before.revision + 1 };
    }
  }

  /** Removes a definition with its products. Returns false for an unknown name. */
  async remove(name: string, ...others: Statement[]): Promise<boolean> {
    const before = await this.#definitions.get(name);
    if (!before) return false;
    const products = productsOf(before).map((product) => this.#products.removeStatement(product.name));
    return this.#definitions.remove(name, ...products, ...others);
  }

  /** Stores a secret of targets, or removes it. Every API that uses it connects again. */
  async setSecret(name: string, value: string | null, ...others: Statement[]): Promise<void> {
    const sealed = value === null ? '' : this.#vault.seal(secretPurpose, value);
    await this.#settings.set(secretSetting(name), sealed, this.#definitions.touchStatement(), ...others);
  }

  /** Returns the definitions as drafts, for an export. */
  async drafts(): Promise<ApiDraft[]> {
    const drafts: ApiDraft[] = [];
    for (const { name } of await this.#definitions.list()) {
      const draft = await this.source(name);
      if (draft) drafts.push(draft);
    }
    return drafts;
  }

  /** Replaces the definitions by those of an export, which also contains their products. @throws DefinitionError, and changes nothing then */
  async prepareReplacement(drafts: readonly ApiDraft[]): Promise<() => Promise<void>> {
    const records = await Promise.all(
      drafts.map(async (draft) => ({ draft, record: await readOutside(draft).catch(namedAfter(draft)) })),
    );
    return async () => {
      const before = await this.#definitions.list();
      for (const { name } of before)
        if (!records.some(({ record }) => record.name === name)) await this.#definitions.remove(name);
      for (const { draft, record } of records) {
        const known = before.find(({ name }) => name === record.name);
        const same = known && JSON.stringify(await this.source(record.name)) === JSON.stringify(draft);
        if (!same) await this.#definitions.save(record, draft, known?.revision ?? 0);
      }
    };
  }

  /** Refuses a base path in use, and the name of another API. */
  async #checkFree({ name, basePath, basePathPlace }: ApiRecord, isNew: boolean): Promise<void> {
    const [, first = ''] = basePath.split('/', 2);
    const overlaps = (other: string) =>
      `${basePath}/`.startsWith(`${other}/`) || `${other}/`.startsWith(`${basePath}/`);
    const defined = await this.#definitions.list();
    const there =
      builtIn.find((api) => overlaps(api.basePath)) ??
      defined.find((api) => api.basePath === basePath && api.name !== name);
    if (there)
      throw new DefinitionError(
        `The base path ${basePath} is in use by ${there.name} (${there.basePath}). Name another with --base-path.`,
        basePathPlace,
      );
    if (reserved.includes(first) || first.startsWith('.'))
      throw new DefinitionError(
        `The base path ${basePath} belongs to the platform. Name another with --base-path.`,
        basePathPlace,
      );
    if (builtIn.some((api) => api.name === name) || reserved.includes(name))
      throw new DefinitionError(`The name ${name} belongs to the platform. Name another with --name.`);
    if (isNew && defined.some((api) => api.name === name))
      throw new DefinitionError(
        `There is an API ${name} already. Change it with alongside api edit ${name}, or name another with --name.`,
      );
  }
}

/**
 * The name is stated, so that an export does not depend on how it was chosen. So are the secrets: a draft without them is of a version
 * that used those of the target unasked.
 */
const explicit = (draft: ApiDraft, { name }: ApiRecord): ApiDraft => ({ secrets: [], ...draft, name });

/** Adds the name of the API to an error, for a list of several. */
const namedAfter =
  ({ name, entry }: ApiDraft) =>
  (error: unknown): never => {
    if (!(error instanceof DefinitionError)) throw error;
    throw new DefinitionError(`API ${name ?? entry}: ${error.sentence}`, error.place);
  };

/** Keeps the secret that an earlier version used, until the upstream changes. */
function withFormerSecret(draft: ApiDraft, patch: ApiDraftPatch, { model, backEnd }: ApiRecord): ApiDraft {
  const { security } = model.target;
  const isKept = draft.secrets === undefined && patch.upstream === undefined && backEnd.kind === 'upstream';
  return isKept && security ? { ...draft, secrets: [security.secret] } : draft;
}
