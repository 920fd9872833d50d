import type { ConsolePage } from '../page/page.ts';
import { administratorPage, administratorsPage } from './administrators/page.ts';
import { applicationPage } from './applications/application.ts';
import { applicationsPage, newApplicationPage } from './applications/list.ts';
import { buildPage } from './build/page.ts';
import { cardPage } from './cards/card.ts';
import { cardsPage } from './cards/list.ts';
import { comparePage } from './compare/page.ts';
import { developerPage, developersPage } from './developers/page.ts';
import { explainPage } from './explain/page.ts';
import { journeyPage } from './journey/page.ts';
import { journeysPage } from './journeys/page.ts';
import { organisationsPage } from './organisations/page.ts';
import { overviewPage } from './overview/page.ts';
import { peoplePage } from './people/list.ts';
import { newPersonPage, personPage } from './people/person.ts';
import { productPage, productsPage } from './products/page.ts';
import { remainingPage } from './remaining.ts';
import { searchPage } from './search/page.ts';

/** All pages, in the order of the navigation. */
export const consolePages: readonly ConsolePage[] = [
  overviewPage,
  journeysPage,
  comparePage,
  journeyPage,
  explainPage,
  buildPage,
  administratorsPage,
  administratorPage,
  applicationsPage,
  newApplicationPage,
  applicationPage,
  productsPage,
  productPage,
  developersPage,
  developerPage,
  peoplePage,
  newPersonPage,
  personPage,
  cardsPage,
  cardPage,
  organisationsPage,
  remainingPage,
  searchPage,
];
