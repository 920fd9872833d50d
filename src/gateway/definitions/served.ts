import type { Answer } from '@alongside/kernel/answer';
import type { Refusal } from '@alongside/kernel/errors';
import { type HttpRequest, plainError, type Route } from '@alongside/kernel/http';
import { kernelErrors } from '@alongside/kernel/kernel-errors';
import { damaged, decodes } from '@alongside/kernel/respond';
import { anyMethod, type Handler, route } from '@alongside/kernel/route';
import type { Vault } from '@alongside/kernel/secrets';
import { Derived } from '../../storage/seldom-rows.ts';
import { Settings } from '../../storage/settings.ts';
import { addressOf } from '../addresses.ts';
import type { Api } from '../api.ts';
import type { Gateway } from '../dependencies.ts';
import { errors } from '../errors/catalogue.ts';
import { openBackEnd } from './back-end.ts';
import { compileApi } from './compile.ts';
import { operationFinder } from './operation-finder.ts';
import { ApiDefinitions, type StoredApi, secretPurpose, secretSetting } from './store.ts';
import { Validation } from './validation.ts';

interface ServedApi {
  readonly stored: StoredApi;
  readonly api: Api;
  readonly handler: Handler<unknown>;
  close(): void;
}

async function secretOf(
  name: string,
  settings: Settings,
  vault: Vault | undefined,
): Promise<string | undefined> {
  const sealed = await settings.get(secretSetting(name));
  return sealed === undefined || sealed === '' ? undefined : vault?.open(secretPurpose, sealed);
}

/** The APIs that were added as definitions. A change applies to the next call, in every process. */
export class ServedApis {
  readonly #gateway: Gateway;
  readonly #definitions: ApiDefinitions;
  readonly #settings: Settings;
  readonly #validation: Validation;
  readonly #handlerOf: (api: Api) => Handler<unknown>;
  readonly #current: Derived<readonly ServedApi[]>;
  /** By name, each opened once for its version. */
  readonly #served = new Map<string, { version: string; opened: Promise<ServedApi> }>();

  constructor(gateway: Gateway, handlerOf: (api: Api) => Handler<unknown>) {
    this.#gateway = gateway;
    this.#definitions = new ApiDefinitions(gateway.database);
    this.#settings = new Settings(gateway.database);
    this.#validation = new Validation(gateway);
    this.#handlerOf = handlerOf;
    this.#current = new Derived(gateway.database, ['api_definition'], () => this.#load());
  }

  async close(): Promise<void> {
    for (const name of [...this.#served.keys()]) this.#drop(name);
    await this.#validation.close();
  }

  /** Returns which of these names no definition has. */
  async missing(names: readonly string[]): Promise<string[]> {
    const stored = await this.#definitions.list();
    return names.filter((name) => !stored.some((one) => one.name === name));
  }

  /** Returns the API at a path: the one with the longest base path. */
  at(path: string): ServedApi | undefined | Promise<ServedApi | undefined> {
    const current = this.#current.of('');
    const among = (all: readonly ServedApi[]) =>
      all.find(
        ({ api: { basePath } }) =>
          path.startsWith(basePath) && (path.length === basePath.length || path[basePath.length] === '/'),
      );
    return current instanceof Promise ? current.then(among) : among(current);
  }

  /**
   * The route of every path that no other service has.
   * @param elsewhere refuses every API with its address, for the origin of the platform where these APIs have their own
   */
  routes({ elsewhere = false } = {}): Route[] {
    const refuse = (request: HttpRequest): Answer => {
      const refusal = kernelErrors.nothingHere('no route has this path and method');
      return plainError(refusal, request).refusing(refusal);
    };
    return route(
      '/*',
      anyMethod<unknown>({
        readsBody: true,
        rawQuery: true,
        endpoint: async (request) => {
          const served = await this.at(request.path);
          if (served && elsewhere) return served.handler.errors(this.#elsewhere(served.api), request);
          if (served) return this.#withOrigin(served.api, request, await served.handler.endpoint(request));
          if (!decodes(request.query)) throw damaged('query');
          return refuse(request);
        },
        errors: async (thrown, request) => {
          const served = await this.at(request.path);
          return served ? served.handler.errors(thrown, request) : plainError(thrown, request);
        },
      }),
    );
  }

  #elsewhere(api: Api): Refusal {
    const address = addressOf(this.#gateway.urls, api);
    return errors.otherOrigin(`the address of ${api.name} is ${address}`, { address });
  }

  #withOrigin(
    { cors: { origins, exposed = [] } }: Api,
    { method, headers: { origin } }: HttpRequest,
    answer: Answer,
  ): Answer {
    if (origins === undefined || method === 'OPTIONS') return answer;
    const varied = answer.with({ vary: 'Origin' });
    if (origin === undefined || (origins !== '*' && !origins.includes(origin))) return varied;
    return varied.with({
      'access-control-allow-origin': origin,
      'access-control-expose-headers': exposed.join(', '),
    });
  }

  async #load(): Promise<readonly ServedApi[]> {
    const stored = await this.#definitions.list();
    for (const name of [...this.#served.keys()])
      if (!stored.some((one) => one.name === name)) this.#drop(name);
    const served = await Promise.all(stored.map((one) => this.#openOnce(one)));
    return served.sort((one, other) => other.api.basePath.length - one.api.basePath.length);
  }

  /** Keeps an unchanged API with its connections. Calls of the former revision finish. */
  #openOnce(stored: StoredApi): Promise<ServedApi> {
    const before = this.#served.get(stored.name);
    if (before?.version === stored.version) return before.opened;
    this.#drop(stored.name);
    const opened = this.#open(stored);
    this.#served.set(stored.name, { version: stored.version, opened });
    return opened;
  }

  #drop(name: string): void {
    const before = this.#served.get(name);
    this.#served.delete(name);
    if (before) this.#validation.forget(`${name}@${before.version}`);
    before?.opened.then(
      ({ close }) => close(),
      () => undefined,
    );
  }

  async #open(stored: StoredApi): Promise<ServedApi> {
    const { clock, log, urls, vault, development } = this.#gateway;
    const find = operationFinder(stored.model.operations, stored.settings.operations);
    const { security } = stored.model.target;
    const { backEnd, close } = await openBackEnd(stored, {
      find,
      log,
      development,
      definitions: this.#definitions,
      validation: this.#validation,
      upstream: {
        clock,
        publicUrl: addressOf(urls, { isDefined: true, basePath: stored.basePath }),
        secret: () => secretOf(security?.secret ?? '', this.#settings, vault),
      },
    });
    const openIdToken = (sealed: string) => {
      try {
        return vault?.open('id_token', sealed);
      } catch {
        return undefined;
      }
    };
    const api = compileApi(stored, { find, backEnd, openIdToken });
    return { stored, api, handler: this.#handlerOf(api), close };
  }
}
