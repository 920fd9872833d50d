import type { Applications, PlatformRegistration, StoredApplication } from '../oauth/applications.ts';
import type { Developers, StoredDeveloper } from '../oauth/developers.ts';
import type { Products, StoredProduct } from '../oauth/products.ts';
import type { Database } from '../storage/database.ts';
import { Derived } from '../storage/seldom-rows.ts';

/** An application as a client of the platform, for one version of its rows. */
export interface Client {
  application: StoredApplication;
  registration: PlatformRegistration;
  products: readonly StoredProduct[];
  developer: StoredDeveloper | undefined;
}

interface Registrations {
  applications: Applications;
  developers: Developers;
  products: Products;
}

/** The tables that clients are read from. */
const tables = ['application', 'client', 'developer', 'product'];

/** Creates the cache of clients by client id. A change applies to the next request, in every process. */
export const createClients = (
  database: Database,
  { applications, developers, products }: Registrations,
): Derived<Client | undefined> =>
  new Derived(database, tables, async (clientId): Promise<Client | undefined> => {
    const application = await applications.byPlatformClient(clientId);
    if (!application?.platform) return undefined;
    const { platform: registration } = application;
    const [approved, developer] = await Promise.all([
      products.of(registration),
      developers.get(application.developer),
    ]);
    return { application, registration, products: approved, developer };
  });
