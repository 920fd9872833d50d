import type { Applications, StoredApplication } from '../oauth/applications.ts';
import { type Developers, inGoodStanding } from '../oauth/developers.ts';
import type { Products, RateLimits, StoredProduct } from '../oauth/products.ts';
import { limitsOf } from '../oauth/rate-limits.ts';
import type { Database } from '../storage/database.ts';
import { Derived } from '../storage/seldom-rows.ts';
import type { AccessMode, Api } from './api.ts';

/** The access to an API that a scope gives an application. A rule refuses if the member that it needs is missing. */
export interface Access {
  readonly scopes: ReadonlySet<string>;
  /** The approved product with the API, preferring one that grants a scope of the token. */
  readonly product: StoredProduct | undefined;
  /** Limits of the application at the API; null for none. */
  readonly limits: RateLimits | null;
  readonly refusedScope: Api['refusedScopes'][number] | undefined;
  /** The granted mode with the most privilege. */
  readonly mode: AccessMode | undefined;
}

/** Maximum number of scopes of one application with a compiled access at one API. */
const maxKnown = 100;

/** An application as the rules see it, for one version of the rows of applications, developers and products. */
export class RegisteredApplication {
  readonly application: StoredApplication;
  /** Whether it may be used: it is approved and its developer is not inactive. */
  readonly isUsable: boolean;
  readonly #products: readonly StoredProduct[];
  readonly #known = new WeakMap<Api, Map<string, Access>>();

  constructor(application: StoredApplication, isUsable: boolean, products: readonly StoredProduct[]) {
    this.application = application;
    this.isUsable = isUsable;
    this.#products = products;
  }

  /** Returns the access with this scope of a token, or with an API key, which is without scope. */
  access(api: Api, scope = ''): Access {
    let atApi = this.#known.get(api);
    if (!atApi) {
      atApi = new Map();
      this.#known.set(api, atApi);
    }
    const known = atApi.get(scope);
    if (known) return known;
    const access = this.#compile(api, scope);
    if (atApi.size >= maxKnown) atApi.clear();
    atApi.set(scope, access);
    return access;
  }

  #compile(api: Api, scope: string): Access {
    const { application } = this;
    const { platform } = application;
    const scopes = new Set(scope.split(' ').filter(Boolean));
    const containing = this.#products.filter(({ apis }) => apis.includes(api.name));
    const granting = containing.find((product) => product.scopes.some((granted) => scopes.has(granted)));
    const product = granting ?? containing[0];
    return {
      scopes,
      product,
      limits: platform && product ? limitsOf(platform, [product], api.name) : null,
      refusedScope: api.refusedScopes.find((refused) => scopes.has(refused.scope)),
      mode: api.modes.findLast((mode) => mode.granted({ scopes, application })),
    };
  }
}

interface Registrations {
  database: Database;
  applications: Applications;
  developers: Developers;
  products: Products;
}

/** The tables that the compiled applications are read from. */
const tables = ['application', 'client', 'developer', 'product'];

/** Creates the cache of compiled applications by id. A change applies to the next call, in every process. */
export const registeredApplications = ({ database, applications, developers, products }: Registrations) =>
  new Derived(database, tables, async (id): Promise<RegisteredApplication | undefined> => {
    const application = await applications.get(id);
    if (!application) return undefined;
    const [isUsable, approved] = await Promise.all([
      inGoodStanding(application, developers),
      application.platform ? products.of(application.platform) : [],
    ]);
    return new RegisteredApplication(application, isUsable, approved);
  });
