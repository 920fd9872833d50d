import { reasonOf } from '@alongside/kernel/errors';
import { DefinitionError } from '../../../gateway/protocol.ts';
import type { Application } from '../../../oauth/applications.ts';
import { isPlatform } from '../../../seed/registrations.ts';
import type { ConsoleContext } from '../../model/dependencies.ts';
import { errors } from '../../model/errors.ts';
import { exportedApplication, replaceApplications, replaceProducts } from './applications.ts';
import { exportedCards, replaceCards } from './cards.ts';
import { exportedCardRecords, replaceCardRecords, replacePeople } from './cis.ts';
import type { ImportDocument } from './document.ts';
import { exportedPatients } from './patients.ts';

/** Reads and replaces the configured state of an installation. */
export class InstallationState {
  readonly #console: ConsoleContext;
  #last: Promise<void> = Promise.resolve();

  constructor(console: ConsoleContext) {
    this.#console = console;
  }

  async exported(withCards: boolean) {
    const { database, products, applications, apis, cis, agent, urls } = this.#console;
    return {
      version: 1,
      products: (await products.list()).map(({ revision: _, ...product }) => product),
      applications: (await applications.list()).map(({ revision: _, ...application }) =>
        exportedApplication(application, urls),
      ),
      people: await cis.everyone(),
      apis: await apis.drafts(),
      patients: await exportedPatients(database),
      cardRecords: await exportedCardRecords(cis),
      ...(withCards ? { cards: await exportedCards(agent) } : {}),
    };
  }

  /** Replaces the whole state, one import at a time. */
  replace(document: ImportDocument): Promise<void> {
    this.#last = this.#last.catch(() => undefined).then(() => this.#replace(document));
    return this.#last;
  }

  /** Returns whether an import keeps an application: in production, the platform has a secret of this installation alone. */
  keeps(application: Application): boolean {
    return !this.#console.development && isPlatform(application);
  }

  /** Checks APIs, and returns the function that replaces the present ones. Throws `definition_invalid`. */
  async prepareApis(drafts: NonNullable<ImportDocument['apis']>): Promise<() => Promise<void>> {
    try {
      return await this.#console.apis.prepareReplacement(drafts);
    } catch (error) {
      if (!(error instanceof DefinitionError)) throw error;
      throw errors.definitionInvalid(error.message, { problem: error.message });
    }
  }

  /** Writes first to the neighbours, which may refuse, and then undoes those writes. */
  async #replace({ cards, cardRecords, people, ...own }: ImportDocument): Promise<void> {
    const { applications, products, patients, cis, agent, log } = this.#console;
    const replaceApis = own.apis && (await this.prepareApis(own.apis));
    const peopleBefore = await cis.everyone();
    const recordsBefore = await exportedCardRecords(cis);
    const restoreCards = cards ? await replaceCards(agent, cards) : async () => undefined;
    try {
      await replacePeople(cis, people);
      if (cardRecords) await replaceCardRecords(cis, cardRecords);
    } catch (error) {
      const failed = (thrown: unknown) => log.error({ reason: reasonOf(thrown) }, 'an import was not undone');
      if (cardRecords) await replaceCardRecords(cis, recordsBefore).catch(failed);
      await replacePeople(cis, peopleBefore).catch(failed);
      await restoreCards().catch(failed);
      throw error;
    }
    await replaceProducts(products, own.products);
    await replaceApplications(applications, own.applications, (one) => this.keeps(one));
    await replaceApis?.();
    await patients.replaceAll(own.patients);
  }
}
